import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { AGENT_FAILED, AgentProgram } from "../../../../components/node/agent/agentProgram";
import { Harmful, OtherContent } from "../../../../components/node/agent/artifacts";
import { AGENT_FILES, PROBATION_STARTS } from "../../../../components/node/agentFiles";
import { agentUnits } from "../../../../components/node/agentUnits";
import { MemoryStore } from "./bundles";

describe("the agent's own file", () => {
  const THIS = "this agent";
  const NEXT = "the next agent";
  const artifact = (content: string) => ({
    key: "agents/next",
    sha256: createHash("sha256").update(content).digest("hex"),
  });
  const store = new MemoryStore();
  let folder: string;
  let status: number;
  let ran: string[];

  const read = (path: string) => readFileSync(join(folder, path), "utf8");
  const has = (path: string) => existsSync(join(folder, path));
  const write = (path: string, content: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "footprint-agent-"));
    write(AGENT_FILES.program, THIS);
    store.objects.set("agents/next", NEXT);
    status = 0;
    ran = [];
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const program = () =>
    new AgentProgram({
      store,
      run: (command) => {
        ran.push(command.slice(-3).join(" ").replaceAll(folder, ""));
        return Promise.resolve({ status, said: "no" });
      },
      root: folder,
    });

  /** What the unit runs before the agent, with this folder for /. */
  function unitStarts(): void {
    const files = agentUnits();
    const here = (text = "") => text.replaceAll(/\/(?:usr\/local|var)\/lib\/footprint\b/g, (path) => folder + path);
    write(AGENT_FILES.probation, here(files[AGENT_FILES.probation]));
    chmodSync(join(folder, AGENT_FILES.probation), 0o755);
    const [, command] = /^ExecStartPre=-(.*)$/m.exec(files["/etc/systemd/system/footprint-agent.service"] ?? "") ?? [];
    execFileSync("sh", ["-c", here(command)], { stdio: "ignore" });
  }

  async function taken(): Promise<void> {
    const own = program();
    await own.prepare(artifact(NEXT), "/bundle.json");
    expect(own.take(artifact(NEXT))).toBe(true);
  }

  test("is replaced by another that can run here", async () => {
    const own = program();
    await own.prepare(artifact(NEXT), "/bundle.json");
    expect(read(AGENT_FILES.program)).toBe(THIS);

    expect(own.take(artifact(NEXT))).toBe(true);
    expect(ran).toEqual([`${AGENT_FILES.nextProgram} check /bundle.json`]);
    expect([read(AGENT_FILES.program), has(AGENT_FILES.nextProgram)]).toEqual([NEXT, false]);
  });

  test("stays when the bundle names it", async () => {
    const own = program();
    await own.prepare(artifact(THIS), "/bundle.json");
    expect([own.take(artifact(THIS)), ran]).toEqual([false, []]);
  });

  test("rejects another that cannot run here, or has another hash", async () => {
    status = 1;
    await expect(program().prepare(artifact(NEXT), "/bundle.json")).rejects.toThrow(
      / check \/bundle\.json ended with 1: no$/,
    );
    await expect(program().prepare(artifact("other"), "/bundle.json")).rejects.toThrow(OtherContent);
    expect(read(AGENT_FILES.program)).toBe(THIS);
  });

  test("waits for another that is not in the store yet", async () => {
    await expect(program().prepare({ ...artifact(NEXT), key: "agents/none" }, "/bundle.json")).rejects.toThrow(
      new Error("there is no agents/none in the store"),
    );
  });

  test("comes back, and refuses the other, when that has ended too often", async () => {
    await taken();
    for (let i = 0; i < PROBATION_STARTS; i++) {
      unitStarts();
      expect(read(AGENT_FILES.program)).toBe(NEXT);
    }
    unitStarts();

    expect(read(AGENT_FILES.program)).toBe(THIS);
    const own = program();
    expect([own.hasFailed(artifact(NEXT)), own.hasFailed(artifact("third"))]).toEqual([true, false]);
    await expect(own.prepare(artifact(NEXT), "/bundle.json")).rejects.toThrow(new Harmful(AGENT_FAILED));
    own.forgive();
    await expect(own.prepare(artifact(NEXT), "/bundle.json")).resolves.toBeUndefined();
  });

  test("counts anew when a crash of the machine has emptied the count", async () => {
    await taken();
    write(AGENT_FILES.starts, "");

    unitStarts();

    expect([read(AGENT_FILES.program), read(AGENT_FILES.starts)]).toEqual([NEXT, "1\n"]);
  });

  test("may end as often as it likes once it has been kept", async () => {
    await taken();
    unitStarts();
    program().keep();
    for (let i = 0; i < PROBATION_STARTS + 1; i++) {
      unitStarts();
    }

    expect([read(AGENT_FILES.program), has(AGENT_FILES.starts), has(AGENT_FILES.formerProgram)]).toEqual([
      NEXT,
      false,
      false,
    ]);
  });

  test("has the count begin anew for each agent", async () => {
    await taken();
    unitStarts();
    unitStarts();
    store.objects.set("agents/next", "third");
    const own = program();
    await own.prepare(artifact("third"), "/bundle.json");
    own.take(artifact("third"));
    for (let i = 0; i < PROBATION_STARTS; i++) {
      unitStarts();
    }

    expect([read(AGENT_FILES.program), read(AGENT_FILES.formerProgram)]).toEqual(["third", NEXT]);
  });
});
