import type { CityRecord } from "../cities/watch";
import { BAD_IMAGE } from "../machines";
import type { Setting } from "../stackText";
import { everybodyAsked, favourite, nobodyAnswered, watchAll } from "./moving";
import { passed, shownSeconds, type Outcome, type Scenario, type Stage, type StageGroup } from "./stage";

const NEW_IMAGE = "ami-0f11f11f11f11f11f";
/** Until a refresh is to be through, or to be stopped, seconds: nodes are started, warm up and are drained one by one. */
const PATIENCE = 2400;

/** What became of a group while its image was another one. */
export interface Refreshed {
  readonly region: string;
  /** When the file was deployed, and when the refresh had ended, ms since 1970. */
  readonly at: number;
  readonly over: number;
  readonly status: string;
  readonly reason: string;
  /** Nodes in service at the end, and how many of them have the new image. */
  readonly serving: number;
  readonly current: number;
  /** Alarms that sounded at the end. */
  readonly sounding: readonly string[];
}

export const newImage: Scenario = {
  name: "new-image",
  title: "A new image in the stack file replaces a PoP's nodes, one after the other, and no request fails",
  play: async (stage) => (await changed(stage, NEW_IMAGE, () => Promise.resolve(), judgeNewImage)).outcome,
};

export const badImage: Scenario = {
  name: "bad-image",
  title:
    "A bad image reaches no client: its nodes never come into service, and an alarm stops the refresh once others are missing",
  play: async (stage) => {
    let lost = "";
    const { outcome, former } = await changed(
      stage,
      `${BAD_IMAGE}0000000000000`,
      async (group, region) => {
        lost = region;
        await loseOne(group);
      },
      judgeBadImage,
    );
    const { broken } = await stage.deploy(former);
    if (lost !== "") {
      await recovered(stage, lost);
    }
    return { ...outcome, broken: [...outcome.broken, ...broken] };
  },
};

/** Waits until a group is whole again with the image that its file names, and no alarm stops its next refresh. */
async function recovered(stage: Stage, region: string): Promise<void> {
  const { nodes, replace } = stage.group(region);
  // Nobody waits until those of the bad image are given up.
  nodes
    .filter(({ state, isCurrent }) => !isCurrent && state.startsWith("Pending"))
    .forEach(({ id }) => {
      replace(id);
    });
  await stage.restore();
  while (stage.group(region).sounding.length > 0) {
    await passed(1);
  }
}

/** While the refresh is under way AWS takes one of the group's nodes away, in order, as it does for its own maintenance. */
async function loseOne(group: () => StageGroup): Promise<void> {
  while (!group().nodes.some(({ state, isCurrent }) => isCurrent && state.startsWith("Pending"))) {
    await passed(1);
  }
  const former = group().nodes.find(({ state, isCurrent }) => !isCurrent && state === "InService");
  group().replace(former?.id ?? "");
}

/** Gives the PoP that most cities ask another image, and waits for what comes of it. */
async function changed(
  stage: Stage,
  image: string,
  meanwhile: (group: () => StageGroup, region: string) => Promise<void>,
  judge: (records: readonly CityRecord[], refreshed: Refreshed) => Outcome,
): Promise<{ readonly outcome: Outcome; readonly former: readonly Setting[] }> {
  const watch = watchAll(stage, "/scenario/image");
  try {
    await everybodyAsked(watch);
    const region = favourite(watch.records());
    if (region === undefined) {
      return { outcome: nobodyAnswered(watch.records()), former: [] };
    }
    const group = () => stage.group(region);
    const at = Date.now();
    const { broken, former } = await stage.deploy([{ path: ["image", region], value: image }]);
    if (broken.length > 0) {
      return { outcome: { head: [], rows: [], notes: [], broken }, former: [] };
    }
    await meanwhile(group, region);
    while (group().refresh?.status === "InProgress" && Date.now() < at + PATIENCE * 1000) {
      await passed(1);
    }
    const { refresh, nodes, sounding } = group();
    const serving = nodes.filter(({ state }) => state === "InService");
    const refreshed = {
      ...{ region, at, over: Date.now(), sounding },
      ...{ status: refresh?.status ?? "none", reason: refresh?.reason ?? "" },
      ...{ serving: serving.length, current: serving.filter(({ isCurrent }) => isCurrent).length },
    };
    // What is not in service yet goes at once: nobody waits for the end of its hook.
    nodes
      .filter(({ state }) => state.startsWith("Pending"))
      .forEach(({ id }) => {
        group().replace(id);
      });
    return { outcome: judge(await watch.stop(), refreshed), former };
  } finally {
    await watch.stop();
  }
}

/** Whether all nodes are new, and nobody noticed. */
export function judgeNewImage(records: readonly CityRecord[], refreshed: Refreshed): Outcome {
  const { region, serving, current, status, reason } = refreshed;
  return judged(records, refreshed, [
    ...(status === "Successful" ? [] : [`the instance refresh of ${region} is ${status}: ${reason}`]),
    ...(current === serving && serving > 0 ? [] : [`${current} of ${serving} nodes of ${region} have the new image`]),
  ]);
}

/** Whether no node of the bad image served, the refresh was stopped by an alarm, and nobody noticed. */
export function judgeBadImage(records: readonly CityRecord[], refreshed: Refreshed): Outcome {
  const { region, serving, current, status, reason, sounding } = refreshed;
  return judged(records, refreshed, [
    ...(status === "Failed" ? [] : [`the instance refresh of ${region} is ${status}: ${reason}`]),
    ...(sounding.length > 0 ? [] : ["no alarm sounded"]),
    ...(current === 0 ? [] : [`${current} nodes of the bad image are in service`]),
    ...(serving > 0 ? [] : [`${region} has no node in service`]),
  ]);
}

function judged(records: readonly CityRecord[], refreshed: Refreshed, broken: readonly string[]): Outcome {
  const { region, at, over, serving, current, status, reason, sounding } = refreshed;
  return {
    head: ["city", "answered by", "failed"],
    rows: records.map(({ city, asked, failed, answeredBy }) => [
      city,
      answeredBy.map((span) => span.region).join(", "),
      `${failed.length} of ${asked}`,
    ]),
    notes: [
      `${region}: the instance refresh was ${status} after ${shownSeconds(at, over)}${reason === "" ? "" : ` (${reason})`}`,
      `in service at its end: ${serving} nodes, ${current} of them with the new image`,
      ...sounding.map((alarm) => `sounding: ${alarm}`),
    ],
    broken: [
      ...broken,
      ...records.flatMap(({ city, failed }) =>
        failed
          .slice(0, 1)
          .map((each) => `${city}: a request failed at ${shownSeconds(at, each.at)} (${each.failure ?? ""})`),
      ),
      ...records.flatMap(({ city, answeredBy }) =>
        answeredBy.length === 1 ? [] : [`${city}: was answered by ${answeredBy.length} PoPs`],
      ),
    ],
  };
}
