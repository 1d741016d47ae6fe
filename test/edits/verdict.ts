import { ConfigError, problemLine } from "../../infra/config/problems";
import { buildPlan } from "../../infra/plan/build";
import { consequences, type Consequences } from "../../infra/plan/consequences";
import { diffPlans } from "../../infra/plan/diff";
import type { Plan } from "../../infra/plan/model";
import { valuesOf, type StackInput } from "../support/stacks";
import type { Edit } from "./edit";
import { footprint, POPS, type Region } from "./table";

/** PoPs that stand for all in the edits of a key: where state and egress say something all, else as few as there must be. */
const STANDING_FOR_ALL: readonly (readonly [keys: RegExp, regions: readonly Region[]])[] = [
  [/^pops\.\*\.(?:state|cidr|zones|egress)$/, Object.keys(POPS) as Region[]],
  [/^sites\.\*\.shield$/, ["eu-west-1", "eu-central-1"]],
  [/^(?:defaults\.zones|defaults\.egress|supernet|pops)$/, ["eu-west-1", "sa-east-1"]],
  [/^/, ["eu-west-1"]],
];

export interface Verdict {
  /** What the rules of a stack file say of it; then nothing else is. */
  readonly rejected?: readonly string[];
  readonly consequences: Consequences;
  /** Types of the resources that differ. */
  readonly touched: readonly string[];
}

function regionsOf({ way: { key } }: Edit): readonly Region[] {
  return STANDING_FOR_ALL.find(([keys]) => keys.test(key))?.[1] ?? [];
}

/** A stack file's values before and after an edit. */
function sidesOf(edit: Edit): readonly [StackInput, StackInput] {
  const { way, from, to } = edit;
  const start = way.place(footprint(regionsOf(edit)), way.start);
  return [way.place(start, from), way.place(start, to)];
}

/** What `footprint plan --diff` says of an edit. */
export async function verdictOf(edit: Edit): Promise<Verdict> {
  const [before, after] = sidesOf(edit);
  try {
    const [was, is] = [await planOf(before), await planOf(after)];
    const difference = diffPlans(was, is);
    const touched = [...Object.values(difference.pops), difference.global].flatMap(({ add, change, replace, remove }) =>
      [...add, ...change, ...replace, ...remove].map(({ type }) => type),
    );
    return { consequences: consequences(difference, was, is), touched: [...new Set(touched)].sort() };
  } catch (error) {
    if (error instanceof ConfigError) {
      return {
        rejected: error.problems.map(problemLine),
        consequences: { refused: [], pops: {}, global: [] },
        touched: [],
      };
    }
    throw error;
  }
}

type Known = Pick<Plan, "resources" | "routing" | "pops">;

const plans = new Map<string, Promise<Known>>();

function planOf(input: StackInput): Promise<Known> {
  const { "aws:region": home, ...own } = input;
  const values = { ...valuesOf(own), ...(home === undefined ? {} : { "aws:region": home as string }) };
  const key = JSON.stringify(values);
  const plan =
    plans.get(key) ?? buildPlan("test", values).then(({ resources, routing, pops }) => ({ resources, routing, pops }));
  plans.set(key, plan);
  return plan;
}
