import { withValue } from "../stackText";
import {
  AFTERWARDS,
  everybodyAsked,
  favourite,
  haveMoved,
  judgeMoved,
  nobodyAnswered,
  SLACK,
  watchAll,
} from "./moving";
import { passed, type Scenario } from "./stage";

export const drainByFile: Scenario = {
  name: "drain-by-file",
  title:
    "A PoP that its stack file calls drained loses its clients in the time of a DNS answer, and none of their requests",
  play: async (stage) => {
    const { dnsTtl } = stage.failover;
    const before = stage.file.read();
    const watch = watchAll(stage, "/scenario/drain-by-file");
    const broken: string[] = [];
    let region: string | undefined;
    let at: number;
    try {
      await everybodyAsked(watch);
      region = favourite(watch.records());
      if (region === undefined) {
        return nobodyAnswered(watch.records());
      }
      stage.file.write(withValue(before, ["pops", region, "state"], "drained"));
      broken.push(...(await stage.deploy()));
      // From here on nobody is told of it: its records are gone when the command ends.
      at = Date.now();
      const end = at + (dnsTtl + SLACK) * 1000;
      while (Date.now() < end && !haveMoved(watch.records(), { region })) {
        await passed(1);
      }
      await passed(AFTERWARDS);
    } finally {
      await watch.stop();
      stage.file.write(before);
    }
    broken.push(...(await stage.deploy()));
    const end = at + (dnsTtl + SLACK) * 1000;
    const outcome = judgeMoved(watch.records(), { region, at, end, mayFail: false });
    return {
      ...outcome,
      notes: [`promised: within ${dnsTtl} s of the end of \`up\`, from which seconds are counted`],
      broken: [...broken, ...outcome.broken],
    };
  },
};
