import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { repository } from "../support/tree";

export interface Step {
  readonly id?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly shell?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, unknown>>;
}

export interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly environment?: string;
  readonly "timeout-minutes"?: number;
  readonly concurrency?: Readonly<Record<string, unknown>>;
  readonly strategy?: Readonly<Record<string, unknown>>;
  readonly if?: string;
  readonly steps: readonly Step[];
}

export interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: Readonly<Record<string, string>>;
  readonly concurrency?: Readonly<Record<string, unknown>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const FOLDER = path.join(repository, ".github", "workflows");

/** Every workflow of this repository, by its file's name. */
export const WORKFLOWS: Readonly<Record<string, { readonly text: string; readonly workflow: Workflow }>> =
  Object.fromEntries(
    fs.readdirSync(FOLDER).map((file) => {
      const text = fs.readFileSync(path.join(FOLDER, file), "utf8");
      return [file, { text, workflow: parse(text) as Workflow }];
    }),
  );

/** `file: job` of every job, with it. */
export const JOBS: readonly (readonly [string, Job])[] = Object.entries(WORKFLOWS).flatMap(([file, { workflow }]) =>
  Object.entries(workflow.jobs).map(([name, job]) => [`${file}: ${name}`, job] as const),
);
