import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectionFiles, RECLAIM } from "../../../components/node/connections";
import { OPTIONS } from "./options";

/** The functions of the script, which stands alone and does not end. */
const [FUNCTIONS = ""] = (connectionFiles(OPTIONS)[RECLAIM] ?? "").replace(/^\. .*$/m, "").split("\nwhile :; do");

/** A line as `ss -HOnti` of iproute2 has it: milliseconds since the last byte either way. */
function line(peer: string, sent: number, taken: number): string {
  return `ESTAB 0 0 10.0.0.1:8443 ${peer} cubic wscale:7,7 rto:204 lastsnd:${String(sent)} lastrcv:${String(taken)} lastack:9`;
}

/** The peers whose connections are ended first, in that order. */
function ended(bound: number, ...lines: readonly string[]): readonly string[] {
  const script = `${FUNCTIONS}\nss() { printf '%s\\n' "$LINES_OF_SS"; }\nidle 8443 ${String(bound)}\n`;
  const env = { PATH: process.env.PATH, LINES_OF_SS: lines.join("\n") };
  return [...execFileSync("sh", ["-c", script], { env, encoding: "utf8" }).matchAll(/dst (\S+)/g)].map(
    ([, peer = ""]) => peer,
  );
}

const some = (count: number, idle: (i: number) => number): readonly string[] =>
  Array.from({ length: count }, (_, i) => line(`10.1.0.${String(i)}:999`, idle(i), 400_000));

describe("idle connections of a node that fills", () => {
  test("are left alone while half of the room is free", () => {
    expect(ended(10, ...some(5, () => 300_000))).toEqual([]);
  });

  test("are ended above that when they were idle for 75 s, the oldest first, until half is free", () => {
    const ages = [80_000, 100_000, 76_000, 120_000, 90_000, 1_000, 2_000];

    expect(ended(10, ...some(7, (i) => ages[i] ?? 0))).toEqual(["10.1.0.3:999", "10.1.0.1:999"]);
  });

  test("are those in which neither side has sent a byte", () => {
    expect(ended(2, line("10.1.0.1:1", 400_000, 10), line("10.1.0.2:1", 10, 400_000))).toEqual([]);
  });

  test.each([
    [7, 80_000, 2],
    [7, 70_000, 0],
    [8, 16_000, 3],
    [8, 14_000, 0],
    [10, 2_100, 5],
    [10, 1_900, 0],
  ])("%i of 10 that were idle for %i ms: %i are ended", (count, idle, expected) => {
    expect(ended(10, ...some(count, () => idle))).toHaveLength(expected);
  });

  // Witness: Linux, net/ipv4/proc.c and net/ipv6/proc.c, as a kernel 6.18 prints them.
  test.each([
    ["while half of the room is free for sure", 8, 2, ""],
    ["once it may not be", 8, 3, "8443\n"],
  ])("are looked at one by one %s: %i and %i sockets", (_, four, six, expected) => {
    const folder = mkdtempSync(join(tmpdir(), "footprint-"));
    try {
      writeFileSync(
        join(folder, "4"),
        `sockets: used 310\nTCP: inuse ${String(four)} orphan 0 tw 900 alloc 800 mem 5\nUDP: inuse 77 mem 0\n`,
      );
      writeFileSync(join(folder, "6"), `TCP6: inuse ${String(six)}\nUDP6: inuse 99\n`);
      const looks = `idle() { echo "$1" >> looked; }`;
      const script = `${FUNCTIONS}\n${looks}\ntouch looked\ncount 4 6 none\nreclaim 8443 20\ncat looked`;

      expect(execFileSync("sh", ["-euc", script], { cwd: folder, encoding: "utf8" })).toBe(expected);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("are ended a hundred at a time", () => {
    expect(ended(100, ...some(250, () => 300_000))).toHaveLength(100);
  });
});
