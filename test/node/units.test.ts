import { nodeFiles } from "../../components/node/files";
import { debianRootFolder } from "../../infra/edge/debianRoot";
import { PrivateRoot } from "../../infra/edge/privateRoot";
import { OPTIONS } from "../components/node/options";
import { describeWith } from "../support/requirements";
import { DEBIAN } from "./debianRoot";

const FOLDER = "/etc/systemd/system";
const FILES = nodeFiles(OPTIONS);
const UNITS = Object.keys(FILES).filter((path) => path.startsWith(`${FOLDER}/`));

describeWith([DEBIAN], "the units of a node", () => {
  let root: PrivateRoot;

  beforeAll(async () => {
    root = await PrivateRoot.start(debianRootFolder());
    for (const [path, text] of Object.entries(FILES)) {
      root.write(path, text, path.startsWith("/usr/local/lib/footprint/") ? 0o755 : 0o644);
    }
  });

  afterAll(async () => {
    await root.stop();
  });

  test.each(UNITS)("are taken by systemd without a word: %s", async (path) => {
    expect(await root.exec("systemd-analyze", "verify", path)).toEqual({ status: 0, stdout: "", stderr: "" });
  });

  // Packaged units have 9.6 (haproxy) and 8.5 (varnish); 10 is no protection at all.
  test.each(["haproxy", "varnish", "footprint-agent", "footprint-drain", "footprint-prepare"])(
    "confine %s to an exposure of 3.0 at most",
    async (unit) => {
      const { stdout } = await root.exec("systemd-analyze", "security", "--offline=true", `${FOLDER}/${unit}.service`);

      const exposure = /Overall exposure level for \S+: (\d+\.\d)/.exec(stdout)?.[1];
      expect(Number(exposure)).toBeLessThanOrEqual(3);
    },
  );

  test.each(Object.keys(FILES).filter((path) => path.startsWith("/usr/local/lib/footprint/")))(
    "start scripts that their shell, or Perl, can read: %s",
    async (path) => {
      const [reads, says] =
        FILES[path]?.startsWith("#!/usr/bin/perl\n") === true
          ? [["perl", "-c"], / syntax OK\n$/]
          : [["sh", "-n"], /^$/];

      const { status, stderr } = await root.exec(...reads, path);

      expect(stderr).toMatch(says);
      expect(status).toBe(0);
    },
  );
});
