import { TIMING } from "../../../components/node/timing";
import { timing } from "../../plan/timing";
import { operate } from "../actions";
import type { Lab } from "../lab";
import { pageOf } from "../origin";
import { passed, type Stage } from "./stage";

/** Seconds that a command waits for nodes, and that everything has to become healthy again: a busy machine takes long. */
const PATIENCE = 900;

/** A lab that serves, as scenarios need it. */
export function stageOf(lab: Lab): Stage {
  const { config, internet } = lab;
  const groups = () => [...lab.aws.groups.values()];
  const active = config.pops.filter(({ state }) => state === "active").map(({ region }) => region);
  const host = config.sites[0]?.host ?? "";
  const { detect, dnsTtl } = timing(config.healthCheck, TIMING).failover;
  const waiting = ["--wait", "--timeout", String(PATIENCE)];
  const of = (region: string) => groups().filter(({ settings }) => settings.region === region);
  const isWhole = () =>
    groups().every(
      // Commands with --wait wait for who is leaving, too.
      ({ healthy, desired, instances }) => healthy.length >= desired && instances.length === desired,
    ) && active.every((region) => internet.route53.isHealthy(region));
  return {
    ...{ cities: internet.cities, host, active },
    nodes: () => groups().reduce((sum, { healthy }) => sum + healthy.length, 0),
    zonesOf: (region) => [...new Set(of(region).flatMap(({ healthy }) => healthy.map(({ zone }) => zone)))].sort(),
    originRequests: () => lab.origin.requests,
    setOrigin: (state) => {
      lab.origin.state = state;
    },
    newPages: (path) => {
      const former = lab.origin.version++;
      return { former: pageOf(host, path, former), current: pageOf(host, path, lab.origin.version) };
    },
    visit: (city, name, requests) => internet.visit(city, name, requests),
    failover: { threshold: config.healthCheck.threshold, detect, dnsTtl },
    isHealthy: (region) => internet.route53.isHealthy(region),
    checksOf: (region) => internet.route53.checksOf(region),
    drain: (region) =>
      operate(lab, ["drain", region, "--now", "--yes", ...waiting, "--reason", "a scenario of the lab"]),
    undrain: (region) => operate(lab, ["undrain", region, ...waiting]),
    // The command knows the stack by the repository's file, which may name more PoPs.
    purge: (what) => operate(lab, ["purge", ...what, "--yes", ...waiting, "--pop", ...active]),
    cutPower: (region) => lab.power.cut(region),
    cutZone: (region, zone) => lab.power.cut(region, zone),
    restore: async () => {
      lab.origin.state = "up";
      await lab.power.restore();
      const end = Date.now() + PATIENCE * 1000;
      while (!isWhole()) {
        if (Date.now() > end) {
          throw new Error(`the footprint has not become whole again within ${PATIENCE} s`);
        }
        lab.power.letGo();
        await passed(1);
      }
    },
  };
}
