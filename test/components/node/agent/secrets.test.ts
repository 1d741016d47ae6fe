import { createHash, createHmac } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HaproxyAway } from "../../../../components/node/agent/haproxy";
import { Secrets } from "../../../../components/node/agent/secrets";
import type { Pointer } from "../../../../components/node/protocol/pointer";
import { keptLog } from "./quiet";

type Versions = readonly [originCurrent: number, originNext: number, purgeCurrent: number, purgeNext: number];

function wanted([originCurrent, originNext, purgeCurrent, purgeNext]: Versions): Pointer["parameters"] {
  const pair = (role: string, current: number, next: number) => ({
    current: { name: `${role}-current`, version: current },
    next: { name: `${role}-next`, version: next },
  });
  return { "origin-auth": pair("origin", originCurrent, originNext), purge: pair("purge", purgeCurrent, purgeNext) };
}

describe("the secrets of an agent", () => {
  let folder: string;
  let asked: (readonly string[])[];
  let missing: ReadonlySet<string>;
  let away: boolean;
  let told: string[];
  let haproxyFails: Error | undefined;
  /** Keys of HAProxy's maps, by file: they outlive an agent. */
  let held: Map<string, Set<string>>;
  let deletionFails: Error | undefined;
  let said: string[];
  let hasShields: boolean;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "footprint-secrets-"));
    asked = [];
    missing = new Set();
    away = false;
    told = [];
    haproxyFails = undefined;
    held = new Map();
    deletionFails = undefined;
    hasShields = false;
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  function secrets(): Secrets {
    const kept = keptLog();
    said = kept.said;
    return new Secrets({
      region: "eu-west-1",
      parameters: (selectors) => {
        asked.push(selectors);
        return away
          ? Promise.reject(new Error("away"))
          : Promise.resolve(
              new Map(selectors.filter((name) => !missing.has(name)).map((name) => [name, `value-of-${name}`])),
            );
      },
      haproxy: {
        setMap: (file, key, value) => {
          if (haproxyFails !== undefined) {
            return Promise.reject(haproxyFails);
          }
          told.push(`${key} ${value}`);
          held.set(file, (held.get(file) ?? new Set<string>()).add(key));
          return Promise.resolve();
        },
        deleteMap: (file, key) => {
          if (deletionFails !== undefined) {
            return Promise.reject(deletionFails);
          }
          told.push(`no ${key}`);
          held.get(file)?.delete(key);
          return Promise.resolve();
        },
        keysOf: (file) => Promise.resolve(hasShields ? new Set(held.get(file)) : undefined),
      },
      log: kept.log,
      file: join(folder, "secrets/known.json"),
      mapFile: join(folder, "secrets/origin-auth.map"),
      shieldFile: join(folder, "secrets/shield.map"),
      ringFile: join(folder, "secrets/ring.map"),
      group: process.getgid?.() ?? 0,
    });
  }

  const map = () => readFileSync(join(folder, "secrets/origin-auth.map"), "utf8");

  test("are none before they were read", () => {
    const fresh = secrets();
    expect([fresh.versions(), fresh.purgeKeys()]).toEqual([null, []]);
  });

  test("are read by name and version, told to HAProxy, and asked for once", async () => {
    const read = secrets();
    await read.follow(wanted([1, 1, 1, 1]));
    await read.follow(wanted([1, 1, 1, 1]));

    expect(asked).toEqual([["origin-current:1", "origin-next:1", "purge-current:1", "purge-next:1"]]);
    expect(read.purgeKeys()).toEqual(["value-of-purge-current:1", "value-of-purge-next:1"]);
    expect(read.versions()).toEqual({ "origin-auth": { current: 1, next: 1 }, purge: { current: 1, next: 1 } });
    // Each time anew: a HAProxy that was just starting may have read the map before.
    expect(told).toEqual(Array(2).fill("current value-of-origin-current:1"));
    expect(map()).toBe("current value-of-origin-current:1\n");
  });

  test("that have changed alone are read again", async () => {
    const read = secrets();
    await read.follow(wanted([1, 1, 1, 1]));
    await read.follow(wanted([2, 1, 1, 3]));

    expect(asked[1]).toEqual(["origin-current:2", "purge-next:3"]);
    expect(map()).toBe("current value-of-origin-current:2\n");
    expect(told.at(-1)).toBe("current value-of-origin-current:2");
  });

  test("outlive the agent: the next one needs no parameters", async () => {
    await secrets().follow(wanted([1, 1, 1, 1]));
    away = true;

    const next = secrets();
    await next.follow(wanted([1, 1, 1, 1]));

    expect(next.purgeKeys()).toEqual(["value-of-purge-current:1", "value-of-purge-next:1"]);
    expect(told).toHaveLength(2);
  });

  test.each<[string, () => void, string]>([
    [
      "parameters are away",
      () => {
        away = true;
      },
      "away",
    ],
    [
      "one of them is missing",
      () => {
        missing = new Set(["origin-current:2"]);
      },
      "the parameter origin-current:2 is not there, or this node may not read it",
    ],
  ])("stay as they were, all of them, while %s", async (_, prepare, message) => {
    const read = secrets();
    await read.follow(wanted([1, 1, 1, 1]));
    prepare();

    await expect(read.follow(wanted([2, 1, 2, 1]))).rejects.toThrow(new Error(message));

    expect(read.purgeKeys()[0]).toBe("value-of-purge-current:1");
    expect(map()).toBe("current value-of-origin-current:1\n");
    [away, missing] = [false, new Set()];
    await read.follow(wanted([2, 1, 2, 1]));
    expect(read.purgeKeys()[0]).toBe("value-of-purge-current:2");
  });

  test("reach a HAProxy that was away when they were read", async () => {
    const read = secrets();
    haproxyFails = new HaproxyAway("connection refused");
    await read.follow(wanted([1, 1, 1, 1]));
    expect([told, map()]).toEqual([[], "current value-of-origin-current:1\n"]);

    haproxyFails = undefined;
    await read.follow(wanted([1, 1, 1, 1]));
    expect(told).toEqual(["current value-of-origin-current:1"]);
  });

  test("are in no error of HAProxy's that is handed on", async () => {
    haproxyFails = new Error("unknown command: set map value-of-origin-current:1");

    await expect(secrets().follow(wanted([1, 1, 1, 1]))).rejects.toThrow(
      new Error("HAProxy does not take the proof for origins"),
    );
    expect(said.filter((line) => line.includes("value-of"))).toEqual([]);
  });

  test("rejects a value that would end the line of a header, without telling it", async () => {
    const read = new Secrets({
      region: "eu-west-1",
      parameters: (selectors) => Promise.resolve(new Map(selectors.map((name) => [name, "bad\r\nvalue"]))),
      haproxy: {
        setMap: () => Promise.resolve(),
        deleteMap: () => Promise.resolve(),
        keysOf: () => Promise.resolve(undefined),
      },
      log: keptLog().log,
      file: join(folder, "known.json"),
      mapFile: join(folder, "origin-auth.map"),
      group: 0,
    });

    await expect(read.follow(wanted([1, 1, 1, 1]))).rejects.toThrow(
      new Error("the parameter origin-current:1 has characters that a header cannot carry"),
    );
    expect(existsSync(join(folder, "origin-auth.map"))).toBe(false);
  });

  /** Lines of the map for shields, and what of them is no secret of another kind. */
  const proofs = (file = "shield") =>
    readFileSync(join(folder, `secrets/${file}.map`), "utf8")
      .trimEnd()
      .split("\n");

  test("prove to other PoPs, by the purge keys, that the node is ours: it sends both proofs, and takes either", async () => {
    hasShields = true;
    await secrets().follow(wanted([1, 1, 1, 2]));

    // RFC 2104 and FIPS 180-4, by Node's own library.
    const proof = (key: string) => createHmac("sha256", key).update("footprint shield").digest("hex");
    const digest = (text: string) => createHash("sha256").update(text).digest("hex").toUpperCase();
    const [current, next] = [proof("value-of-purge-current:1"), proof("value-of-purge-next:2")];
    const lines = [`own ${current},${next}`, `${digest(current)} accepted`, `${digest(next)} accepted`];
    expect(proofs()).toEqual(lines);
    expect(told).toEqual(expect.arrayContaining(lines));
    expect(proofs().join()).not.toContain("value-of");
  });

  test("prove to other nodes of the PoP that the node is one of it, as who asks and as who answers", async () => {
    hasShields = true;
    await secrets().follow(wanted([1, 1, 1, 2]));

    // RFC 2104 and FIPS 180-4, by Node's own library.
    const proof = (role: string, key: string) =>
      createHmac("sha256", key).update(`footprint ring\neu-west-1\n${role}`).digest("hex");
    const digest = (text: string) => createHash("sha256").update(text).digest("hex").toUpperCase();
    const lines = ["asks", "answers"].flatMap((role) => {
      const [current, next] = [proof(role, "value-of-purge-current:1"), proof(role, "value-of-purge-next:2")];
      return [`${role} ${current}`, `${digest(current)} ${role}`, `${digest(next)} ${role}`];
    });
    expect(proofs("ring")).toEqual(lines);
    expect(told).toEqual(expect.arrayContaining(lines));
  });

  test("what a former key proved ends in the running HAProxy, too", async () => {
    hasShields = true;
    const read = secrets();
    await read.follow(wanted([1, 1, 1, 1]));
    const digests = () => [...proofs(), ...proofs("ring")].filter((line) => /^[0-9A-F]{64} /.test(line));
    const former = digests();
    told.length = 0;

    await read.follow(wanted([1, 1, 2, 2]));

    const kept = digests();
    expect(former).toHaveLength(6);
    expect(former.filter((line) => kept.includes(line))).toEqual([]);
    expect(told.filter((line) => line.startsWith("no ")).sort()).toEqual(
      former.map((line) => `no ${line.split(" ")[0] ?? ""}`).sort(),
    );
  });

  test.each([new Error("timeout"), new HaproxyAway("connection refused")])(
    "it ends at a later look, by an agent that was started since, when HAProxy has not taken it (%s)",
    async (failure) => {
      hasShields = true;
      await secrets().follow(wanted([1, 1, 1, 1]));
      const former = proofs().slice(1);
      deletionFails = failure;
      await secrets()
        .follow(wanted([1, 1, 2, 2]))
        .catch(() => undefined);

      deletionFails = undefined;
      await secrets().follow(wanted([1, 1, 2, 2]));

      const keys = [...(held.get(join(folder, "secrets/shield.map")) ?? [])];
      expect(keys.filter((key) => former.some((line) => line.startsWith(key)))).toEqual([]);
      expect(keys).toHaveLength(proofs().length);
    },
  );

  test("where no site has a shield, HAProxy is told of no proof for one", async () => {
    await secrets().follow(wanted([1, 1, 1, 1]));

    expect(told.filter((line) => !line.startsWith("current "))).toEqual([]);
  });
});
