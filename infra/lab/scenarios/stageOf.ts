import * as fs from "node:fs";
import { TIMING } from "../../../components/node/timing";
import { stackFile } from "../../config/stacks";
import { timing } from "../../plan/timing";
import { operate } from "../actions";
import type { Lab } from "../lab";
import { namedSites } from "../namedSites";
import { pageOf } from "../origin";
import { answer } from "../../plan/latency/answers";
import { settingIn, withValue, type Setting } from "../stackText";
import { passed, type Deployed, type Stage, type StageGroup } from "./stage";

/** Seconds that a command waits for nodes, and that everything has to become healthy again: a busy machine takes long. */
const PATIENCE = 900;

/**
 * A lab that serves, as scenarios need it.
 *
 * @param part regions of PoPs, which it has with the cities that are nearest to them: of two stages of a lab that have other
 * PoPs, neither takes back what was done to the other's. Default: all there are
 */
export function stageOf(lab: Lab, part?: readonly string[]): Stage {
  const { config, internet } = lab;
  const { pace = 1 } = lab.options;
  const active = config.pops.filter(({ state }) => state === "active").map(({ region }) => region);
  const isOwn = (region: string) => part === undefined || part.includes(region);
  const cities = internet.cities.filter((city) => isOwn(answer(city, active)?.pop ?? ""));
  const groups = () => [...lab.aws.groups.values()].filter(({ settings }) => isOwn(settings.region));
  const hosts = namedSites(config);
  const [host = ""] = hosts;
  const { detect, dnsTtl } = timing(config.healthCheck, TIMING).failover;
  const { stack, stacks } = lab.options;
  const waiting = ["--wait", "--timeout", String(PATIENCE)];
  const of = (region: string) => groups().filter(({ settings }) => settings.region === region);
  const shieldOf = (site: string) => config.sites.find((each) => each.host === site)?.shield;
  const isWhole = () =>
    groups().every(
      // Commands with --wait wait for who is leaving, too.
      ({ healthy, desired, instances }) => healthy.length >= desired && instances.length === desired,
    ) && active.filter(isOwn).every((region) => internet.route53.isHealthy(region));
  return {
    ...{ cities, host, hosts, active, pace, shieldOf },
    fetchers: (site) => {
      const shield = shieldOf(site);
      const asking = config.pops.filter(({ region }) => shield === undefined || region === shield);
      const nodesOf = (region: string) => of(region).reduce((sum, { healthy }) => sum + healthy.length, 0);
      return asking.reduce((sum, { region, cluster }) => sum + (cluster ? 1 : nodesOf(region)), 0);
    },
    healthyNodes: (region) => of(region).reduce((sum, { healthy }) => sum + healthy.length, 0),
    zonesOf: (region) => [...new Set(of(region).flatMap(({ healthy }) => healthy.map(({ zone }) => zone)))].sort(),
    originRequests: () => lab.origin.requests,
    setOrigin: (state, site) => {
      lab.origin.set(state, site);
    },
    newPages: (path) => {
      const former = lab.origin.version++;
      return { former: pageOf(host, path, former), current: pageOf(host, path, lab.origin.version) };
    },
    pages: (site, path, visitor) =>
      Array.from({ length: lab.origin.version }, (_, index) => pageOf(site, path, index + 1, visitor)),
    visit: (city, name, requests) => internet.visit(city, name, requests),
    errorBudget: 1 - config.objectives.availability / 100,
    deploy: (settings) => lab.alone(() => deployed(lab, stackFile(stack, stacks), settings)),
    group: (region) => stageGroup(lab, region),
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
    setWay: (city, region, more) => {
      internet.setWay(city, region, more);
    },
    bringPower: () => lab.power.restore(part),
    restore: async () => {
      await lab.power.restore(part);
      const end = Date.now() + PATIENCE * 1000;
      while (!isWhole()) {
        if (Date.now() > end) {
          throw new Error(`the footprint has not become whole again within ${PATIENCE} s`);
        }
        lab.power.letGo(groups().map(({ settings }) => settings.region));
        await passed(1);
      }
    },
  };
}

async function deployed(lab: Lab, file: string, settings: readonly Setting[]): Promise<Deployed> {
  const before = fs.readFileSync(file, "utf8");
  fs.writeFileSync(
    file,
    settings.reduce((text, { path, value }) => withValue(text, path, value), before),
  );
  let said = "";
  const status = await lab.up(async (args) => {
    const up = await lab.sandbox.capture(args);
    said = `${up.stdout}${up.stderr}`;
    return up.status;
  });
  if (status !== 0) {
    fs.writeFileSync(file, before);
  }
  return {
    broken: status === 0 ? [] : [`up ended with ${status}: ${said.trimEnd()}`],
    former: settings.map(({ path }) => settingIn(before, path)),
  };
}

function stageGroup({ aws }: Lab, region: string): StageGroup {
  const group = [...aws.groups.values()].find(({ settings }) => settings.region === region);
  if (group === undefined) {
    throw new Error(`${region} has no group of nodes`);
  }
  const { settings, desired, instances, refreshes } = group;
  return {
    ...{ name: settings.name, desired, max: settings.max, refresh: refreshes[0] },
    nodes: instances.map(({ id, state, template }) => ({ id, state, isCurrent: template === settings.template.name })),
    sounding: settings.stopAlarms.filter((alarm) => aws.sounds(alarm)),
    replace: (id) => {
      const node = group.find(id);
      if (node !== undefined) {
        void group.terminate(node, "an operator has asked for it");
      }
    },
    resize: (size) => {
      aws.resize(settings.name, size);
    },
  };
}
