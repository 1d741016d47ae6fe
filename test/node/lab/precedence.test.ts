import { spawn } from "node:child_process";
import * as path from "node:path";
import { text } from "node:stream/consumers";
import { describeWith } from "../../support/requirements";
import { LAB } from "../debianRoot";

// Witness: the kernel's word on who goes first (sched(7)).

const REPOSITORY = path.join(__dirname, "..", "..", "..");

/** Niceness of a process's first thread and of its session, of itself and of what it starts meanwhile. */
interface Said {
  readonly own: readonly [number, string];
  readonly started: readonly [number, string];
  readonly after: readonly [number, string];
}

describeWith([LAB], "what takes precedence", () => {
  test("goes before others and before what it starts, until it is over", async () => {
    expect(await saidBy("0")).toEqual({ own: [-10, "-10"], started: [0, "0"], after: [0, "0"] });
  });

  test("takes back what one that was killed has left to its session", async () => {
    expect(await saidBy("-10")).toMatchObject({ own: [-10, "-10"], after: [0, "0"] });
  });

  /** A process with a session of its own: the one that runs tests may be of the first, which no niceness can be given to. */
  async function saidBy(formerOfSession: string): Promise<Said> {
    const program = `
      const fs = require("node:fs");
      const os = require("node:os");
      const { spawn } = require("node:child_process");
      const { takePrecedence } = require("./infra/lab/precedence");
      const of = (pid) => [os.getPriority(pid), fs.readFileSync("/proc/" + pid + "/autogroup", "utf8").trimEnd().split(" ").at(-1)];
      os.setPriority(0);
      fs.writeFileSync("/proc/self/autogroup", "${formerOfSession}");
      const undo = takePrecedence();
      // As all that is run in a private root.
      const child = spawn("sleep", ["60"], { detached: true, stdio: "ignore" });
      const said = { own: of(process.pid), started: of(child.pid) };
      child.kill();
      undo();
      console.log(JSON.stringify({ ...said, after: of(process.pid) }));
    `;
    const child = spawn(process.execPath, ["-r", "./infra/cli/typescript.js", "-e", program], {
      cwd: REPOSITORY,
      detached: true,
      stdio: ["ignore", "pipe", "inherit"],
    });
    return JSON.parse(await text(child.stdout)) as Said;
  }
});
