import { edgeOptions } from "../../infra/edge/settings";
import { describeWith } from "../support/requirements";
import { DEBIAN } from "./debianRoot";
import { Held, reply } from "./origin/scripted";
import { Rig } from "./origin/rig";
import { until } from "./origin/until";
import { someCases, type Case } from "./sharing/cases";
import { mayShare, type Identity, type Moment } from "./sharing/oracle";

const CASES = 3000;

/** Requests at the same time. */
const AT_ONCE = 50;

/** What tells whose request caused a response; it is in no cache key. */
const MARK = "x-mark";

const CREDENTIALS: Readonly<Record<Identity, Readonly<Record<string, string>>>> = {
  nobody: {},
  cookie: { cookie: "session=1" },
  authorization: { authorization: "Bearer 1" },
};

interface Seen {
  readonly path: string;
  readonly of: Case;
  /** Whose response the second request got: its own, or the first one's. */
  readonly got: string;
}

/** The site's windows: the defaults of a stack file. */
const STALE = edgeOptions({ scheme: "http", host: "127.0.0.1", port: 1 }).sites[0]!.stale;

let clients = 0;

// Each from an address of its own: one client has a share of an origin.
function get(rig: Rig, path: string, who: Identity, mark: string) {
  return rig.ask(path, {
    headers: { ...CREDENTIALS[who], [MARK]: mark },
    client: `203.0.113.${String((clients++ % 250) + 1)}`,
  });
}

/** The first request of each case at once, then what has to happen, then the second of each at once. */
async function together(rig: Rig, cases: readonly { readonly path: string; readonly of: Case }[]): Promise<Seen[]> {
  const now = Date.now();
  const held: Held[] = [];
  for (const { path, of } of cases) {
    const one = new Held((response, received) =>
      reply(
        String(received.headers[MARK]),
        of.fields(now),
        of.moment === "failing" && received.headers[MARK] === "second" ? 500 : of.response.status,
      )(response, received),
    );
    rig.origin.on(path, one.handler);
    held.push(one);
  }
  const firsts = cases.map(({ path, of }) => get(rig, path, of.first, "first"));
  await until("all first requests at the origin", () => held.every(({ count }) => count === 1));
  const at = (moment: Moment) => cases.filter(({ of }) => of.moment === moment);
  const waiting = at("waiting").map(({ path, of }) => get(rig, path, of.second, "second"));
  await until("all that wait", async () => (await rig.inCache()) === cases.length + waiting.length);
  held.forEach((one) => {
    one.release();
  });
  await Promise.all(firsts);
  await Promise.all([...at("stale"), ...at("failing")].map(({ path }) => rig.age(path)));
  await Promise.all(at("purged").map(({ path }) => rig.purge("PURGE", { url: path })));
  const early = new Map(at("waiting").map(({ path }, i) => [path, waiting[i]] as const));
  return Promise.all(
    cases.map(async ({ path, of }) => {
      const answer = await (early.get(path) ?? get(rig, path, of.second, "second"));
      return { path, of, got: answer.body };
    }),
  );
}

async function tried(rig: Rig, count: number): Promise<readonly Seen[]> {
  const cases = someCases(count).map((of, i) => ({ of, path: `/case/${String(i)}` }));
  const seen: Seen[] = [];
  for (let i = 0; i < cases.length; i += AT_ONCE) {
    seen.push(...(await together(rig, cases.slice(i, i + AT_ONCE))));
  }
  return seen;
}

/** Those who got what they may not have, or nothing that this origin sends. */
function wrong(seen: readonly Seen[]): readonly Seen[] {
  return seen.filter(
    ({ of, got }) =>
      got !== "second" && !(got === "first" && mayShare(of.response, of.first, of.second, of.moment, STALE)),
  );
}

describeWith([DEBIAN], "what one request caused and another gets, against an oracle from RFC 9111", () => {
  let rig: Rig;
  let seen: readonly Seen[];

  beforeAll(async () => {
    rig = await Rig.start();
    seen = await tried(rig, CASES);
  });

  afterAll(async () => {
    await rig.stop();
  });

  test("nobody gets what is another's", () => {
    expect(wrong(seen).map(({ of, got, path }) => ({ path, got, ...of, fields: of.fields(0) }))).toEqual([]);
  });

  // Or the test above could pass on a node that stores nothing.
  test.each(["waiting", "later", "stale", "failing"] as const)(
    "what may be shared is, when the second comes: %s",
    (moment) => {
      const may = seen.filter(
        ({ of }) => of.moment === moment && mayShare(of.response, of.first, of.second, moment, STALE),
      );

      expect(
        may.filter(({ got }) => got !== "first").map(({ of, path }) => ({ path, ...of, fields: of.fields(0) })),
      ).toEqual([]);
      expect(may.length).toBeGreaterThan(CASES / 100);
    },
  );
});

/** What the node would give away without a guard, and the guard as it is rendered. */
const GUARDS: readonly (readonly [name: string, file: string, guard: string, without: string])[] = [
  [
    "validation for the very request",
    "/etc/varnish/shared.vcl",
    "if (obj.http.X-Footprint-Validate)",
    "if (obj.http.None)",
  ],
  ["the parser of directives", "/etc/varnish/response.vcl", '~ ",(no-store|private),"', '~ ",no-store,"'],
  [
    "the windows that an origin forbids",
    "/etc/varnish/response.vcl",
    '~ ",(must-revalidate|proxy-revalidate),"',
    '~ ",none,"',
  ],
];

describeWith([DEBIAN], "the oracle", () => {
  test.each(GUARDS)("sees a node without %s", async (_name, file, guard, without) => {
    const rig = await Rig.start({
      edit: (files) => {
        expect(files[file]).toContain(guard);
        return { ...files, [file]: (files[file] ?? "").replace(guard, without) };
      },
    });
    try {
      expect(wrong(await tried(rig, CASES / 10)).length).toBeGreaterThan(0);
    } finally {
      await rig.stop();
    }
  });
});
