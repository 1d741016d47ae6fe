import * as fs from "node:fs";
import { Footprint, LoadBalancer, Network, Pop, type FootprintArgs } from "../../components";
import { footprintArgs } from "../../infra/footprint";
import { loadConfig } from "../../infra/config/load";
import { agentFile } from "../../infra/agentFile";
import { small, valuesOf } from "../support/stacks";
import { alone } from "./alone";
import { COMPONENTS, PACKAGE_SCHEMA_FILE, packageSchema } from "./packageSchema";
import { reference, REFERENCE_FILE } from "./reference";

describe("Pulumi's analyzer of components, and so programs in Python, Go and YAML", () => {
  interface Schema {
    readonly resources: Readonly<Record<string, object>>;
  }

  test("takes every public component, with the schema that is checked in (`npm run schema` writes it)", async () => {
    const text = await packageSchema();

    expect(text).toBe(fs.readFileSync(PACKAGE_SCHEMA_FILE, "utf8"));
    const { resources } = JSON.parse(text) as Schema;
    expect(Object.keys(resources).sort()).toEqual(COMPONENTS.map(({ name }) => `components:index:${name}`).sort());
    expect(COMPONENTS.length).toBeGreaterThanOrEqual(17);
  });

  test("loses no type: what it does not understand it would call any", () => {
    expect(fs.readFileSync(PACKAGE_SCHEMA_FILE, "utf8")).not.toContain("pulumi.json#/Any");
  });
});

describe("the reference of the components", () => {
  const text = fs.readFileSync(REFERENCE_FILE, "utf8");

  test("is what the docstrings say (`npm run schema` writes it)", () => {
    expect(text).toBe(reference(fs.readFileSync(PACKAGE_SCHEMA_FILE, "utf8")));
  });

  test.each(COMPONENTS.map(({ name }) => name))(
    "says of %s how it is used, what it creates and what it costs",
    (name) => {
      const own = text.split(/^## /m).find((part) => part.startsWith(`${name}\n`)) ?? "";

      expect(own).toMatch(new RegExp(`^\`\`\`ts\n(?:.*= )?new ${name}\\(`, "m"));
      expect(own).toMatch(/\bCreates\b/);
      expect(own).toMatch(/\b[Cc]osts?\b/);
    },
  );
});

describe("a footprint that another program makes", () => {
  const made = (args: FootprintArgs) => alone(() => new Footprint("footprint", args));
  const args = (): FootprintArgs =>
    footprintArgs(loadConfig("test", valuesOf(small({ "eu-west-1": {} }))), agentFile());

  /** Without all that has a default. */
  const least = ({ footprint, zones, sites, pops, packagesBucket, agent }: FootprintArgs): FootprintArgs => ({
    ...{ footprint, zones, packagesBucket, agent },
    sites: sites.map(({ host, origins, zone }) => ({ host, origins, zone })),
    pops: pops.map(({ region, cidr, zones, image, nodes: { min, max, types, target } }) => ({
      ...{ region, cidr, zones, image },
      nodes: { min, max, types, target },
    })),
  });

  test("has the defaults of a stack file", async () => {
    const whole = await made(args());
    const short = await made(least(args()));

    expect(whole.registrations.length).toBeGreaterThan(100);
    expect(short.registrations).toEqual(whole.registrations);
  });

  test("rejects values that there are not, all at once and before its first child", async () => {
    const [site] = args().sites;
    const [pop] = args().pops;
    // As a program in Python or YAML would hand them over.
    const wrong = JSON.parse(
      JSON.stringify({
        ...pop,
        ...{ state: "paused", egress: "vpn", flowLogs: "none", tlsPolicy: "ELBSecurityPolicy-2016-08" },
        metrics: { sites: ["www.example.net", "www.example.net"], otlp: "otel.example.com:4318" },
        objectives: { availability: 100, firstByte: 1 },
        sites: [
          {
            ...site,
            origins: [{ scheme: "ftp", host: "origin.example.org", port: 21 }],
            cacheKey: { query: "some", queryNames: ["page"] },
            redirectStatus: 302,
          },
        ],
      }),
    ) as ConstructorParameters<typeof Pop>[1];

    await expect(alone(() => new Pop("eu-west-1", wrong))).rejects.toThrow(
      new RegExp(
        `^${[
          'state: must be one of active, drained, got "paused"',
          'egress: must be one of nat, direct, both, got "vpn"',
          'flowLogs: must be one of rejected, all, got "none"',
          'tlsPolicy: must be one of ELBSecurityPolicy-\\S+(?:, ELBSecurityPolicy-\\S+){7}, got "ELBSecurityPolicy-2016-08"',
          'sites.cdn.example.com.origins\\[0\\].scheme: must be one of https, http, got "ftp"',
          'sites.cdn.example.com.cacheKey.query: must be one of all, none, named, got "some"',
          'sites.cdn.example.com.cacheKey.queryNames: must be given with the query "named", and only with it, got \\["page"\\]',
          "sites.cdn.example.com.redirectStatus: must be one of 301, 308, got 302",
          'metrics.sites\\[0\\]: must be one of cdn.example.com, got "www.example.net"',
          'metrics.sites\\[1\\]: must be one of cdn.example.com, got "www.example.net"',
          "metrics.sites: must name a site once",
          'metrics.otlp: must be an http or https URL without user, query and fragment, such as "\\S+", got "otel.example.com:4318"',
          "objectives.availability: must be 94 to 99.99, got 100",
          "objectives.firstByte: must be 10 to 60000, got 1",
        ].join("\n")}$`,
      ),
    );
  });

  test("rejects a zone that is not listed", async () => {
    const wrong = { ...args(), primaryZone: "example.org" };

    await expect(made(wrong)).rejects.toThrow(
      /^primaryZone: must be one of example\.com, got "example\.org"\npopDomain: must lie below the primary zone example\.org, got "pop\.example\.com"$/,
    );
  });

  test("rejects a shield that is no active PoP", async () => {
    const given = args();
    const wrong = { ...given, sites: given.sites.map((site) => ({ ...site, shield: "eu-north-1" })) };

    await expect(made(wrong)).rejects.toThrow(
      /^sites\.cdn\.example\.com\.shield: must be the region of an active PoP \([a-z0-9, -]+\), got "eu-north-1"$/,
    );
  });

  test.each([
    ["egress", () => new Network("net", JSON.parse('{"region":"eu-west-1","zones":[]}') as never), "nat, direct, both"],
    ["tlsPolicy", () => new LoadBalancer("lb", JSON.parse('{"region":"eu-west-1"}') as never), "ELBSecurityPolicy"],
  ])("rejects a component that is given no %s", async (path, make, allowed) => {
    await expect(alone(make)).rejects.toThrow(new RegExp(`^${path}: must be one of ${allowed}[^\n]*, got nothing`));
  });
});
