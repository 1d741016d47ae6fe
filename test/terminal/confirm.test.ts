import { PassThrough } from "node:stream";
import { confirm, processTerminal } from "../../infra/terminal/confirm";

/** Streams of a terminal at which somebody types that, and what the terminal has shown. */
function terminal(typed: string) {
  const tty = () => Object.assign(new PassThrough({ encoding: "utf8" }), { isTTY: true });
  const [stdin, stderr] = [tty(), tty()];
  stderr.on("data", (text: string) => {
    if (text.includes("[y/N]")) {
      stdin.write(typed);
    }
  });
  return processTerminal({ stdin, stdout: tty(), stderr });
}

const asked = (typed: string) => confirm(terminal(typed), "Sure?", undefined);

test.each(["y\r", "yes\n"])("%j agrees", async (typed) => {
  await expect(asked(typed)).resolves.toBeUndefined();
});

test.each([
  ["n", "n\r"],
  ["nothing", "\r"],
  ["Ctrl-C", "\u0003"],
  ["Ctrl-D", "\u0004"],
])("rejects %s as a no, and as no bug", async (_what, typed) => {
  await expect(asked(typed)).rejects.toMatchObject({ name: "UserError", message: "nothing was done", exitCode: 1 });
});
