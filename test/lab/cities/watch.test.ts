import type { Asked } from "../../../infra/lab/cities/ask";
import { cityRecords, Watch } from "../../../infra/lab/cities/watch";

const asked = (city: string, at: number, region: string | null, answer = 0): Asked => ({
  ...{
    city,
    at,
    over: at,
    region,
    failure: region === null ? "HTTP 503" : null,
    status: null,
    cache: null,
    headers: {},
    body: null,
  },
  times: { dns: 0, connect: 0, tls: 0, answer, total: 0 },
});

describe("what cities were told", () => {
  test("is counted by city and by who answered, in the order of requests", () => {
    const all = [
      asked("Oslo", 30, "b", 9),
      asked("Oslo", 10, "a", 1),
      asked("Rome", 15, "b", 4),
      asked("Oslo", 12, "a", 5),
      asked("Oslo", 14, "a", 3),
      asked("Oslo", 20, null),
    ];
    expect(cityRecords(["Oslo", "Rome", "Bonn"], all)).toEqual([
      {
        city: "Oslo",
        asked: 5,
        failed: [all[5]],
        answeredBy: [
          { region: "a", first: 10, last: 14, count: 3, ms: 3 },
          { region: "b", first: 30, last: 30, count: 1, ms: 9 },
        ],
      },
      { city: "Rome", asked: 1, failed: [], answeredBy: [{ region: "b", first: 15, last: 15, count: 1, ms: 4 }] },
      { city: "Bonn", asked: 0, failed: [], answeredBy: [] },
    ]);
  });
});

describe("a watch", () => {
  test("asks for each city again and again, one request at a time, and ends with what is under way", async () => {
    const open = new Set<string>();
    const finish: (() => void)[] = [];
    let begun = 0;
    const seen = new Promise<void>((resolve) => {
      const watch = new Watch({
        cities: ["Oslo", "Rome"],
        every: 0.01,
        ask: async (city) => {
          expect(open.has(city)).toBe(false);
          open.add(city);
          begun += 1;
          if (city === "Rome") {
            await new Promise<void>((done) => finish.push(done));
          }
          open.delete(city);
          return asked(city, begun, "a");
        },
        onAsked: () => {
          if (begun === 20) {
            const stopped = watch.stop();
            finish.forEach((done) => {
              done();
            });
            void stopped.then((records) => {
              expect(records.map(({ city, asked: count }) => [city, count])).toEqual([
                ["Oslo", 19],
                ["Rome", 1],
              ]);
              resolve();
            });
          }
        },
      });
    });
    await seen;
  });
});
