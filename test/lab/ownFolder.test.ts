import { spawn } from "node:child_process";
import { once } from "node:events";
import * as path from "node:path";
import { ownFolder } from "../../infra/lab/ownFolder";
import { UserError } from "../../infra/terminal/userError";
import { describeWith } from "../support/requirements";

// Witness: unix(7), abstract sockets, which Linux alone has.

const LINUX = { name: "Linux", isMet: () => process.platform === "linux", remedy: "use a virtual machine with Linux" };
const FOLDER = `/nowhere/footprint-lab-${String(process.pid)}`;

describeWith([LINUX], "the folder of a lab", () => {
  test("rejects a second lab, and says how to end the first or to mean it", async () => {
    const giveBack = await ownFolder(FOLDER);

    await expect(ownFolder(FOLDER)).rejects.toThrow(
      new UserError(
        `a lab runs already, and ${FOLDER} is its folder: end it first with Ctrl-C in its terminal; commands mean it after \`. ${FOLDER}/environment\``,
      ),
    );

    const giveOtherBack = await ownFolder(`${FOLDER}-other`);
    giveOtherBack();
    giveBack();
    (await ownFolder(FOLDER))();
  });

  test("is free again when its lab was killed", async () => {
    const root = path.join(__dirname, "..", "..");
    const program = `require("./infra/lab/ownFolder").ownFolder(${JSON.stringify(FOLDER)}).then(() => { console.log("has it"); setInterval(() => 0, 1000); })`;
    const holder = spawn(process.execPath, ["-r", "./infra/cli/typescript.js", "-e", program], { cwd: root });
    await once(holder.stdout, "data");
    await expect(ownFolder(FOLDER)).rejects.toThrow(UserError);

    const ended = once(holder, "close");
    holder.kill("SIGKILL");
    await ended;

    (await ownFolder(FOLDER))();
  });
});
