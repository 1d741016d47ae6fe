import * as fs from "node:fs";
import { TIMING } from "../../../components/node/timing";
import { stackFile } from "../../config/stacks";
import { timing } from "../../plan/timing";
import { operate } from "../actions";
import type { Lab } from "../lab";
import { pageOf } from "../origin";
import { passed, type Stage, type StageGroup } from "./stage";

/** Seconds that a command waits for nodes, and that everything has to become healthy again: a busy machine takes long. */
const PATIENCE = 900;

/** A lab that serves, as scenarios need it. */
export function stageOf(lab: Lab): Stage {
  const { config, internet } = lab;
  const groups = () => [...lab.aws.groups.values()];
  const active = config.pops.filter(({ state }) => state === "active").map(({ region }) => region);
  const host = config.sites[0]?.host ?? "";
  const { detect, dnsTtl } = timing(config.healthCheck, TIMING).failover;
  const file = stackFile(lab.options.stack, lab.options.stacks);
  const waiting = ["--wait", "--timeout", String(PATIENCE)];
  const of = (region: string) => groups().filter(({ settings }) => settings.region === region);
  const isWhole = () =>
    groups().every(
      // Commands with --wait wait for who is leaving, too.
      ({ healthy, desired, instances }) => healthy.length >= desired && instances.length === desired,
    ) && active.every((region) => internet.route53.isHealthy(region));
  return {
    ...{ cities: internet.cities, host, hosts: config.sites.map((site) => site.host), active },
    nodes: () => groups().reduce((sum, { healthy }) => sum + healthy.length, 0),
    healthyNodes: (region) => of(region).reduce((sum, { healthy }) => sum + healthy.length, 0),
    zonesOf: (region) => [...new Set(of(region).flatMap(({ healthy }) => healthy.map(({ zone }) => zone)))].sort(),
    originRequests: () => lab.origin.requests,
    setOrigin: (state) => {
      lab.origin.state = state;
    },
    newPages: (path) => {
      const former = lab.origin.version++;
      return { former: pageOf(host, path, former), current: pageOf(host, path, lab.origin.version) };
    },
    pages: (site, path, visitor) =>
      Array.from({ length: lab.origin.version }, (_, index) => pageOf(site, path, index + 1, visitor)),
    visit: (city, name, requests) => internet.visit(city, name, requests),
    errorBudget: 1 - config.objectives.availability / 100,
    file: {
      read: () => fs.readFileSync(file, "utf8"),
      write: (text) => {
        fs.writeFileSync(file, text);
      },
    },
    deploy: async () => {
      let said = "";
      const status = await lab.up(async (args) => {
        const up = await lab.sandbox.capture(args);
        said = `${up.stdout}${up.stderr}`;
        return up.status;
      });
      return status === 0 ? [] : [`up ended with ${status}: ${said.trimEnd()}`];
    },
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
    bringPower: () => lab.power.restore(),
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
