import { readFileSync } from "node:fs";
import { loadConfig } from "../../../infra/config/load";
import { stackConfigFromText } from "../../../infra/config/stackFile";
import { stackFile } from "../../../infra/config/stacks";
import { chaos } from "../../../infra/lab/chaos/chaos";
import { nearest } from "../../../infra/lab/scenarios/nearest";
import { preparedFor } from "../../../infra/lab/scenarios/play";
import { surge } from "../../../infra/lab/scenarios/surge";
import { namedSites } from "../../../infra/lab/namedSites";
import { withValue } from "../../../infra/lab/stackText";
import { UserError } from "../../../infra/terminal/userError";

// Witness: the rules of a stack file, by which every one of these is deployed.

const SANDBOX = readFileSync(stackFile("sandbox"), "utf8");
const [SITE = ""] = namedSites(configOf(SANDBOX));
const METHODS = ["GET", "HEAD", "POST"];
const CHAOS = chaos({ seed: 1, minutes: 1 });

describe("chaos on a stack", () => {
  test.each<[string, readonly string[], string]>([
    ["has one more site", [SITE], "other.example.com"],
    ["has one beside an apex", ["example.com"], "other.example.com"],
    ["leaves alone one that has the name", [SITE, "other.example.com"], "other-2.example.com"],
    ["and a second", ["other.example.com", "other-2.example.com"], "other-3.example.com"],
  ])("%s", (_, hosts, other) => {
    const sites = Object.fromEntries(
      hosts.map((host) => [host, { origin: "https://origin.example.org", methods: METHODS }]),
    );
    const { sites: all } = configOf(preparedFor([CHAOS], "sandbox", withValue(SANDBOX, ["sites"], sites)));

    expect(all.map(({ host }) => host).sort()).toEqual([...hosts, other].sort());
    expect(all.filter(({ host }) => hosts.includes(host)).map(({ methods }) => methods)).toEqual(
      hosts.map(() => METHODS),
    );
  });
});

describe("a surge on a stack", () => {
  test("is one that this machine can make, in every PoP, whatever the file says of one", () => {
    const own = { types: ["m7gd.large", "m6gd.large"], targetUtilization: 70, min: 2, max: 8 };
    const text = withValue(SANDBOX, ["pops", "eu-central-1", "nodes"], own);
    const nodes = configOf(preparedFor([surge], "sandbox", text)).pops.map((pop) => pop.nodes);

    expect(nodes.length).toBeGreaterThan(1);
    expect(
      new Set(nodes.map(({ types, targetUtilization }) => `${types.join()} ${String(targetUtilization)}`)),
    ).toEqual(new Set(["t4g.small,t4g.medium 10"]));
    expect(nodes.map(({ max }) => max)).toContain(8);
  });
});

describe("a scenario on a stack whose sites no name leads to yet", () => {
  const later = withValue(SANDBOX, ["sites", SITE, "dns"], "later");

  test("is rejected before anything is started", () => {
    expect(() => preparedFor([nearest], "sandbox", later)).toThrow(
      new UserError(
        "--scenario: needs a site that people can ask for, and all sites of stack sandbox have `dns: later`",
      ),
    );
  });

  test("but for chaos, which has a site of its own", () => {
    expect(namedSites(configOf(preparedFor([CHAOS], "sandbox", later)))).toEqual(["other.example.com"]);
  });
});

function configOf(text: string) {
  return loadConfig("sandbox", stackConfigFromText(text, "sandbox"));
}
