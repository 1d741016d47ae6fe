import * as path from "node:path";
import { repository } from "../support/tree";
import { editsOf, type Edit } from "./edit";
import { POPS, WAYS } from "./table";
import { verdictOf, type Verdict } from "./verdict";

/** Where the verdicts are kept, for who is about to edit. */
export const FILE = path.join(repository, "infra", "operate", "EDITS.md");

const HEAD = `# What an edit does

Every key of a stack file, each kind of edit of it, and what \`footprint plan --diff\` says that clients notice. Edits of a
PoP's own keys are told by the PoP's state and egress where these matter. **Refused** is an edit by a guard, which names the
step that comes first ([RUNBOOK.md](RUNBOOK.md), "An edit that takes two steps"); **not taken** is one that the rules of a
stack file refuse. \`nothing\` is what no client notices, though resources may change. Two edits at once do what each does.

This file is made by \`npm run edits\` from the schema's keys and the values in \`test/edits/table.ts\`. A test holds it against
the plan, and fails for a key that is not here. Two others make the edits on Pulumi's engine, in the sandbox, and look after
every call whether each name leads to a load balancer with nodes, and each node to its origins: \`test/engine/editsTable.test.ts\`
those of one step, \`test/engine/sequences.test.ts\` the others.

| key | edit | what clients notice |
| --- | --- | --- |
`;

export interface Row {
  readonly edit: Edit;
  readonly verdict: Verdict;
}

export async function rows(): Promise<readonly Row[]> {
  const made: Row[] = [];
  for (const edit of WAYS.flatMap(editsOf)) {
    made.push({ edit, verdict: await verdictOf(edit) });
  }
  return made;
}

/** The content of FILE, as long as prettier has not lined its columns up. */
export function documentOf(table: readonly Row[]): string {
  return HEAD + table.map(({ edit, verdict }) => `| ${cells(edit, verdict).join(" | ")} |\n`).join("");
}

function cells({ way, kind, from, to }: Edit, verdict: Verdict): readonly string[] {
  const what = way.what === undefined ? "" : ` (${way.what})`;
  const values = [from, to].every(isPlain) ? ` ${shown(from)} → ${shown(to)}` : "";
  return [`\`${way.key}\`${what}`, `${kind}${values}`, noticed(verdict)].map((cell) => cell.replaceAll("|", "\\|"));
}

function isPlain(value: unknown): boolean {
  return value === undefined || ["string", "number", "boolean"].includes(typeof value);
}

function shown(value: unknown): string {
  return value === undefined ? "unset" : `\`${typeof value === "string" ? value : JSON.stringify(value)}\``;
}

function noticed({ rejected, consequences: { refused, pops, global } }: Verdict): string {
  if (rejected !== undefined) {
    return `not taken: ${rejected.join("; ")}`;
  }
  const guards = [...new Set(refused.map((name) => name.replace(/\b[a-z]{2}-[a-z]+-\d/, "`REGION`")))];
  const parts = [
    ...(refused.length > 0
      ? [`**refused**: ${guards.map((guard) => `\`${guard.replaceAll("`", "")}\``).join(", ")}`]
      : []),
    ...byPop(pops),
    ...global,
  ];
  return parts.length === 0 ? "nothing" : parts.join("; ");
}

/** The PoPs of which the same is said, by state and egress. */
function byPop(pops: Verdict["consequences"]["pops"]): readonly string[] {
  const said = new Map<string, string[]>();
  for (const [code, sentences] of Object.entries(pops)) {
    const text = sentences.join(", and ");
    said.set(text, [...(said.get(text) ?? []), label(code)]);
  }
  const told = [...said].filter(([text]) => text !== "");
  return told.map(([text, labels]) => (said.size === 1 ? text : `${labels.join(", ")}: ${text}`));
}

function label(code: string): string {
  const known: Readonly<Record<string, { readonly state?: string; readonly egress: string }>> = POPS;
  const pop = known[code];
  return pop === undefined ? code : `${pop.state ?? "active"} ${pop.egress}`;
}
