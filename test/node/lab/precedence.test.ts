import { spawn, type ChildProcess } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import { takePrecedence } from "../../../infra/lab/precedence";
import { describeWith } from "../../support/requirements";
import { LAB } from "../debianRoot";

// Witness: the kernel's word on who goes first (sched(7)).

const SESSION = "/proc/self/autogroup";

describeWith([LAB], "what takes precedence", () => {
  let before: number;
  let undo: () => void;
  let child: ChildProcess;

  beforeAll(() => {
    before = os.getPriority();
    fs.writeFileSync(SESSION, "0");
    undo = takePrecedence();
    // As all that is run in a private root.
    child = spawn("sleep", ["60"], { detached: true, stdio: "ignore" });
  });

  afterAll(() => {
    child.kill();
    undo();
  });

  test("goes before others, and before what it starts", () => {
    expect(precedenceOf(process.pid)).toEqual([-10, "-10"]);
    expect(precedenceOf(child.pid ?? 0)).toEqual([0, "0"]);
  });

  test("goes before nobody when that is over", () => {
    undo();

    expect(precedenceOf(process.pid)).toEqual([before, "0"]);
  });

  test("takes back what one that was killed has left to its session", () => {
    fs.writeFileSync(SESSION, "-10");

    takePrecedence()();

    expect(precedenceOf(process.pid)).toEqual([before, "0"]);
  });
});

/** Niceness of a process's first thread, and that of its session. */
function precedenceOf(pid: number): readonly [number, string] {
  const session = fs.readFileSync(`/proc/${String(pid)}/autogroup`, "utf8").trimEnd();
  return [os.getPriority(pid), session.split(" ").at(-1) ?? ""];
}
