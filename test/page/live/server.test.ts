import { request, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import { once } from "node:events";
import { EventSource } from "eventsource";
import { serveLivePage, type LivePage } from "../../../infra/page/live/server";
import type { LiveOrder, LiveState, PageInfo } from "../../../infra/page/live/state";
import { looked } from "../../../infra/page/live/timeline";
import { UserError } from "../../../infra/terminal/userError";
import { ACTIONS, look, pop } from "./example";

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

const opened: { close(): unknown }[] = [];

afterEach(async () => {
  for (const each of opened.splice(0).reverse()) {
    await each.close();
  }
});

async function serve(act?: (order: LiveOrder) => Promise<void>): Promise<LivePage> {
  const page = await serveLivePage({
    state: looked(undefined, look({ actions: ACTIONS })),
    port: 0,
    ...(act && { act }),
  });
  opened.push(page);
  return page;
}

function listen(page: LivePage): EventSource {
  const source = new EventSource(new URL("events", page.address));
  opened.push(source);
  return source;
}

/** A listener that reads nothing, as a browser that sleeps. */
function sleeping(port: string): Socket {
  const silent = connect(Number(port), "127.0.0.1");
  opened.push({ close: () => silent.destroy() });
  silent.pause().write(`GET /events HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
  return silent;
}

async function heard(source: EventSource, event: string): Promise<string> {
  const [{ data }] = (await once(source, event)) as [{ data: string }];
  return data;
}

/** Not `fetch`, which sets these fields itself. */
async function ask(
  page: LivePage,
  path: string,
  {
    method = "GET",
    body = "",
    headers = {},
  }: { method?: string; body?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const asked = request(new URL(page.address), { method, path, headers, agent: false });
  asked.end(body);
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  let text = "";
  for await (const part of response) {
    text += String(part);
  }
  return { status: response.statusCode, headers: response.headers, text };
}

async function infoOf(page: LivePage): Promise<PageInfo> {
  const { text } = await ask(page, "/");
  return JSON.parse(/<script type="application\/json" id="data">(.*?)<\/script>/.exec(text)?.[1] ?? "") as PageInfo;
}

test("sends a listener the newest state, and what is shown from then on", async () => {
  const page = await serve();
  page.show(looked(undefined, look({ at: "2026-01-02T03:05:00.000Z" })));
  const source = listen(page);
  expect(JSON.parse(await heard(source, "state"))).toMatchObject({ at: "2026-01-02T03:05:00.000Z" });

  const next = heard(source, "state");
  page.show(
    looked(undefined, look({ at: "2026-01-02T03:06:00.000Z", pops: [pop("eu-west-1", { attention: ["a\nb\r\nc"] })] })),
  );
  const { at, pops } = JSON.parse(await next) as LiveState;
  expect([at, pops[0]?.attention]).toEqual(["2026-01-02T03:06:00.000Z", ["a\nb\r\nc"]]);
});

test("a listener that has lost its connection comes back by itself, and hears the newest state", async () => {
  const page = await serve();
  const source = listen(page);
  await heard(source, "state");
  const { port } = new URL(page.address);
  await page.close();
  const lost = once(source, "error");
  await lost;

  const again = heard(source, "state");
  opened.push(await serveLivePage({ state: looked(undefined, look({ footprint: "other" })), port: Number(port) }));
  expect(JSON.parse(await again)).toMatchObject({ footprint: "other" });
});

test("says which server it is, in the page and in the stream, so that a page of a former one notices", async () => {
  const page = await serve();
  const { run } = await infoOf(page);
  expect(await heard(listen(page), "hello")).toBe(run);
  expect((await infoOf(await serve())).run).not.toBe(run);
});

test("ends with open streams, after a word of farewell, and leaves no timer or socket", async () => {
  const page = await serve();
  const { port } = new URL(page.address);
  sleeping(port);
  const source = listen(page);
  await heard(source, "state");
  const farewell = heard(source, "end");

  await page.close();
  expect(await farewell).toBe("");
  const refused = once(connect(Number(port), "127.0.0.1"), "error");
  expect(await refused).toEqual([expect.objectContaining({ code: "ECONNREFUSED" })]);
});

test("knows whether anybody listens", async () => {
  const page = await serve();
  let isWatched = false;
  const watched = page.watched().then(() => (isWatched = true));
  await infoOf(page);
  expect(isWatched).toBe(false);
  listen(page);
  await watched;
  // And rests no more when it is closed.
  const other = await serve();
  const end = other.watched();
  await other.close();
  await end;
});

test("a listener that does not read misses states, which wait for it nowhere, and gets the newest", async () => {
  const page = await serve();
  const silent = sleeping(new URL(page.address).port);
  const source = listen(page);
  await heard(source, "state");
  const size = 4_000_000;
  const newest = "2026-01-02T03:04:29.000Z";
  for (let second = 10; second < 30; second += 1) {
    const next = heard(source, "state");
    page.show(looked(undefined, look({ at: `2026-01-02T03:04:${second}.000Z`, notes: ["x".repeat(size)] })));
    await next;
  }

  let bytes = 0;
  let before = "";
  for await (const part of silent as AsyncIterable<Buffer>) {
    bytes += part.length;
    const now = `${before}${part.toString("latin1")}`;
    if (now.includes(newest)) {
      break;
    }
    before = now.slice(-newest.length);
  }
  // Twenty were shown. What the kernel holds for a socket, some megabytes, has been sent nevertheless.
  expect(bytes / size).toBeLessThan(10);
});

describe("what another page, or a name of its own, can get", () => {
  const order = JSON.stringify({ action: "kill-origin", target: null });
  const done: LiveOrder[] = [];
  let page: LivePage;
  let host: string;
  let own: Record<string, string>;

  beforeEach(async () => {
    done.length = 0;
    page = await serve((each) => Promise.resolve(void done.push(each)));
    ({ host } = new URL(page.address));
    const { token } = await infoOf(page);
    own = { Host: host, Origin: `http://${host}`, "Content-Type": "application/json", "Footprint-Token": token };
  });

  const post = (headers: Record<string, string>, body = order) => ask(page, "/act", { method: "POST", headers, body });

  test("what the page itself asks for is done", async () => {
    expect(await post(own)).toMatchObject({ status: 202, text: "It has begun.\n" });
    const { port } = new URL(page.address);
    const local = {
      ...own,
      Host: `localhost:${port}`,
      Origin: `http://localhost:${port}`,
      "Sec-Fetch-Site": "same-origin",
    };
    expect(await post(local, JSON.stringify({ action: "kill-node", target: "i-eu-west-1-2" }))).toMatchObject({
      status: 202,
    });
    expect(done).toEqual([
      { action: "kill-origin", target: null },
      { action: "kill-node", target: "i-eu-west-1-2" },
    ]);
  });

  test.each(["evil.example", "evil.example:80", "127.0.0.1", "localhost", "127.0.0.1.nip.io", "[::1]"])(
    "rejects every request for the host %s: a name that leads here is not ours",
    async (name) => {
      for (const path of ["/", "/events", "/act"]) {
        const answer = await ask(page, path, { headers: { Host: name } });
        const { port } = new URL(page.address);
        expect(answer).toMatchObject({
          status: 421,
          text: `Host: must be 127.0.0.1:${port} or localhost:${port}, got "${name}"\n`,
        });
      }
      expect((await post({ ...own, Host: name, Origin: `http://${name}` })).status).toBe(421);
      expect(done).toEqual([]);
    },
  );

  test.each([
    ["null", "null"],
    ["another site", "https://evil.example"],
    ["another port", "http://127.0.0.1:1"],
    ["another scheme", "https://HOST"],
    ["another of the own names", "http://localhost:PORT"],
  ])("rejects requests from %s", async (_, origin) => {
    const { port } = new URL(page.address);
    const from = origin.replace("HOST", host).replace("PORT", port);
    const text = `Origin: must be http://${host}, got "${from}"\n`;
    expect(await post({ ...own, Origin: from })).toMatchObject({ status: 403, text });
    expect(await ask(page, "/events", { headers: { Origin: from } })).toMatchObject({ status: 403, text });
    expect(done).toEqual([]);
  });

  test("rejects what a browser says comes from another site, but for a link to the page", async () => {
    const foreign = { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script" };
    for (const path of ["/", "/events"]) {
      expect(await ask(page, path, { headers: foreign })).toMatchObject({
        status: 403,
        text: 'Sec-Fetch-Site: must be same-origin, got "cross-site"\n',
      });
    }
    const same = { ...foreign, "Sec-Fetch-Site": "same-site" };
    expect((await ask(page, "/events", { headers: same })).status).toBe(403);
    expect((await post({ ...own, ...foreign })).status).toBe(403);
    const link = { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document" };
    expect((await ask(page, "/", { headers: link })).status).toBe(200);
    expect((await ask(page, "/", { headers: { ...link, "Sec-Fetch-Dest": "iframe" } })).status).toBe(403);
    expect((await ask(page, "/events", { headers: link })).status).toBe(403);
  });

  test.each(["Origin", "Footprint-Token", "Content-Type"])("rejects an order without %s", async (name) => {
    const { [name]: _, ...others } = own;
    const texts: Record<string, [number, string]> = {
      Origin: [403, `Origin: must be http://${host}, got none\n`],
      "Footprint-Token": [403, "Footprint-Token: must be that of the page; load it again\n"],
      "Content-Type": [415, "Content-Type: must be application/json, got none\n"],
    };
    const { status, text } = await post(others);
    expect([status, text]).toEqual(texts[name]);
    expect(done).toEqual([]);
  });

  test("rejects the token of another server, and a form's content types", async () => {
    const { token } = await infoOf(await serve());
    expect((await post({ ...own, "Footprint-Token": token })).status).toBe(403);
    expect((await post({ ...own, "Content-Type": "text/plain" })).status).toBe(415);
    expect(done).toEqual([]);
  });

  test.each([
    ["no JSON", "{", 400, "The order must be a JSON object with an action and a target.\n"],
    [
      "more than an order",
      JSON.stringify({ action: "drain", target: "eu-west-1", also: 1 }),
      400,
      "The order must be a JSON object with an action and a target.\n",
    ],
    ["what is not offered", JSON.stringify({ action: "rm", target: null }), 409, "rm is not offered (any more).\n"],
    [
      "what is not there",
      JSON.stringify({ action: "drain", target: "eu-west-9" }),
      409,
      "Drain: eu-west-9 is not there (any more).\n",
    ],
    ["no choice", JSON.stringify({ action: "drain", target: null }), 409, "Drain: nothing is not there (any more).\n"],
    [
      "a choice where there is none",
      JSON.stringify({ action: "kill-origin", target: "x" }),
      409,
      "Stop the origin: x is not there (any more).\n",
    ],
    ["too much", JSON.stringify({ action: "x".repeat(5000), target: null }), 413, "The order is too long.\n"],
  ])("rejects an order that is %s", async (_, body, status, text) => {
    expect(await post(own, body)).toMatchObject({ status, text });
    expect(done).toEqual([]);
  });

  test("tells why something could not be done", async () => {
    page = await serve(() => Promise.reject(new UserError("the last PoP cannot be drained")));
    ({ host } = new URL(page.address));
    const { token } = await infoOf(page);
    const { status, text } = await post({ ...own, Host: host, Origin: `http://${host}`, "Footprint-Token": token });
    expect([status, text]).toEqual([409, "the last PoP cannot be drained\n"]);
  });

  test("offers nothing, and has nothing to post to, where it only shows", async () => {
    page = await serve();
    ({ host } = new URL(page.address));
    const { token } = await infoOf(page);
    expect((await post({ ...own, Host: host, Origin: `http://${host}`, "Footprint-Token": token })).status).toBe(404);
    expect((JSON.parse(await heard(listen(page), "state")) as LiveState).actions).toEqual([]);
  });
});

test("lets nothing in or out of the page but its own server's stream", async () => {
  const { status, headers, text } = await ask(await serve(), "/");
  expect(status).toBe(200);
  expect(headers).toMatchObject({
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "content-security-policy": "frame-ancestors 'none'",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
  });
  expect(text).toMatch(
    /content="default-src 'none'; script-src 'sha256-\S+'; style-src 'sha256-\S+'; connect-src 'self'"/,
  );
});

test.each([
  ["GET", "/favicon.ico", 404, undefined],
  ["GET", "/../../etc/passwd", 404, undefined],
  ["POST", "/events", 403, undefined],
  ["DELETE", "/", 405, "GET, HEAD"],
  ["GET", "/act", 405, "POST"],
])("rejects %s %s with %i", async (method, path, status, allow) => {
  const answer = await ask(await serve(() => Promise.resolve()), path, { method });
  expect([answer.status, answer.headers.allow]).toEqual([status, allow]);
});

test("rejects a port that is taken, in words", async () => {
  const { port } = new URL((await serve()).address);
  await expect(serveLivePage({ state: looked(undefined, look()), port: Number(port) })).rejects.toThrow(
    new UserError(
      `--port: must be free on 127.0.0.1, got ${port} (Error: listen EADDRINUSE: address already in use 127.0.0.1:${port}); without it, any free one is taken`,
    ),
  );
});
