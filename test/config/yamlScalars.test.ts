import { engineReading, Timestamp } from "../../infra/config/yamlScalars";
import { readings } from "./data/yamlReadings.json";

const all = Object.entries<string>(readings);

/** A reading in the words of the table. */
function inWords(reading: ReturnType<typeof engineReading>, theirs: string): string {
  switch (typeof reading) {
    case "string":
      return "text";
    case "number":
      // Go writes 1e+11 for what is 100000000000 here.
      return Object.is(reading, Number(theirs.replace("number ", ""))) ? theirs : `number ${String(reading)}`;
    case "bigint":
      return `number ${String(reading)}`;
    default:
      return reading instanceof Timestamp ? `time ${reading.words() ?? "unknown"}` : String(reading);
  }
}

describe("an unquoted scalar", () => {
  const read = all.map(([scalar, theirs]) => [scalar, inWords(engineReading(scalar), theirs)] as const);
  const unknown = read.filter(([, ours]) => ours === "time unknown").map(([scalar]) => scalar);

  test("is read as the engine's YAML reader has read it", () => {
    expect(read.filter(([scalar]) => !unknown.includes(scalar))).toEqual(
      all.filter(([scalar]) => !unknown.includes(scalar)),
    );
    expect(all.filter(([scalar, theirs]) => unknown.includes(scalar) && !theirs.startsWith("time "))).toEqual([]);
  });

  test("that is a text stays what it is", () => {
    const texts = all.filter(([, theirs]) => theirs === "text").map(([scalar]) => scalar);

    expect(texts.map(engineReading)).toEqual(texts);
    expect(texts.length).toBeGreaterThan(200);
  });

  test("has no words of ours where Go would write a fraction, another zone or digits that are not there", () => {
    expect(unknown).toMatchInlineSnapshot(`
      [
        "2024-01-02T03:04:05+02:00",
        "2024-01-02T03:04:05-02:00",
        "2024-01-02t03:04:05+02:00",
        "2024-01-02t03:04:05-02:00",
        "2024-01-02 0:04:05",
        "2024-01-02T0:04:05Z",
        "2024-01-02 3:04:05",
        "2024-01-02T3:04:05Z",
        "2024-01-02 03:4:05",
        "2024-01-02T03:4:05Z",
        "2024-01-02 03:04:5",
        "2024-01-02T03:04:5Z",
        "2024-01-02 03:04:05.5",
        "2024-01-02T03:04:05.5Z",
        "2024-01-02 03:04:05.55",
        "2024-01-02T03:04:05.55Z",
        "2024-01-02T03:04:05.123456789+14:00",
      ]
    `);
  });
});
