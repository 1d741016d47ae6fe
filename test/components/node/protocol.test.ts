import { z } from "zod";
import { packageLockSchema } from "../../../components/node/packageLock";
import { bundleSchema } from "../../../components/node/protocol/bundleFormat";
import { configurationKey, isSigned, signConfiguration } from "../../../components/node/protocol/configurationKey";
import { drainedText, drainSwitchSchema, isDrainedText } from "../../../components/node/protocol/drainSwitch";
import { LIFECYCLE_HOOKS } from "../../../components/node/protocol/lifecycle";
import { accessFolder, accessKey, lastWordsKey, LOG_KEYS } from "../../../components/node/protocol/logKeys";
import { doneText, needsText } from "../../../components/node/protocol/marks";
import * as metrics from "../../../components/node/protocol/metrics";
import { nodeReportSchema, REPORT_EXPIRES } from "../../../components/node/protocol/nodeReport";
import {
  digestOf,
  openPointer,
  pointerSchema,
  sealPointer,
  type Pointer,
} from "../../../components/node/protocol/pointer";
import { BEGINNING, purgeSchema, sealEntry, TARGETS_LIMIT } from "../../../components/node/protocol/purgeLog";
import { RING_PROOF_FILE, ringProof } from "../../../components/node/protocol/ringProof";
import { SHIELD_PROOF_FILE, shieldProof } from "../../../components/node/protocol/shieldProof";
import * as store from "../../../components/node/protocol/storeKeys";
import * as switches from "../../../components/node/protocol/switches";
import { some } from "../../support/some";

// Nodes of two versions, and a program of a third, meet on this: what is checked in is what those out there have. A key that
// is new must be one that former ones need not have, and one that is gone must not be missed by them.
describe("what nodes and program have agreed on", () => {
  test.each<[string, unknown]>([
    ["bundle", bundleSchema],
    ["pointer", pointerSchema],
    ["purge", purgeSchema],
    ["node report", nodeReportSchema],
    ["drain switch", drainSwitchSchema],
    ["lock of packages", packageLockSchema],
  ])("a %s has this form", (_, schema) => {
    expect(JSON.stringify(z.toJSONSchema(schema as z.ZodType, { io: "input" }), null, 2)).toMatchSnapshot();
  });

  test("things have these names", () => {
    const { SWITCHES_FILE, SWITCHES, SEEN_FILE, SEEN_KEY } = switches;
    const { METRICS_NAMESPACE, METRICS_PERIOD, METRIC_DIMENSIONS, METRICS } = metrics;
    const names = [
      { STORE_KEYS: store.STORE_KEYS, LOG_KEYS, LIFECYCLE_HOOKS, RING_PROOF_FILE, SHIELD_PROOF_FILE },
      { SWITCHES_FILE, SWITCHES, SEEN_FILE, SEEN_KEY, BEGINNING, TARGETS_LIMIT, REPORT_EXPIRES },
      { METRICS_NAMESPACE, METRICS_PERIOD, METRIC_DIMENSIONS, METRICS },
    ];
    expect(JSON.stringify(names, null, 2)).toMatchSnapshot();
  });

  test("objects have these keys", () => {
    const piece = { hour: "2026-11-28T07", node: "AROA1:i-0a", file: "access.1", offset: 4096 };
    expect([
      store.purgeKey(12),
      store.userId("AROA1", "i-0a"),
      store.nodeKey("AROA1", "i-0a"),
      store.packagesKey("ab"),
      accessFolder(piece.hour),
      accessKey(piece),
      lastWordsKey("AROA1:i-0a", "2026-11-28T07:08:09.123Z"),
    ]).toEqual([
      "purge/000000000012",
      "AROA1:i-0a",
      "nodes/AROA1:i-0a.json",
      "packages/ab.tar",
      "access/day=2026-11-28/hour=07/",
      "access/day=2026-11-28/hour=07/AROA1:i-0a/access.1-000004096.json.gz",
      "last-words/day=2026-11-28/AROA1:i-0a/20261128T070809Z.log.gz",
    ]);
  });

  test.each([
    ["nodes/AROA1:i-0a.json", "i-0a"],
    ["nodes/AROA1:i-edge-0.json", "i-edge-0"],
    ["old/nodes/AROA1:i-0a.json", undefined],
    ["nodes/AROA1:i-0a.json.1", undefined],
    ["nodes/:i-0a.json", undefined],
    ["nodes/AROA1:i-.json", undefined],
    ["nodes/aroa1:i-0a.json", undefined],
    ["nodes/AROA1:i-0A.json", undefined],
    ["drain", undefined],
  ])("the key %s is the report of %s", (key, instance) => {
    expect(store.instanceOf(key)).toBe(instance);
  });

  test("metrics have names of OpenTelemetry's form (words in lower case, joined by _ and dots), of sites others", () => {
    expect([
      metrics.otlpName("Requests", false),
      metrics.otlpName("OriginFirstByte", false),
      metrics.otlpName("FirstByte", true),
    ]).toEqual(["footprint.requests", "footprint.origin_first_byte", "footprint.site.first_byte"]);
    for (const name of some(Object.keys(metrics.METRICS) as metrics.MetricName[])) {
      expect(metrics.otlpName(name, true)).toMatch(/^[a-z][a-z_]*(?:\.[a-z][a-z_]*)+$/);
    }
  });
});

// Made by Python's cryptography 48 and hmac from what the comments of `protocol/` say.
describe("what is signed and proven, as another program does it", () => {
  const content = {
    bundle: { key: "bundles/x", sha256: "1".repeat(64) },
    parameters: {
      "origin-auth": { current: { name: "auth-a", version: 2 }, next: { name: "auth-b", version: 1 } },
      purge: { current: { name: "purge-a", version: 2 }, next: { name: "purge-b", version: 1 } },
    },
    logs: { bucket: "logs" },
  };
  const pointer: Pointer = { ...content, serial: { name: "serial", version: 3 } };

  test("the public key", () => {
    expect(configurationKey("secret")).toBe("MCowBQYDK2VwAyEA7LzNTWLylf210iRp7Ma6DM7sHUMwygGrs4csurRhgQA=");
  });

  test("the pointer, and the digest of what it says", () => {
    const { body, signature } = JSON.parse(sealPointer("secret", "eu-west-1", pointer)) as Record<string, string>;

    expect(body).toBe(JSON.stringify(pointer));
    expect(signature).toBe("fMisGZOVeoKD7PLFZuAgFJJpKZs37B8vKA34GPf8G/FnXF/DaKln5fkac6iKGdJ6A5QqZamco2jB4fshO3myCw==");
    expect(digestOf(content)).toBe("d87b6c6b9db6440ebf11c5ad01972e9b65a204cc7c98ec95030083b1fa9f58fb");
    expect(digestOf(pointer)).toBe(digestOf(content));
  });

  test("an entry of the purge log", () => {
    const purge = { at: "2026-11-29T00:00:00Z", soft: true, targets: [{ kind: "all" as const }] };
    const entry = sealEntry("key", "eu-west-1", BEGINNING, purge);

    expect(JSON.parse(entry.text)).toMatchObject({
      signature: "dce61321d34bd8a26cdbc1529e3e5b86a9ea6a72bfca7e0c351333fd613bb660",
    });
    expect(entry.digest).toBe("7d9c16e524873bca9c95d67f27082a7190ed4b86ec709d3170221dcbdd25d978");
  });

  test("the proofs of nodes of one PoP", () => {
    expect([...ringProof("eu-west-1", ["key", "next"])]).toEqual([
      ["asks", "7d8d4d6e095f3d653d726f9ba081f88861805b18e134f7b1e323146bad798d8d"],
      ["5D7951B2B52C98F645294B1D74CC04B5BCF2DB44F978D2B2E22F420A9B589D00", "asks"],
      ["16CC8A96865FA7CF4F83C5CF1A047A489740E481B380E5725D5CE0F7F6DF788D", "asks"],
      ["answers", "ffe391c43c00bd377a12c9ca689bcbec6ee3f96c5c70dc7b97f1674bcc7ac2c0"],
      ["4FC7BD2100E0E497E8B7A42A52E20F90FF0C842510D6BF0DBAE72EFA040987F1", "answers"],
      ["0D2F5EBCFF9D54708E37DA32976B5EC70B5FBC01356C5C8388D73D26346F7DDC", "answers"],
    ]);
  });

  test("the proofs that a shield takes, one where both keys are one", () => {
    const [key, next] = [
      "9c6f8e329d3ce725f9842052c242078733b89346bdcf0f9e01a951cfec335d67",
      "611f143730c1fb8a892d5d1d323816d7e2206d392e8efb6f8e8e9736af8429bb",
    ];
    const accepted = ["90A39AF06828818116558861E50232B3AE2FB7294512ACA2543B478D63B9D94D", "accepted"];

    expect([...shieldProof(["key", "next"])]).toEqual([
      ["own", `${key},${next}`],
      accepted,
      ["8AEB7BFB76AF72BADE5E74A4D5B086AB59E5E5F08A6EC5C2C7C346D62F70F2A8", "accepted"],
    ]);
    expect([...shieldProof(["key", "key"])]).toEqual([["own", key], accepted]);
  });

  test("is taken of any key that it belongs to, and of no other", () => {
    const signature = signConfiguration("secret", "text");
    const [key, other] = [configurationKey("secret"), configurationKey("other")];

    expect([
      isSigned([other, key], "text", signature),
      isSigned([other], "text", signature),
      isSigned([key], "texts", signature),
      isSigned([], "text", signature),
    ]).toEqual([true, false, false, false]);
  });

  describe("a pointer", () => {
    const keys = [configurationKey("secret")];
    const open = (text: string, region = "eu-west-1") => openPointer(keys, region, text);
    const signed = (body: string) =>
      JSON.stringify({ body, signature: signConfiguration("secret", `pointer\neu-west-1\n${body}`) });

    test("opens as what it was", () => {
      expect(open(sealPointer("secret", "eu-west-1", pointer))).toEqual(pointer);
    });

    test.each<[string, () => unknown, string]>([
      ["text that is no JSON", () => open("pointer"), "the pointer is none: it has no body and signature"],
      ["JSON of another form", () => open("{}"), "the pointer is none: it has no body and signature"],
      [
        "one of another region",
        () => open(sealPointer("secret", "eu-west-1", pointer), "eu-west-2"),
        "the pointer is not signed by this footprint's program for eu-west-2: who can write to the store?",
      ],
      [
        "one whose body is no JSON",
        () => open(signed("body")),
        "the pointer is none:  Invalid input: expected object, received undefined",
      ],
      [
        "one that lacks what it must have, by its place",
        () => open(signed(JSON.stringify({ ...pointer, bundle: { key: "" }, serial: { name: "serial", version: 0 } }))),
        "the pointer is none: bundle.key Too small: expected string to have >=1 characters; bundle.sha256 Invalid input: " +
          "expected string, received undefined; serial.version Too small: expected number to be >=1",
      ],
    ])("rejects %s", (_, attempt, message) => {
      expect(attempt).toThrow(new Error(message));
    });

    test.each(["current", "next"] as const)(
      "rejects one in which the %s purge key is also what origins get",
      (which) => {
        const purge = { ...pointer.parameters.purge, [which]: { name: "auth-b", version: 1 } };

        expect(() =>
          sealPointer("secret", "eu-west-1", { ...pointer, parameters: { ...pointer.parameters, purge } }),
        ).toThrow("names one parameter for two secrets");
      },
    );
  });
});

describe("how far a node is", () => {
  test("is told by both numbers", () => {
    expect(doneText({ first: 12, again: 10 })).toBe("12.10");
  });

  test("is asked for by region, in one order: its own by what it has done, others by the log, and nobody where that is unknown", () => {
    const needs = needsText(
      "eu-west-1",
      { first: 12, again: 10 },
      { "us-east-1": 3, "eu-west-1": 99 },
      {
        "us-east-1": 2,
        "ap-south-1": null,
      },
    );

    expect(needs).toBe("ap-south-1=0.999999999999,eu-west-1=12.10,us-east-1=3.2");
    expect(needsText("eu-west-1", { first: 0, again: 0 }, {}, {})).toBe("eu-west-1=0.0");
  });
});

describe("a PoP that is switched off", () => {
  test("says since when and why, and not by whom", () => {
    const text = drainedText({ reason: "works", by: "ann", at: "2026-11-29T00:00:00Z" });

    expect(text).toBe("drained since 2026-11-29T00:00:00Z: works");
    expect(drainedText(undefined)).toBe("drained; the switch does not say why");
    expect([text, drainedText(undefined), "ok", "not drained"].map(isDrainedText)).toEqual([true, true, false, false]);
  });
});
