import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Adoption } from "../../../../components/node/agent/adoption";
import { Unfit } from "../../../../components/node/agent/artifacts";
import { Unfinished } from "../../../../components/node/agent/commands";
import { HaproxyAway } from "../../../../components/node/agent/haproxy";
import { AGENT_FILES } from "../../../../components/node/agentFiles";
import type { Bundle } from "../../../../components/node/protocol/bundleFormat";
import { bundleWith, textOf } from "./bundles";
import { keptLog } from "./quiet";

describe("an adoption", () => {
  let root: string;
  /** Commands that were run and reloads of HAProxy, in order. */
  let done: string[];
  /** What a command answers, by its first words; nothing means that it succeeds. */
  let fails: Map<string, () => string | undefined>;
  /** First words of a command that does not come to its end. */
  let ended: string | undefined;
  let selfTest: () => Promise<void>;
  let haproxy: { say: () => Promise<string>; reload: () => Promise<void> };

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "footprint-adoption-"));
    done = [];
    fails = new Map();
    ended = undefined;
    selfTest = () => Promise.resolve();
    haproxy = {
      say: () => Promise.reject(new HaproxyAway("not there")),
      reload: () => {
        done.push("haproxy reload");
        return Promise.resolve();
      },
    };
  });

  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  const at = (path: string) => join(root, path);
  const read = (path: string) => readFileSync(at(path), "utf8");
  const journal = () => JSON.parse(read(AGENT_FILES.journal)) as Record<string, unknown>;

  function adoption(): Adoption {
    return new Adoption({
      root,
      haproxy,
      selfTest: () => selfTest(),
      log: keptLog().log,
      run: (command) => {
        const words = command.join(" ").replaceAll(root, "");
        done.push(words);
        if (ended !== undefined && words.startsWith(ended)) {
          return Promise.resolve({ status: null, said: "" });
        }
        const said = [...fails].find(([start]) => words.startsWith(start))?.[1]();
        return Promise.resolve({ status: said === undefined ? 0 : 1, said: said ?? "" });
      },
    });
  }

  function adopt(into: Adoption, bundle: Bundle, prepare: () => Promise<void> = () => Promise.resolve()) {
    const { text, sha256 } = textOf(bundle);
    return into.adopt(sha256, text, prepare);
  }

  test("of the first bundle checks, places, starts its units in order, and keeps its text", async () => {
    const bundle = bundleWith({
      units: ["one.service", "two.service"],
      files: { ...bundleWith().files, "/etc/systemd/system/one.service": "[Unit]\n" },
    });
    const fresh = adoption();
    expect([fresh.bundle, fresh.generation]).toEqual([undefined, null]);

    await adopt(fresh, bundle);

    expect(done).toEqual([
      "check /run/footprint/staged/etc/a",
      "systemctl --quiet daemon-reload",
      "systemctl --quiet enable one.service",
      "systemctl --quiet start one.service",
      "systemctl --quiet enable two.service",
      "systemctl --quiet start two.service",
    ]);
    expect(fresh.generation).toBe(textOf(bundle).sha256);
    expect(read(AGENT_FILES.bundle)).toBe(textOf(bundle).text);
    expect([read("/etc/a"), statSync(at("/usr/local/lib/footprint/script")).mode & 0o777]).toEqual(["a\n", 0o755]);
    expect(journal()).toEqual({ placing: null, interrupted: null, rejected: null });
    expect(adoption().bundle).toEqual(bundle);
  });

  test("of the first bundle reloads as well when the programs run: an agent was ended in the middle", async () => {
    haproxy.say = () => Promise.resolve("HAProxy 3.0");

    await adopt(adoption(), bundleWith());

    expect(done.slice(-2)).toEqual(["reload", "haproxy reload"]);
  });

  test("of another bundle reloads, Varnish first, and starts nothing anew", async () => {
    const running = adoption();
    await adopt(running, bundleWith());
    done = [];

    await adopt(
      running,
      bundleWith({ files: { "/etc/a": "b\n", "/etc/b": "new\n", "/etc/sysctl.d/60-footprint.conf": "x = 1\n" } }),
    );

    expect(done).toEqual([
      "check /run/footprint/staged/etc/a",
      "systemctl --quiet restart systemd-sysctl.service",
      "reload",
      "haproxy reload",
    ]);
    expect([read("/etc/a"), read("/etc/b"), existsSync(at("/usr/local/lib/footprint/script"))]).toEqual([
      "b\n",
      "new\n",
      false,
    ]);
  });

  test("never stops a unit that a bundle forgets", async () => {
    const running = adoption();
    await adopt(running, bundleWith());
    done = [];

    await adopt(running, bundleWith({ units: [] }));

    expect(done.filter((command) => command.startsWith("systemctl"))).toEqual([]);
  });

  test.each<[string, string, string]>([
    ["its check fails", "check", "check /run/footprint/staged/etc/a ended with 1: no"],
    ["it cannot be loaded", "reload", "reload ended with 1: no"],
    [
      "a new unit does not start",
      "systemctl --quiet start new",
      "systemctl --quiet start new.service ended with 1: no",
    ],
  ])("rejects a bundle when %s, and leaves all as it was", async (_, command, reason) => {
    const good = bundleWith();
    const running = adoption();
    await adopt(running, good);
    fails.set(command, () => (read("/etc/a") === "a\n" && command !== "check" ? undefined : "no"));
    const bad = bundleWith({
      files: { "/etc/a": "bad\n", "/etc/bad": "bad\n" },
      units: ["one.service", "new.service"],
    });

    await expect(adopt(running, bad)).rejects.toThrow(new Unfit(reason.replace("/run", `${root}/run`)));

    expect(running.generation).toBe(textOf(good).sha256);
    expect(running.rejected).toMatchObject({
      sha256: textOf(bad).sha256,
      reason: reason.replace("/run", `${root}/run`),
    });
    expect([read("/etc/a"), existsSync(at("/etc/bad")), read(AGENT_FILES.bundle)]).toEqual([
      "a\n",
      false,
      textOf(good).text,
    ]);
    expect(journal()).toMatchObject({ placing: null, rejected: { sha256: textOf(bad).sha256 } });
    expect(existsSync(at("/run/footprint/staged"))).toBe(false);
  });

  test("leaves all as it was, and rejects nothing, when a check was ended before it had finished", async () => {
    const running = adoption();
    await adopt(running, bundleWith());
    ended = "check";

    await expect(adopt(running, bundleWith({ files: { "/etc/a": "b\n" } }))).rejects.toThrow(Unfinished);

    expect([running.rejected, read("/etc/a")]).toEqual([null, "a\n"]);
    ended = undefined;
    await adopt(running, bundleWith({ files: { "/etc/a": "b\n" } }));
    expect(read("/etc/a")).toBe("b\n");
  });

  test("puts the former files back though a unit that came with the others does not end", async () => {
    const running = adoption();
    await adopt(running, bundleWith());
    selfTest = () => Promise.reject(new Error("no"));
    fails.set("systemctl --quiet disable", () => "no");

    await expect(adopt(running, bundleWith({ files: { "/etc/a": "bad\n" }, units: ["new.service"] }))).rejects.toThrow(
      Unfit,
    );

    expect(read("/etc/a")).toBe("a\n");
    expect(done.slice(-3)).toEqual(["reload", "haproxy reload", "systemctl --quiet start one.service"]);
  });

  test("rejects a bundle that fails the self-test: the former one is loaded again, and units that it brought end", async () => {
    const running = adoption();
    await adopt(running, bundleWith());
    done = [];
    selfTest = () => Promise.reject(new Error("www.example.com is answered with 500"));
    const bad = bundleWith({ files: { "/etc/a": "bad\n" }, units: ["one.service", "new.service"] });

    await expect(adopt(running, bad)).rejects.toThrow(new Unfit("www.example.com is answered with 500"));

    expect(done).toEqual([
      "check /run/footprint/staged/etc/a",
      "systemctl --quiet enable new.service",
      "systemctl --quiet start new.service",
      "reload",
      "haproxy reload",
      "systemctl --quiet disable --now new.service",
      "reload",
      "haproxy reload",
      // It may have required the one that was withdrawn, and then it was stopped with it.
      "systemctl --quiet start one.service",
    ]);
    expect(read("/etc/a")).toBe("a\n");
  });

  test("waits for a self-test that succeeds after a while", async () => {
    const bundle = bundleWith();
    let tries = 0;
    selfTest = () => (++tries < 3 ? Promise.reject(new Error("not yet")) : Promise.resolve());
    const patient = {
      ...bundle,
      settings: { ...bundle.settings, timing: { ...bundle.settings.timing, selfTestPatience: 60 } },
    };

    await adopt(adoption(), patient);

    expect(tries).toBe(3);
  });

  test("has more patience with a first bundle, whose programs have to start", async () => {
    const bundle = bundleWith();
    const timing = { ...bundle.settings.timing, selfTestPatience: 0.2 };
    let tries = 0;
    // The second try comes 0.25 s after the first.
    selfTest = () => (++tries % 2 === 1 ? Promise.reject(new Error("not yet")) : Promise.resolve());
    const running = adoption();

    await adopt(running, { ...bundle, settings: { ...bundle.settings, timing } });

    expect([running.rejected, tries]).toEqual([null, 2]);
    await expect(
      adopt(running, bundleWith({ files: { "/etc/a": "b\n" }, settings: { ...bundle.settings, timing } })),
    ).rejects.toThrow(new Unfit("not yet"));
  });

  test("goes on when HAProxy is being started again: the self-test says whether it comes", async () => {
    const running = adoption();
    await adopt(running, bundleWith());
    haproxy.reload = () => Promise.reject(new HaproxyAway("connection refused"));

    await adopt(running, bundleWith({ files: { "/etc/a": "b\n" } }));

    expect(read("/etc/a")).toBe("b\n");
  });

  test("that fails of something else than the bundle is no rejection, and can be tried again", async () => {
    const running = adoption();
    await adopt(running, bundleWith());
    const next = bundleWith({ files: { "/etc/a": "b\n" } });

    await expect(adopt(running, next, () => Promise.reject(new Error("the store is away")))).rejects.toThrow(
      new Error("the store is away"),
    );
    expect([running.rejected, read("/etc/a")]).toEqual([null, "a\n"]);

    await adopt(running, next);
    expect(read("/etc/a")).toBe("b\n");
  });

  test("that finds no room leaves every file as it was", async () => {
    const running = adoption();
    await adopt(running, bundleWith());

    // A folder where a file must go is as final as a full disk.
    const next = bundleWith({ files: { "/etc/a": "b\n", "/etc/a/b": "c\n" } });
    await expect(adopt(running, next)).rejects.toThrow(/ENOTDIR|EEXIST/);

    expect([running.rejected, read("/etc/a"), existsSync(at("/etc/a.new"))]).toEqual([null, "a\n", false]);
  });

  test.each(["nonsense", "{}", JSON.stringify({ ...bundleWith(), files: { "../a": "" } })])(
    "rejects what is no bundle: %s",
    async (text) => {
      const running = adoption();

      await expect(running.adopt("b".repeat(64), text, () => Promise.resolve())).rejects.toThrow(Unfit);

      expect(running.rejected?.sha256).toBe("b".repeat(64));
      expect(done).toEqual([]);
    },
  );

  describe("that was interrupted", () => {
    const good = bundleWith();
    const next = bundleWith({ files: { "/etc/a": "b\n", "/etc/b": "new\n" } });

    /** What is on the disk when the agent is killed while it waits for a self-test. */
    async function interrupted(): Promise<void> {
      await adopt(adoption(), good);
      const { text, sha256 } = textOf(next);
      writeFileSync(at(AGENT_FILES.placing), text);
      writeFileSync(at(AGENT_FILES.journal), JSON.stringify({ ...journal(), placing: sha256 }));
      writeFileSync(at("/etc/a"), "b\n");
      writeFileSync(at("/etc/b"), "new\n");
      done = [];
    }

    test("is turned back at the next start, and may be tried again", async () => {
      await interrupted();

      const started = adoption();
      await started.recover();

      expect([read("/etc/a"), existsSync(at("/etc/b"))]).toEqual(["a\n", false]);
      expect(done).toEqual(["reload", "haproxy reload", "systemctl --quiet start one.service"]);
      expect([started.rejected, journal().placing]).toEqual([null, null]);
      await adopt(started, next);
      expect(journal()).toEqual({ placing: null, interrupted: null, rejected: null });
    });

    test("twice is rejected: it may be what ends the agent", async () => {
      await interrupted();
      await adoption().recover();
      writeFileSync(at(AGENT_FILES.journal), JSON.stringify({ ...journal(), placing: textOf(next).sha256 }));

      const started = adoption();
      await started.recover();

      expect(started.rejected).toMatchObject({
        sha256: textOf(next).sha256,
        reason: "the agent was ended 2 times while it adopted the bundle",
      });
    });

    test("twice, with another bundle wanted between, may be tried again", async () => {
      await interrupted();
      const between = adoption();
      await between.recover();
      between.forgive();
      writeFileSync(at(AGENT_FILES.journal), JSON.stringify({ ...journal(), placing: textOf(next).sha256 }));

      const started = adoption();
      await started.recover();

      expect(started.rejected).toBeNull();
    });

    test("with a journal that cannot be read begins anew", async () => {
      await interrupted();
      writeFileSync(at(AGENT_FILES.journal), "{");

      const started = adoption();
      await started.recover();
      await adopt(started, good);

      expect(read("/etc/a")).toBe("a\n");
    });

    test("and whose former bundle is damaged takes the next one for the first", async () => {
      await interrupted();
      writeFileSync(at(AGENT_FILES.bundle), "{");

      const started = adoption();
      await started.recover();
      expect(started.bundle).toBeUndefined();

      await adopt(started, next);
      expect(read("/etc/b")).toBe("new\n");
    });
  });
});
