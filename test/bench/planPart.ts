import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { stringify } from "yaml";
import { REGIONS } from "../../infra/config/regions";
import type { Part } from "./part";

/** Sizes of footprint that are planned, in PoPs; see `growth` for the last. */
const SIZES = [1, 3, 10, 30, 3] as const;

/** Bounds for 30 PoPs on two cores (PROPERTIES, P40), asserted by `--check` only: machines differ. */
const LIMIT = { pops: 30, seconds: 30, megabytes: 1200 } as const;
/** 30 PoPs over 3 PoPs, in one run on one machine: ten times the PoPs, and some room for what does not scale. */
export const RATIO_LIMIT = 12;
/** A plan that says who is answered by whom over one that knows of no users: the same, but for what a machine wavers. */
const USERS_LIMIT = 1.25;

export interface Measurement {
  readonly pops: number;
  readonly resources: number;
  readonly seconds: number;
  readonly megabytes: number;
}

/** Plans footprints of growing size, each in a process of its own as a user would. */
export const PLAN: Part = {
  name: "plan",
  requirements: [],
  measure: (progress) => {
    const measured = SIZES.map((pops) => {
      progress(`plan of ${pops} PoPs`);
      return measure(pops);
    });
    progress(`plan of ${LIMIT.pops} PoPs without users`);
    const alone = measure(LIMIT.pops, false);
    // Measured one after the other: a machine that becomes faster meanwhile is not the users' fault.
    progress(`plan of ${LIMIT.pops} PoPs with users`);
    const again = measure(LIMIT.pops);
    const ratio = Math.min(growth(measured).largest.seconds, again.seconds) / alone.seconds;
    const title = `footprint plan --json, Node ${process.version}, ${String(os.availableParallelism())} cores`;
    return Promise.resolve({
      text: `${table(title, measured)}${LIMIT.pops} PoPs with users over without: ${ratio.toFixed(2)}\n`,
      figures: { measured, withoutUsers: alone, usersRatio: ratio },
      broken: [...brokenBounds(measured), ...brokenUsersRatio(ratio)],
    });
  },
};

export function table(title: string, measured: readonly Measurement[]): string {
  const lines = measured.map(({ pops, resources, seconds, megabytes }) =>
    [
      String(pops).padStart(4),
      String(resources).padStart(11),
      seconds.toFixed(1).padStart(9),
      String(megabytes).padStart(11),
    ].join(""),
  );
  return [title, "PoPs  resources  seconds  megabytes", ...lines, ""].join("\n");
}

/** The bounds that the measurements break, in words. */
export function brokenBounds(measured: readonly Measurement[]): string[] {
  const { largest, ratio } = growth(measured);
  const bounds: readonly (readonly [kept: boolean, text: string])[] = [
    [largest.seconds <= LIMIT.seconds, `30 PoPs take ${largest.seconds.toFixed(1)} s, more than ${LIMIT.seconds} s`],
    [largest.megabytes <= LIMIT.megabytes, `30 PoPs take ${largest.megabytes} MB, more than ${LIMIT.megabytes} MB`],
    [ratio <= RATIO_LIMIT, `30 PoPs take ${ratio.toFixed(1)} times as long as 3, more than ${RATIO_LIMIT} times`],
  ];
  return bounds.flatMap(([kept, text]) => (kept ? [] : [text]));
}

/** The bound of what users cost, in words, when it is broken. */
export function brokenUsersRatio(ratio: number): string[] {
  return ratio <= USERS_LIMIT
    ? []
    : [`a plan with users takes ${ratio.toFixed(2)} times as long as without, more than ${USERS_LIMIT} times`];
}

/**
 * How many times as long 30 PoPs take as 3. Those are measured before and after, and the slower one counts: a machine
 * that becomes slower meanwhile shall not be taken for growth.
 */
export function growth(measured: readonly Measurement[]): { readonly largest: Measurement; readonly ratio: number } {
  const largest = measured.find(({ pops }) => pops === LIMIT.pops);
  const small = measured.filter(({ pops }) => pops === 3).map(({ seconds }) => seconds);
  if (largest === undefined || small.length === 0) {
    throw new Error("the bounds need a measurement of 3 and one of 30 PoPs");
  }
  return { largest, ratio: largest.seconds / Math.max(...small) };
}

function measure(pops: number, users = true): Measurement {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "footprint-bench-"));
  try {
    fs.writeFileSync(path.join(folder, "Pulumi.bench.yaml"), stringify(footprintOf(pops)));
    const started = process.hrtime.bigint();
    const args = [require.resolve("./plan.js"), folder, ...(users ? [] : ["without-users"])];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, {
      encoding: "utf8",
      timeout: 300_000,
    });
    const seconds = Number(process.hrtime.bigint() - started) / 1e9;
    if (status !== 0) {
      throw new Error(`the plan of ${String(pops)} PoPs ended with ${String(status)}:\n${stderr}`);
    }
    const { resources, kilobytes } = JSON.parse(stdout) as { resources: number; kilobytes: number };
    return { pops, resources, seconds, megabytes: Math.round(kilobytes / 1024) };
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

/** A footprint in the first so many regions for which the table knows instance types; everything else by default. */
export function footprintOf(pops: number): object {
  const regions = [...REGIONS.values()].filter(({ defaultTypes }) => defaultTypes !== null).slice(0, pops);
  if (regions.length < pops) {
    throw new Error(`the region table has ${String(regions.length)} regions for ${String(pops)} PoPs`);
  }
  const each = <T>(value: T) => Object.fromEntries(regions.map(({ code }) => [code, value]));
  return {
    config: {
      "aws:region": "us-east-1",
      "footprint:zones": { "example.com": { id: "Z0123456789ABCDEFGHIJ" } },
      "footprint:sites": { "www.example.com": { origin: "https://origin.example.org" } },
      "footprint:image": each("ami-0123456789abcdef0"),
      "footprint:packages": { bucket: "my-edge-packages" },
      "footprint:pops": each({}),
      "footprint:acknowledge": { optInRegions: regions.filter(({ optIn }) => optIn).map(({ code }) => code) },
    },
  };
}
