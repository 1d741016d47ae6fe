import type { CityRecord } from "../cities/watch";
import { everybodyAsked, favourite, isOfLoss, nobodyAnswered, watchAll } from "./moving";
import { passed, shownSeconds, type Outcome, type Scenario } from "./stage";

/** Seconds for which nobody may lose a request any more, when the time for it is over. */
const AFTERWARDS = 15;

/** What happened to a zone, and when, ms since 1970. */
export interface ZoneLoss {
  readonly region: string;
  readonly zone: string;
  readonly at: number;
  /** Seconds until its clients are to have lost their last request. */
  readonly promised: number;
}

export const loseZone: Scenario = {
  name: "lose-zone",
  title:
    "A zone that is lost at once costs requests of its PoP's clients alone, and only until the failover that the plan says",
  play: async (stage) => {
    const { detect, dnsTtl } = stage.failover;
    const watch = watchAll(stage, "/scenario/zone");
    let loss: ZoneLoss;
    try {
      await everybodyAsked(watch);
      const region = favourite(watch.records());
      if (region === undefined) {
        return nobodyAnswered(watch.records());
      }
      const [zone = ""] = stage.zonesOf(region);
      loss = { region, zone, at: Date.now(), promised: detect + dnsTtl };
      await stage.cutZone(region, zone);
      await passed(loss.promised + AFTERWARDS);
    } finally {
      await watch.stop();
    }
    await stage.restore();
    return judgeZone(watch.records(), loss);
  },
};

/** Whether only those lost requests whom the zone's PoP served, and not for too long. */
export function judgeZone(records: readonly CityRecord[], { region, zone, at, promised }: ZoneLoss): Outcome {
  const end = at + promised * 1000;
  const lines = records.map(({ city, asked, failed, answeredBy }) => {
    const isTheirs = answeredBy[0]?.region === region;
    const inexcusable = failed.filter((each) => !isTheirs || !isOfLoss(each, at, end));
    const broken = [
      ...inexcusable
        .slice(0, 1)
        .map((each) => `${city}: a request failed at ${shownSeconds(at, each.at)} (${each.failure ?? ""})`),
      ...(answeredBy.some(({ last }) => last >= end) ? [] : [`${city}: nobody answered afterwards`]),
    ];
    const last = failed.at(-1);
    const row = [
      ...[city, answeredBy[0]?.region ?? "nobody", `${failed.length} of ${asked}`],
      last === undefined ? "" : shownSeconds(at, last.at),
    ];
    return { row, broken };
  });
  return {
    head: ["city", "served by", "failed", "last failure"],
    rows: lines.map(({ row }) => row),
    notes: [`${zone} was lost; promised: its clients lose nothing after ${promised} s`],
    broken: lines.flatMap(({ broken }) => broken),
  };
}
