import { clashes } from "../../infra/config/clashes";
import { loadConfig } from "../../infra/config/load";
import { zoneOf } from "../../infra/config/names";
import { parseOrigin } from "../../infra/config/origins";
import { formatValue } from "../../infra/config/problems";
import { base, engineValues } from "./base";

// What the descriptions of `stacks/schema.json` say of what is left out; regions and zones by the region table.
const SITE = {
  zone: "example.com",
  dns: "now",
  originHost: "origin",
  cacheKey: { query: "all", headers: [], cookies: [] },
  stale: { whileRevalidate: 60, ifError: 86_400 },
  maxAge: 86_400,
  methods: ["GET", "HEAD"],
  websocket: false,
  compression: true,
  clientAddress: "full",
  redirectStatus: 308,
  tagHeader: "Surrogate-Key",
};

describe("a configuration", () => {
  test("that says the least is completed", () => {
    const { pops, ...rest } = loadConfig("test", engineValues(base(), "eu-west-1"));

    expect(rest).toStrictEqual({
      stack: "test",
      homeRegion: "eu-west-1",
      zones: [{ name: "example.com", caaAtApex: false, handOver: false }],
      primaryZone: "example.com",
      popDomain: "pop.example.com",
      sites: [
        {
          ...SITE,
          host: "cdn.example.com",
          origins: [{ scheme: "https", host: "origin.example.net", port: 443 }],
        },
      ],
      originPorts: [],
      supernet: "10.64.0.0/14",
      healthCheck: { interval: 10, threshold: 3 },
      packagesBucket: "my-edge-packages",
      tlsPolicy: "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
      logs: { flow: "rejected", retention: 30 },
      protection: true,
      purge: { maxStaleness: 3600 },
      secrets: { originAuth: 1, configuration: 1, purge: 1 },
      tags: {},
      metrics: { cloudwatch: true, sites: [] },
      objectives: expect.any(Object) as object,
      alarmEmails: [],
    });
    const pop = {
      state: "active",
      egress: "nat",
      crossZone: false,
      cluster: true,
      image: "ami-00000000000000000",
      nodes: {
        min: 6,
        max: 24,
        types: ["m7gd.large", "m6gd.large", "c7gd.large"],
        spotShare: 0,
        targetUtilization: 60,
      },
    };
    expect(pops).toEqual([
      {
        ...pop,
        region: "eu-west-1",
        cidr: "10.64.64.0/20",
        zones: [1, 2, 3].map((number) => ({ id: `euw1-az${String(number)}`, number: number - 1 })),
      },
      {
        ...pop,
        region: "us-east-1",
        cidr: "10.64.0.0/20",
        zones: [1, 2, 4].map((number) => ({ id: `use1-az${String(number)}`, number: number - 1 })),
      },
    ]);
  });

  test("that says everything keeps it, in one order, once each, and frozen", () => {
    const config = loadConfig(
      "test",
      engineValues({
        ...base(),
        zones: {
          "example.org": { id: "Z0123456789ABCDEFGHIJ", primary: true, caaAtApex: true },
          "example.com": { create: true, handOver: true },
        },
        sites: {
          "www.example.org": {
            origin: ["https://b.example.net:8443", "http://a.example.net"],
            originHost: "site",
            shield: "us-east-1",
            dns: "later",
            cacheKey: { query: ["page", "a"], headers: ["X-B", "Accept"], cookies: ["z", "a"] },
            stale: { whileRevalidate: 1, ifError: 2 },
            maxAge: 3,
            methods: ["PUT", "HEAD", "GET", "DELETE"],
            websocket: true,
            compression: false,
            clientAddress: "none",
            redirectStatus: 301,
            tagHeader: "Cache-Tag",
          },
          "a.example.com": { origin: "http://a.example.net", cacheKey: { query: "none" } },
        },
        popDomain: "edge.example.org",
        originPorts: [8443, 443, 80, 8443],
        defaults: {
          zones: 2,
          egress: "both",
          crossZone: true,
          cluster: true,
          nodes: { min: 3, max: 7, types: ["m6gd.large", "c6gd.large"], spotShare: 10, targetUtilization: 50 },
        },
        pops: {
          "us-east-1": {
            cidr: "10.64.240.0/20",
            zones: ["use1-az5", "use1-az4"],
            egress: "direct",
            crossZone: false,
            cluster: false,
            nodes: { min: 4 },
            peak: 1.5,
          },
          "eu-west-1": {},
        },
        healthCheck: { interval: 30, threshold: 5 },
        logs: { flow: "all", retention: 7 },
        protection: false,
        purge: { maxStaleness: 60 },
        secrets: { originAuth: 2, configuration: 4, purge: 3 },
        permissionsBoundary: "arn:aws:iam::123456789012:policy/edge",
        volumeKey: "alias/edge",
        tags: { b: "2", a: "1" },
        metrics: { cloudwatch: true, sites: ["www.example.org", "a.example.com"] },
        alarms: { emails: ["z@example.com", "a@example.com"] },
      }),
    );

    expect(config).toMatchObject({
      zones: [
        { name: "example.com", caaAtApex: false, handOver: true },
        { name: "example.org", id: "Z0123456789ABCDEFGHIJ", caaAtApex: true, handOver: false },
      ],
      primaryZone: "example.org",
      popDomain: "edge.example.org",
      originPorts: [80, 443, 8443],
      healthCheck: { interval: 30, threshold: 5 },
      logs: { flow: "all", retention: 7 },
      protection: false,
      purge: { maxStaleness: 60 },
      secrets: { originAuth: 2, configuration: 4, purge: 3 },
      permissionsBoundary: "arn:aws:iam::123456789012:policy/edge",
      volumeKey: "alias/edge",
      metrics: { cloudwatch: true, sites: ["a.example.com", "www.example.org"] },
      alarmEmails: ["a@example.com", "z@example.com"],
    });
    expect(Object.keys(config.tags)).toEqual(["a", "b"]);
    expect(config.sites).toStrictEqual([
      {
        ...SITE,
        host: "a.example.com",
        origins: [{ scheme: "http", host: "a.example.net", port: 80 }],
        cacheKey: { query: "none", headers: [], cookies: [] },
      },
      {
        host: "www.example.org",
        zone: "example.org",
        dns: "later",
        origins: [
          { scheme: "https", host: "b.example.net", port: 8443 },
          { scheme: "http", host: "a.example.net", port: 80 },
        ],
        originHost: "site",
        shield: "us-east-1",
        cacheKey: { query: ["a", "page"], headers: ["accept", "x-b"], cookies: ["a", "z"] },
        stale: { whileRevalidate: 1, ifError: 2 },
        maxAge: 3,
        methods: ["DELETE", "GET", "HEAD", "PUT"],
        websocket: true,
        compression: false,
        clientAddress: "none",
        redirectStatus: 301,
        tagHeader: "Cache-Tag",
      },
    ]);
    const types = ["m6gd.large", "c6gd.large"];
    expect(config.pops).toStrictEqual([
      {
        region: "eu-west-1",
        state: "active",
        cidr: "10.64.64.0/20",
        zones: [
          { id: "euw1-az1", number: 0 },
          { id: "euw1-az2", number: 1 },
        ],
        egress: "both",
        crossZone: true,
        cluster: true,
        image: "ami-00000000000000000",
        nodes: { min: 3, max: 7, types, spotShare: 10, targetUtilization: 50 },
      },
      {
        region: "us-east-1",
        state: "active",
        cidr: "10.64.240.0/20",
        zones: [
          { id: "use1-az4", number: 3 },
          { id: "use1-az5", number: 4 },
        ],
        egress: "direct",
        crossZone: false,
        cluster: false,
        image: "ami-00000000000000000",
        nodes: { min: 4, max: 7, types, spotShare: 10, targetUtilization: 50 },
        peak: 1.5,
      },
    ]);
    expect(
      [config, config.sites, config.pops[1]?.zones[0], config.metrics].map((each) => Object.isFrozen(each)),
    ).toEqual([true, true, true, true]);
  });

  test("spreads connections over zones by itself where a zone may have a single node", () => {
    const crossZone = (min: number) =>
      loadConfig("test", engineValues({ ...base(), defaults: { nodes: { min } } })).pops[0]?.crossZone;

    expect([5, 6].map(crossZone)).toEqual([true, false]);
  });

  // RFC 3986, section 3.2.3: a port is digits; here without a zero in front, and within 16 bits.
  test.each([
    ["1", 1],
    ["65535", 65_535],
    ["65536", "origin-port"],
    ["0", "origin-port"],
    ["080", "origin-port"],
    ["x80", "origin-port"],
    ["80x", "origin-port"],
    ["", "origin-port"],
  ])("has an origin at port %p: %p", (text, expected) => {
    const origin = parseOrigin(`https://origin.example.net:${text}`);

    expect(typeof origin === "string" ? origin : origin.port).toBe(expected);
  });

  test("has each host in the longest of the zones that it ends with", () => {
    const zones = ["example.com", "b.example.com", "a.b.example.com", "xb.example.com"];

    for (const order of [zones, [...zones].reverse()]) {
      expect(
        ["b.example.com", "www.b.example.com", "www.example.com", "example.org"].map((host) => zoneOf(host, order)),
      ).toEqual(["b.example.com", "b.example.com", "example.com", undefined]);
    }
  });

  test("is shown by values of 80 characters of JSON at most", () => {
    expect(formatValue("a".repeat(78))).toBe(`"${"a".repeat(78)}"`);
    expect(formatValue("a".repeat(79))).toBe(`"${"a".repeat(79)}...`);
    expect([Infinity, -0.5, null].map(formatValue)).toEqual(["Infinity", "-0.5", "null"]);
  });

  test("meets no other where there is no folder of stacks", () => {
    expect(clashes(loadConfig("test", engineValues(base())), "/nowhere")).toEqual([]);
  });
});
