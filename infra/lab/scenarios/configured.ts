import {
  AFTERWARDS,
  everybodyAsked,
  favourite,
  forgottenAt,
  haveMoved,
  judgeMoved,
  nobodyAnswered,
  watchAll,
} from "./moving";
import { passed, type Deployed, type Scenario } from "./stage";

export const drainByFile: Scenario = {
  name: "drain-by-file",
  title:
    "A PoP that its stack file calls drained loses its clients in the time of a DNS answer, and none of their requests",
  play: async (stage) => {
    const { dnsTtl } = stage.failover;
    const watch = watchAll(stage, "/scenario/drain-by-file");
    let region: string | undefined;
    let drained: Deployed;
    let at: number;
    try {
      await everybodyAsked(watch);
      region = favourite(watch.records());
      if (region === undefined) {
        return nobodyAnswered(watch.records());
      }
      // A PoP that is drained is nobody's shield: the stack file is refused that says so.
      const shielded = stage.hosts.filter((host) => stage.shieldOf(host) === region);
      drained = await stage.deploy([
        ...shielded.map((host) => ({ path: ["sites", host, "shield"], value: undefined })),
        { path: ["pops", region, "state"], value: "drained" },
      ]);
      // From here on nobody is told of it: its records are gone when the command ends.
      at = Date.now();
      while (Date.now() < forgottenAt(at, dnsTtl) && !haveMoved(watch.records(), { region })) {
        await passed(1);
      }
      await passed(AFTERWARDS);
    } finally {
      await watch.stop();
    }
    const back = await stage.deploy(drained.former);
    const outcome = judgeMoved(watch.records(), { region, at, end: forgottenAt(at, dnsTtl), mayFail: false });
    return {
      ...outcome,
      notes: [`promised: within ${dnsTtl} s of the end of \`up\`, from which seconds are counted`],
      broken: [...drained.broken, ...outcome.broken, ...back.broken],
    };
  },
};
