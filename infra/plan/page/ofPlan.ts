import type { FootprintConfig } from "../../config/model";
import { region } from "../../config/regions";
import { percent } from "../../page/words";
import { popLoads } from "../capacity";
import { measuredRegions, type LatencyTable } from "../latency/table";
import type { Users } from "../latency/weights";
import type { Plan } from "../model";
import type { PageData, PageRegion } from "./data";

/** The page of a planned stack: its PoPs, and every further region of which the table has figures. */
export function pageOfPlan(
  config: FootprintConfig,
  plan: Pick<Plan, "stack" | "pops" | "users">,
  users: Users,
  table: LatencyTable,
): PageData {
  const loads = new Map(popLoads(config).map((load) => [load.region, load]));
  const pops = config.pops.map(({ region: code, state, peak }): PageRegion => {
    const cost = plan.pops[code]?.cost;
    return {
      ...located(code),
      state,
      load: loads.get(code) ?? null,
      loadIsPeak: peak !== undefined,
      monthly: cost === undefined ? null : `$ ${cost.total.toFixed(0)}${cost.partial ? " (partial)" : ""}`,
    };
  });
  const there = new Set(pops.map(({ code }) => code));
  const possible = measuredRegions(table)
    .filter((code) => !there.has(code))
    .map((code): PageRegion => ({ ...located(code), state: "possible", load: null, loadIsPeak: false, monthly: null }));
  return {
    title: plan.stack,
    notes: [
      `Round trips: ${users.figures}. Cities stand in for AWS's regions; Route 53 goes by its own measurements, by resolver or client subnet.`,
      `Users: ${users.weights}${users.elsewhere > 0 ? `; ${percent(users.elsewhere)} of them live in countries without a figure and are left out` : ""}.`,
      ...plan.users.withoutFigures.map((code) => `${code}: no figure, so nobody is counted to it.`),
    ],
    places: users.places.filter(({ share }) => share > 0),
    regions: [...pops, ...possible],
    origin: plan.users.origin.region,
  };
}

function located(code: string): Pick<PageRegion, "code" | "name" | "lat" | "lon"> {
  const { place, lat, lon } = region(code);
  return { code, name: place, lat, lon };
}
