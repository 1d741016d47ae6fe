import { START_VARNISH, VARNISH } from "../../../components/node/processes";
import { startScripts } from "../../../components/node/startScripts";
import { systemdFiles } from "../../../components/node/systemd";
import { OPTIONS } from "./options";

/** The values of a setting in a unit, in their order. */
function settings(unit: string, key: string): readonly string[] {
  const lines = systemdFiles(OPTIONS)[`/etc/systemd/system/${unit}`]?.split("\n") ?? [];
  return lines.filter((line) => line.startsWith(`${key}=`)).map((line) => line.slice(key.length + 1));
}

describe("the units of HAProxy and Varnish", () => {
  // EC2's user guide, "Instance metadata and user data": the two addresses of the service.
  test("keep HAProxy from the instance's metadata, by both of its addresses", () => {
    expect(settings("haproxy.service", "IPAddressDeny")).toEqual(["169.254.169.254 fd00:ec2::254"]);
  });

  test("give Varnish a network of its own", () => {
    expect(settings("varnish.service", "PrivateNetwork")).toEqual(["yes"]);
  });

  // Varnish's manual, "varnishd", cc_command: each program that compiles a VCL has its own.
  test("compile a VCL to be checked as for use, without the compiler's optimiser", () => {
    const started = / -p cc_command="(.*?)"/.exec(startScripts(false)[START_VARNISH] ?? "");
    const checked = VARNISH.check.find((word) => word.startsWith("cc_command="));

    expect(started?.[1]).toBe("%D -O0 -g0");
    expect(checked).toBe(`cc_command=${started?.[1] ?? ""}`);
  });

  test("have the two meet in groups of neither: secrets are the own group's", () => {
    const groups = ["haproxy.service", "varnish.service"].map((unit) => [
      settings(unit, "Group"),
      settings(unit, "SupplementaryGroups"),
    ]);

    expect(groups).toEqual([
      [["haproxy"], ["footprint-sockets"]],
      [["varnish"], ["footprint-sockets"]],
    ]);
  });

  test.each(["haproxy.service", "varnish.service", "footprint-prepare.service"])("leave %s no capability", (unit) => {
    expect(settings(unit, "CapabilityBoundingSet")).toEqual([""]);
    expect(settings(unit, "NoNewPrivileges")).toEqual(["yes"]);
  });
});
