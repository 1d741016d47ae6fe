import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { stackConfigFromFile } from "../../../infra/config/stackFile";
import { buildPlan } from "../../../infra/plan/build";
import { NOTHING_READ, priceBook, type ReadTable, readPrices, writePrices } from "../../../infra/plan/priceList/file";
import { runPrices } from "../../../infra/plan/priceList/run";
import { type Needed, updatePrices } from "../../../infra/plan/priceList/update";
import { repository } from "../../support/tree";
import { fileOf, indexOf, PriceList } from "./list";
import { offerCsv, PUBLISHED, RECORDED } from "./recorded";

const NEEDED: Needed = {
  regions: ["us-east-1"],
  instanceTypes: ["m6gd.large", "m7gd.large"],
};
const IRELAND: Needed = { regions: ["eu-west-1"], instanceTypes: ["m7gd.large"] };

let list: PriceList;
let folder: string;
beforeEach(async () => {
  list = await PriceList.start();
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "footprint-prices-"));
});
afterEach(async () => {
  await list.stop();
  fs.rmSync(folder, { recursive: true, force: true });
});

/** What the list gives, and what was said meanwhile. */
async function update(needed: Needed, before: ReadTable = NOTHING_READ) {
  const lines: string[] = [];
  let table = before;
  let error: unknown;
  try {
    await updatePrices(list.url, needed, before, (next) => (table = next), {
      bytes: () => undefined,
      done: (line) => lines.push(line),
    });
  } catch (thrown) {
    error = thrown;
  }
  return { table, lines, error };
}

describe("AWS's price list", () => {
  it("gives what a PoP is billed by, with version and date of each file", async () => {
    const { table, error } = await update(NEEDED);

    expect(error).toBeUndefined();
    const usd = Object.fromEntries(Object.entries(table.items).map(([item, by]) => [item, by["us-east-1"]?.usd]));
    expect(usd).toEqual({
      "nat-zone-hour": 0.045,
      "nat-gb": 0.045,
      "gp3-gb-month": 0.08,
      "nlb-hour": 0.0225,
      "nlb-lcu-hour": 0.006,
      "ipv4-hour": 0.005,
      // The first 10,000; the list has four steps.
      "metric-month": 0.3,
      "alarm-month": 0.1,
      "composite-alarm-month": 0.5,
      // A million is free to begin with.
      "put-metric-call": 0.00001,
      "get-call": 0.0000004,
      "put-call": 0.000005,
      "inter-zone-gb": 0.01,
    });
    expect(table.instanceHour).toEqual([
      {
        source: "AmazonEC2 us-east-1",
        usd: { "m6gd.large": { "us-east-1": 0.0904 }, "m7gd.large": { "us-east-1": 0.1068 } },
      },
    ]);
    expect(table.internet["us-east-1"]?.usd).toEqual([
      [0, 0.09],
      [10240, 0.085],
      [51200, 0.07],
      [153600, 0.05],
    ]);
    // The rest of the world stands in the same file; Japan's here without a price of requests, which alone is none.
    expect(table.cloudFront).toEqual({
      US: {
        usd: [
          [0, 0.085],
          [10240, 0.08],
          [51200, 0.06],
        ],
        request: 0.000001,
        source: "AmazonCloudFront",
      },
      EU: { usd: [[0, 0.085]], request: 0.0000012, source: "AmazonCloudFront" },
    });
    expect(table.sources["AWSELB us-east-1"]).toEqual({
      source: `AWS price list AWSELB, version ${PUBLISHED.version}, us-east-1`,
      ...PUBLISHED,
    });
  });

  it("takes neither reserved, dedicated or licensed instances nor those of a Local Zone for what a node costs", async () => {
    const { table } = await update(IRELAND);

    expect(table.instanceHour).toEqual([
      { source: "AmazonEC2 eu-west-1", usd: { "m7gd.large": { "eu-west-1": 0.1191 } } },
    ]);
    expect(table.items["gp3-gb-month"]).toEqual({ "eu-west-1": { usd: 0.088, source: "AmazonEC2 eu-west-1" } });
    expect(table.items["nat-zone-hour"]?.["eu-west-1"]?.usd).toBe(0.048);
    expect(table.items["nlb-hour"]?.["eu-west-1"]?.usd).toBe(0.0252);
    expect(table.items["nlb-lcu-hour"]?.["eu-west-1"]?.usd).toBe(0.006);
  });

  it("is asked for the files of the stack's regions alone, and says which of them lack something", async () => {
    const { lines } = await update(IRELAND);

    expect(list.asked.filter((each) => each.endsWith(".csv"))).toEqual([
      fileOf("AmazonEC2", "eu-west-1"),
      fileOf("AWSELB", "eu-west-1"),
      fileOf("AmazonVPC", "eu-west-1"),
      fileOf("AmazonCloudFront", "*"),
    ]);
    expect(lines).toEqual([
      `[1/7] AmazonEC2, eu-west-1: of ${PUBLISHED.date}`,
      `[2/7] AWSELB, eu-west-1: of ${PUBLISHED.date}`,
      `[3/7] AmazonVPC, eu-west-1: of ${PUBLISHED.date}`,
      "[4/7] AmazonCloudWatch, eu-west-1: no prices of the region",
      "[5/7] AmazonS3, eu-west-1: no prices of the region",
      "[6/7] AWSDataTransfer, eu-west-1: no prices of the region",
      `[7/7] AmazonCloudFront, all regions: of ${PUBLISHED.date}`,
    ]);
  });

  it("says what an offer has no price of", async () => {
    const { lines } = await update({ ...IRELAND, instanceTypes: ["m7gd.large", "m7gd.huge"] });

    expect(lines[0]).toBe(`[1/7] AmazonEC2, eu-west-1: of ${PUBLISHED.date}; it has none of m7gd.huge`);
  });

  it("is not read again until another version is published, or another type is asked for", async () => {
    const first = await update(IRELAND);
    list.asked.length = 0;
    const second = await update(IRELAND, first.table);

    // CloudFront's file is small, and its address names no version.
    expect(list.asked.filter((each) => each.endsWith(".csv"))).toEqual([fileOf("AmazonCloudFront", "*")]);
    expect(second.lines[0]).toBe(`[1/7] AmazonEC2, eu-west-1: as before, of ${PUBLISHED.date}`);
    list.asked.length = 0;
    await update({ ...IRELAND, instanceTypes: ["m6gd.large"] }, first.table);
    expect(list.asked.filter((each) => each.endsWith(".csv"))).toEqual([
      fileOf("AmazonEC2", "eu-west-1"),
      fileOf("AmazonCloudFront", "*"),
    ]);
  });

  it("rejects a file that cannot be had, and keeps what has come before", async () => {
    list.instead.set(fileOf("AmazonVPC", "eu-west-1"), 503);
    const { table, error } = await update(IRELAND);

    expect(error).toMatchObject({
      message: `${list.url}${fileOf("AmazonVPC", "eu-west-1")}: cannot be had (HTTP status 503)`,
    });
    expect(Object.keys(table.sources)).toEqual(["AmazonEC2 eu-west-1", "AWSELB eu-west-1"]);
  });

  it("rejects two prices for one thing: neither is taken silently", async () => {
    const rows = RECORDED["AmazonVPC"]?.["eu-west-1"] ?? [];
    const twice = [...rows, { usageType: "EU-PublicIPv4:InUseAddress", PricePerUnit: "0.006" }];
    list.instead.set(fileOf("AmazonVPC", "eu-west-1"), offerCsv("AmazonVPC", twice));
    const { table, error } = await update(IRELAND);

    expect(error).toMatchObject({
      message: `${list.url}${fileOf("AmazonVPC", "eu-west-1")}: gives for EU-PublicIPv4:InUseAddress from 0 on 0.005 and 0.006 dollars, of which one can be right`,
    });
    expect(table.items).not.toHaveProperty("ipv4-hour");
  });

  it.each([
    ["an index that is none", indexOf("AmazonEC2"), "<html>", "is no index of a price list"],
    ["a file that is none", fileOf("AmazonEC2", "eu-west-1"), "<html>\n", "is no file of a price list"],
  ])("rejects %s", async (_what, where, body, message) => {
    list.instead.set(where, body);

    expect((await update(IRELAND)).error).toMatchObject({ message: `${list.url}${where}: ${message}` });
  });

  it("is kept in a file that a plan takes first, and that says the same whatever was read first", async () => {
    const one = path.join(folder, "one.json");
    const other = path.join(folder, "other.json");
    writePrices((await update(IRELAND, (await update(NEEDED)).table)).table, one);
    writePrices((await update(NEEDED, (await update(IRELAND)).table)).table, other);

    const tables = [one, other].map((file) => readPrices(file));
    expect({ ...tables[0], instanceHour: [] }).toEqual({ ...tables[1], instanceHour: [] });
    const book = priceBook(one);
    expect(book.item("nlb-hour", "eu-west-1")).toEqual({
      usd: 0.0252,
      source: `AWS price list AWSELB, version ${PUBLISHED.version}, eu-west-1`,
      date: PUBLISHED.date,
    });
    expect(book.instanceHour("m7gd.large", "eu-central-1")?.source).toContain("SkyPilot");
  });

  it("rejects a file of somebody else's in its place", () => {
    const file = path.join(folder, "prices.json");
    fs.writeFileSync(file, "{}");

    expect(() => readPrices(file)).toThrow(
      `${file}: must be a file that \`footprint prices\` wrote (it holds no prices); without it the checked-in prices hold`,
    );
  });

  it("makes the plan of its stack whole", async () => {
    const file = path.join(folder, "prices.json");
    const values = stackConfigFromFile(path.join(repository, "stacks", "Pulumi.sandbox.yaml"));
    const { table } = await update(NEEDED);
    writePrices(table, file);
    const { pops } = await buildPlan("sandbox", values, { prices: priceBook(file) });

    expect(pops["us-east-1"]?.cost).toMatchObject({ partial: false, missing: [] });
    expect(new Set(pops["us-east-1"]?.cost.lines.map(({ date }) => date)).has(PUBLISHED.date)).toBe(true);
  });

  it("is read for the PoPs of a stack file, and the command says where it has written what it found", async () => {
    const file = path.join(folder, "prices.json");
    const said: string[] = [];
    const [out, err] = [process.stdout, process.stderr].map((stream) =>
      jest.spyOn(stream, "write").mockImplementation((text) => {
        said.push(String(text));
        return true;
      }),
    );
    try {
      await runPrices("sandbox", list.url, file);
    } finally {
      out?.mockRestore();
      err?.mockRestore();
    }

    expect(said.at(-1)).toBe(`${file}\n`);
    expect(said).toContain("[1/19] AmazonEC2, ap-southeast-2: no prices of the region\n");
    expect(said).toContain(`[19/19] AmazonCloudFront, all regions: of ${PUBLISHED.date}\n`);
    const { instanceHour } = readPrices(file);
    expect(instanceHour.map(({ source }) => source)).toEqual(["AmazonEC2 us-east-1"]);
  });
});
