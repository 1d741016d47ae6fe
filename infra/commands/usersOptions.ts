import { Option } from "commander";

/** Options of the commands that ask about users; `infra/plan/README.md` shows the files. */
export const latencyOption = (): Option =>
  new Option("--latency <file>", "your own round-trip times (JSON or YAML); they win over the project's table");

export const weightsOption = (): Option =>
  new Option("--weights <file>", "where your users are: countries or cities with their share; else Internet users");

export const originOption = (): Option =>
  new Option("--origin <region>", "AWS region in or near which your origin is; else the stack's aws:region");
