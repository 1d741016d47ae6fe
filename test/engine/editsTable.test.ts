import { stringify } from "yaml";
import { loadConfig } from "../../infra/config/load";
import { at, type Value, type Way } from "../edits/edit";
import { footprint, OTHER_HOST, WAYS, ZONES, type Region } from "../edits/table";
import { randomOf } from "../../infra/lab/chaos/random";
import { describeWith } from "../support/requirements";
import { valuesOf, type StackInput } from "../support/stacks";
import { configOf, Engine, PULUMI_CLI, STORY, type Resource, type Run } from "./engine";
import { interruptions } from "./serving";
import { withoutRandomParts } from "./state";
import { lines } from "./steps";

const STACK = "table";
/** Both states, and both ways out. */
const REGIONS: readonly Region[] = ["eu-west-1", "eu-central-1", "us-west-2"];
/** Half of the keys are edited in one update, and then the others: each alone costs the plan's test less. */
const GROUPS = 2;
const PAIRS = 2;
/** Of the pairs, and of where they fail. */
const SEED = 15;

const TAKEN = WAYS.filter(({ apart }) => apart === undefined);

interface Stage {
  readonly name: string;
  readonly interrupted: readonly string[];
}

interface Pair {
  readonly name: string;
  readonly hasFailed: boolean;
  /** A call of it was let fail. */
  readonly wasStruck: boolean;
  readonly interrupted: readonly string[];
  /** What there is when it has been taken back. */
  readonly left: string;
}

describeWith([PULUMI_CLI], "the table of edits, walked on the engine", () => {
  let engine: Engine;
  let refusal: Run;
  const stages: Stage[] = [];
  const pairs: Pair[] = [];
  let start: string;
  let end: string;
  let again: Run;

  beforeAll(async () => {
    const zones = { ...(footprint(REGIONS).zones as object), "example.org": { id: ZONES.extra } };
    engine = await Engine.open({ zones: { ...footprint(REGIONS), zones } });
    await deploy(base());
    start = await settled();

    for (const group of groups(TAKEN)) {
      for (const [step, input] of inputsOf(group).entries()) {
        stages.push(await stage(`step ${String(step + 1)} of ${group[0]?.key ?? ""} and others`, input, group));
      }
    }
    end = await settled();

    engine.write(STACK, textOf(everyGuarded()));
    refusal = await engine.run("preview", STACK);

    const random = randomOf(SEED);
    for (let pair = 0; pair < PAIRS; pair++) {
      const { ways, input } = pairOf(random);
      const methods = ["create", "update"] as const;
      engine.plan(methods.map((method) => ({ method, type: "*", effect: "fail", nth: 1 + below(3, random) })));
      engine.write(STACK, textOf(input));
      const before = engine.world();
      const run = await engine.run("up", STACK);
      const found = interruptions(before, run, engine.world(), SERVED).filter((each) => !isMeant(each, ways));
      engine.plan([]);
      const back = await stage("back", base(), ways);
      pairs.push({
        name: ways.map(({ key }) => key).join(" and "),
        hasFailed: run.status !== 0,
        wasStruck: run.calls.some(({ error }) => error?.includes("InternalError") === true),
        interrupted: [...found, ...back.interrupted],
        left: await settled(),
      });
    }
    again = await engine.done("preview", STACK);
  }, STORY);

  afterAll(() => {
    engine.close();
  });

  async function deploy(input: StackInput): Promise<Run> {
    engine.write(STACK, textOf(input));
    return engine.done("up", STACK);
  }

  async function stage(name: string, input: StackInput, ways: readonly Way[]): Promise<Stage> {
    const before = engine.world();
    const run = await deploy(input);
    const found = interruptions(before, run, engine.world(), SERVED);
    return { name, interrupted: found.filter((each) => !isMeant(each, ways)) };
  }

  /** The inputs of all that there is, but for what counts on, and secrets, which are encrypted anew each time. */
  async function settled(): Promise<string> {
    const resources = await engine.resources(STACK);
    return withoutRandomParts(
      JSON.stringify(
        resources
          .filter(isLasting)
          .map(({ urn, inputs }) => [urn, inputs])
          .sort(),
        null,
        1,
      ),
    )
      .replace(/(\bversion\\*": ?"?)\d+/g, "$1*")
      .replace(/("ciphertext": ")[^"]+/g, "$1*");
  }

  test("clients notice of no update what the table does not say", () => {
    expect(stages.filter(({ interrupted }) => interrupted.length > 0)).toEqual([]);
    expect(stages.length).toBeGreaterThan(TAKEN.length / 10);
  });

  test("edits that are taken back leave what there was", () => {
    expect(end).toBe(start);
  });

  test("rejects in the preview what is guarded, all at once and each by its own guard", () => {
    const said = `${refusal.stdout}${refusal.stderr}`;

    expect(refusal.status).not.toBe(0);
    expect(GUARDS.filter((guard) => !said.includes(guard))).toEqual([]);
  });

  test("two edits of which one fails in the middle leave nothing when they are taken back, and no client has noticed", () => {
    expect(pairs.map(({ hasFailed }) => hasFailed)).toEqual(pairs.map(({ wasStruck }) => wasStruck));
    expect(pairs.some(({ wasStruck }) => wasStruck)).toBe(true);
    expect(pairs.filter(({ interrupted }) => interrupted.length > 0)).toEqual([]);
    for (const { left } of pairs) {
      expect(left).toBe(start);
    }
  });

  test("once more there is nothing to do", () => {
    expect(lines(again.steps)).toEqual([]);
  });
});

const SERVED = { zones: [ZONES.primary, ZONES.other], ports: [443] };

function base(): StackInput {
  return TAKEN.reduce((input, way) => way.place(input, way.start), footprint(REGIONS));
}

function valueAfter({ steps }: Way, step: number): Value {
  return (steps[step] ?? steps.at(-1))?.[1];
}

/** One edit of each kind that is guarded. */
function everyGuarded(): StackInput {
  const edits: readonly (readonly [path: readonly string[], value: Value])[] = [
    [["zones", "example.net", "id"], ZONES.new],
    [["pops", "eu-west-1", "cidr"], "10.67.0.0/20"],
    [
      ["pops", "eu-west-1", "zones"],
      ["euw1-az1", "euw1-az3"],
    ],
    [["pops", "eu-west-1", "egress"], "direct"],
    [["pops", "eu-central-1"], undefined],
    [["sites", OTHER_HOST], undefined],
  ];
  return edits.reduce((input, [path, value]) => at(...path)(input, value), base());
}

const GUARDS = [
  `example.net-handOver-before-removing-${ZONES.other}`,
  "eu-west-1-drain-before-removing-10.64.64.0_20",
  "eu-west-1-drain-before-removing-euw1-az2",
  "eu-west-1-egress-both-before-removing-nat",
  "eu-central-1-drain-before-removing",
  `${OTHER_HOST}-dns-later-before-removing-site`,
];

function textOf(input: StackInput): string {
  const { "aws:region": home = "us-east-1", ...own } = input;
  return stringify({ config: { ...configOf(own), "aws:region": home } });
}

function isMeant(interruption: string, ways: readonly Way[]): boolean {
  return ways.some(({ ends = [] }) => ends.some((host) => interruption.includes(`: ${host} `)));
}

function isLasting({ type, urn }: Resource): boolean {
  return type !== "pulumi:providers:aws" && !urn.endsWith("-store-serial");
}

/** Neighbours apart, and nothing with what a stack file may not have beside it. */
function groups(ways: readonly Way[]): readonly (readonly Way[])[] {
  const found: Way[][] = Array.from({ length: GROUPS }, () => []);
  for (const [place, way] of ways.entries()) {
    const turn = place % GROUPS;
    const inTurn = [...found.slice(turn), ...found.slice(0, turn)];
    const group = inTurn.find((others) => !inputsOf([...others, way]).some(isRefused));
    if (group === undefined) {
      found.push([way]);
    } else {
      group.push(way);
    }
  }
  return found;
}

/** The stack file's values after each step of some ways that go side by side. */
function inputsOf(ways: readonly Way[]): readonly StackInput[] {
  const longest = Math.max(...ways.map(({ steps }) => steps.length));
  return Array.from({ length: longest }, (_, step) =>
    ways.reduce((edited, way) => way.place(edited, valueAfter(way, step)), base()),
  );
}

function below(most: number, random: () => number): number {
  return Math.floor(random() * most);
}

/** Two edits that a stack file may have at once. */
function pairOf(random: () => number): { readonly ways: readonly Way[]; readonly input: StackInput } {
  const one = below(TAKEN.length, random);
  const other = (one + 1 + below(TAKEN.length - 1, random)) % TAKEN.length;
  const ways = [one, other].flatMap((place) => TAKEN[place] ?? []);
  const input = ways.reduce((edited, way) => way.place(edited, way.steps[0]?.[1]), base());
  return isRefused(input) ? pairOf(random) : { ways, input };
}

function isRefused({ "aws:region": _, ...own }: StackInput): boolean {
  try {
    loadConfig(STACK, valuesOf(own));
    return false;
  } catch {
    return true;
  }
}
