import { members, querySuccess, type Answer } from "./wire";

/** Targets of each target group, by its ARN. */
export type Targets = Map<string, readonly TargetHealth[]>;

export interface TargetHealth {
  readonly id: string;
  readonly port: number;
  /** As AWS calls it: initial, healthy, unhealthy, draining. */
  readonly state: string;
}

/** DescribeTargetHealth of the load balancers' query interface. */
export function targetHealth(targets: Targets, query: URLSearchParams): Answer {
  const all = targets.get(query.get("TargetGroupArn") ?? "") ?? [];
  const described = all.map(
    ({ id, port, state }) =>
      `<Target><Id>${id}</Id><Port>${String(port)}</Port></Target><TargetHealth><State>${state}</State></TargetHealth>`,
  );
  return querySuccess("DescribeTargetHealth", members("TargetHealthDescriptions", described));
}
