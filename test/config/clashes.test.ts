import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { clashes } from "../../infra/config/clashes";
import { loadConfig } from "../../infra/config/load";
import { base, engineValues, type Draft } from "./base";

const ZONE = { "example.com": { id: "Z012" } };
const HOST = (host: string) => ({ [host]: { origin: "https://origin.example.net" } });

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "footprint-clashes-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function write(stack: string, more: Draft): void {
  const entries = Object.entries({ ...base(), ...more }).map(([key, value]) => [`footprint:${key}`, value] as const);
  const config = { "aws:region": "us-east-1", ...Object.fromEntries(entries) };
  writeFileSync(join(folder, `Pulumi.${stack}.yaml`), stringify({ config }));
}

function found(more: Draft): readonly string[] {
  return clashes(loadConfig("edge", engineValues({ ...base(), ...more })), folder);
}

describe("two stacks", () => {
  test("that have the same names in one zone are told of, each name once", () => {
    write("staging", { zones: ZONE, sites: { ...HOST("cdn.example.com"), ...HOST("staging.example.com") } });

    expect(found({ zones: ZONE })).toEqual([
      "the stack staging has pop.example.com in the same zone, too: set popDomain in one of the two, before its first `pulumi up`",
      "the stack staging has cdn.example.com in the same zone, too: a host belongs to one stack",
    ]);
  });

  test("that both write a zone's own name are told of it, whatever other files there are", () => {
    const zones = { "example.com": { id: "Z012", caaAtApex: true } };
    write("staging", { zones, sites: HOST("staging.example.com"), popDomain: "staging-pop.example.com" });
    writeFileSync(join(folder, "schema.json"), "{}");
    writeFileSync(join(folder, "Pulumi.yaml"), "name: footprint");

    expect(found({ zones })).toEqual([
      "the stack staging has example.com in the same zone, too: a host belongs to one stack",
    ]);
    expect(found({ zones: ZONE })).toEqual([]);
  });

  test("share a zone when one has a popDomain of its own and no host of the other", () => {
    write("staging", { zones: ZONE, sites: HOST("staging.example.com"), popDomain: "staging-pop.example.com" });

    expect(found({ zones: ZONE })).toEqual([]);
  });

  test("with zones of their own do not meet, whatever their names", () => {
    write("other-account", { zones: { "example.com": { id: "Z999" } } });
    write("others", { zones: { "example.net": { create: true } }, sites: HOST("cdn.example.net") });

    expect(found({ zones: ZONE })).toEqual([]);
    expect(found({ zones: { "example.org": { create: true } }, sites: HOST("cdn.example.org") })).toEqual([]);
  });

  test("that make a zone each have two, though of one name", () => {
    write("made", { zones: { "example.com": { create: true } } });

    expect(found({ zones: { "example.com": { create: true } } })).toEqual([]);
  });

  test("of which one makes the zone that the other names by its id are told of it, in both", () => {
    const said = (stack: string) => [
      `the stack ${stack} has pop.example.com, too, in example.com, which one of the two makes and the other has by its id: if that is the same zone, set popDomain in one of the two, before its first \`pulumi up\``,
      `the stack ${stack} has cdn.example.com, too, in example.com, which one of the two makes and the other has by its id: if that is the same zone, a host belongs to one stack`,
    ];
    write("made", { zones: { "example.com": { create: true } } });

    expect(found({ zones: ZONE })).toEqual(said("made"));
    rmSync(join(folder, "Pulumi.made.yaml"));
    write("named", { zones: ZONE });
    expect(found({ zones: { "example.com": { create: true } } })).toEqual(said("named"));
  });

  test("of which one has a site at the name of a PoP of the other are told of it, in both", () => {
    const pops = { zones: ZONE, popDomain: "edge.example.com" };
    const site = { zones: ZONE, popDomain: "staging.example.com", sites: HOST("eu-west-1.edge.example.com") };
    const said = (stack: string) => [
      `the stack ${stack} has eu-west-1.edge.example.com in the same zone, too: set popDomain in one of the two, before its first \`pulumi up\``,
    ];
    write("staging", site);

    expect(found(pops)).toEqual(said("staging"));
    rmSync(join(folder, "Pulumi.staging.yaml"));
    write("production", pops);
    expect(found(site)).toEqual(said("production"));
  });

  test("are not compared with a file that has mistakes, nor with themselves", () => {
    write("broken", { zones: ZONE, pops: {} });
    write("edge", { zones: ZONE });

    expect(found({ zones: ZONE })).toEqual([]);
  });
});
