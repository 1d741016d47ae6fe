import { spawn } from "node:child_process";
import { join } from "node:path";
import type { LiveAction, LiveOrder, LiveTarget } from "../page/live/state";
import type { Lab } from "./lab";
import type { OriginState } from "./origin";

const ORIGIN_STATES: readonly OriginState[] = ["up", "slow", "broken", "down"];

/** How much longer a slow way is, ms. */
const SLOWER_MS = 300;

/** Something that can be done in the lab. */
interface Doing extends LiveAction {
  readonly done: (lab: Lab, target: string | null) => unknown;
}

/** What may be done to the lab at this moment. */
export function labActions(lab: Lab): readonly LiveAction[] {
  return doings(lab).map(({ id, group, label, targets }) => ({ id, group, label, targets }));
}

/** Does it; resolves when it has begun. */
export async function act(lab: Lab, { action, target }: LiveOrder): Promise<void> {
  const doing = doings(lab).find(({ id }) => id === action);
  if (doing === undefined) {
    throw new Error(`there is nothing called ${action} to be done`);
  }
  if (doing.targets !== null && !doing.targets.some(({ id }) => id === target)) {
    throw new Error(`${doing.label}: ${String(target)} is not there (any more)`);
  }
  lab.happenings.add("note", null, [doing.label, target ?? ""].join(" ").trim(), "person");
  await doing.done(lab, target);
}

function doings(lab: Lab): readonly Doing[] {
  const living = [...lab.aws.groups.values()].flatMap((group) =>
    group.staying.map((instance) => ({ group, instance })),
  );
  const named = (ids: readonly string[]): readonly LiveTarget[] =>
    [...new Set(ids)].sort().map((id) => ({ id, label: id }));
  const regions = named([...lab.aws.groups.values()].map(({ settings }) => settings.region));
  const nodes = living.map(({ instance }) => ({ id: instance.id, label: `${instance.id} (${instance.zone})` }));
  const ways = named(lab.internet.cities.flatMap(({ name }) => regions.map(({ id }) => wayName(name, id))));
  return [
    {
      ...{ id: "kill-node", group: "fault", label: "Kill a node", targets: nodes },
      done: (_, target) => lab.power.cutNode(target ?? ""),
    },
    {
      ...{ id: "lose-zone", group: "fault", label: "Lose a zone" },
      targets: named(living.map(({ instance }) => instance.zone)),
      done: (_, target) => {
        const region = living.find(({ instance }) => instance.zone === target)?.group.settings.region;
        return lab.power.cut(region ?? "", target ?? "");
      },
    },
    {
      ...{ id: "lose-pop", group: "fault", label: "Lose a PoP", targets: regions },
      done: (_, target) => lab.power.cut(target ?? ""),
    },
    {
      ...{ id: "restore-power", group: "fault", label: "Bring back the power of zones and PoPs", targets: null },
      done: () => lab.power.restore(),
    },
    {
      ...{ id: "slow-way", group: "fault", label: `Make a way ${String(SLOWER_MS)} ms longer`, targets: ways },
      done: (_, target) => {
        setWay(lab, target, SLOWER_MS);
      },
    },
    {
      ...{ id: "mend-way", group: "fault", label: "Mend a way" },
      targets: ways.filter(({ id }) => lab.internet.liveLinks.some(({ from, to }) => id === wayName(from, to))),
      done: (_, target) => {
        setWay(lab, target, 0);
      },
    },
    {
      ...{ id: "spot-notice", group: "fault", label: "Announce a Spot interruption", targets: nodes },
      done: (_, target) => {
        lab.machines.spotNotice(target ?? "");
      },
    },
    {
      ...{ id: "origin", group: "fault", label: "Set the origin", targets: named(ORIGIN_STATES) },
      done: (_, target) => {
        lab.origin.set(ORIGIN_STATES.find((state) => state === target) ?? "up");
      },
    },
    {
      ...{ id: "change-pages", group: "operator", label: "Change the origin's pages", targets: null },
      done: () => {
        lab.origin.version++;
      },
    },
    {
      ...{ id: "drain", group: "operator", label: "Drain a PoP", targets: regions },
      done: (_, target) => {
        void operate(lab, ["drain", target ?? "", "--now", "--yes", "--reason", "asked for in the lab"]);
      },
    },
    {
      ...{ id: "undrain", group: "operator", label: "Take a drained PoP back", targets: regions },
      done: (_, target) => {
        void operate(lab, ["undrain", target ?? ""]);
      },
    },
    {
      ...{ id: "purge", group: "operator", label: "Purge everything", targets: null },
      done: () => {
        void operate(lab, ["purge", "--all", "--yes"]);
      },
    },
    {
      ...{ id: "deploy", group: "operator", label: "Deploy the stack file as it is now", targets: null },
      done: () => {
        void lab.up(async (args) => {
          const { status, stdout, stderr } = await lab.sandbox.capture(args);
          lab.happenings.add(
            status === 0 ? "good" : "bad",
            null,
            lastLine(status === 0 ? stdout : `${stdout}${stderr}`),
          );
          return status;
        });
      },
    },
  ];
}

function wayName(city: string, region: string): string {
  return `${city} to ${region}`;
}

function setWay({ internet }: Lab, way: string | null, more: number): void {
  const [city = "", region = ""] = (way ?? "").split(" to ");
  internet.setWay(city, region, more);
}

const PROGRAM = join(__dirname, "..", "cli", "footprint.js");

/** Runs an operator's command as a person would, and tells how it has ended. */
export async function operate(lab: Lab, [command = "", ...args]: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [PROGRAM, command, ...args, "--stack", lab.options.stack], {
    env: { ...process.env, ...lab.variables },
    stdio: ["ignore", "pipe", "pipe"],
    // It would ask a lab that is no longer there, until its time is over.
    signal: lab.ended,
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => (said += text));
  }
  const status = await new Promise<number>((resolve) => {
    child.on("error", () => {
      resolve(1);
    });
    child.on("close", (code) => {
      resolve(code ?? 1);
    });
  });
  lab.happenings.add(status === 0 ? "good" : "bad", null, `footprint ${command}: ${lastLine(said)}`);
  return status;
}

function lastLine(said: string): string {
  return said.trimEnd().split("\n").at(-1)?.trim() ?? "";
}
