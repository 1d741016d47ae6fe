import { createHash } from "node:crypto";
import type { Asked } from "../cities/ask";
import { isBeyond } from "../scenarios/origin";

/** What a city asked for, and what it was told. */
export interface Told {
  readonly host: string;
  readonly path: string;
  /** Bodies that the page may have: all that it has had, for who asked. */
  readonly bodies: readonly string[];
  /** Bodies that the page has for others, where it is nobody's but the visitor's. */
  readonly others: readonly string[];
  readonly asked: Asked;
}

/** A time in which a PoP may not answer, ms since 1970. */
export interface Silence {
  readonly region: string;
  readonly from: number;
  readonly to: number;
}

/** What must never be, whatever happens; each violation in a sentence. Pure. */
export function violations(told: readonly Told[], silences: readonly Silence[]): readonly string[] {
  return told.flatMap(({ host, path, bodies, others, asked }) => {
    if (asked.failure !== null || asked.status !== 200) {
      return [];
    }
    const { city, region, at, body } = asked;
    const is = (text: string): boolean => sha256(text) === body;
    const silent = silences.find((each) => each.region === region && at > each.from && at < each.to);
    return [
      ...(others.some(is) ? ["got what is another visitor's"] : bodies.some(is) ? [] : ["got another page's body"]),
      ...(isBeyond(asked) ? [`got a page that was ${asked.headers["age"] ?? ""} s old, beyond its window`] : []),
      ...(silent === undefined ? [] : [`was answered by ${silent.region}, which is drained, after its time`]),
    ].map((what) => `${new Date(at).toISOString().slice(11, 19)} ${city} ${what}: ${host}${path}`);
  });
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
