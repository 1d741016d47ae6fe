import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { serveLivePage, type LivePage } from "../../infra/page/live/server";
import type { LiveOrder, LiveState } from "../../infra/page/live/state";
import { looked, withEvents, type Look } from "../../infra/page/live/timeline";
import { ACTIONS, city, FORMER, look, node, pop } from "../page/live/example";
import { describeWith } from "../support/requirements";
import { brokenRules, CHROMIUM_INSTALLED, launch, SIZES, VIEWS } from "./chromium";

/** One of everything that a footprint can be. */
const TROUBLE: Partial<Look> = {
  at: "2026-01-02T03:05:05.000Z",
  pops: [
    pop("ap-northeast-1", {
      state: "warming",
      nodes: [node("i-0123456789abcdef0", "ap-northeast-1a", { state: "starting" })],
    }),
    pop("eu-central-1", {
      state: "unhealthy",
      attention: ["only 1 nodes are in service, 2 are the minimum"],
      nodes: [
        node("i-0123456789abcdef1", "eu-central-1a", { state: "sick", generation: FORMER, purgeLag: 130 }),
        node("i-0123456789abcdef2", "eu-central-1b", { state: "silent", generation: null, purgeLag: null }),
      ],
    }),
    pop("eu-west-1"),
    pop("sa-east-1", { state: "drained", attention: ["switched off by eve@desk: packet loss"] }),
    pop("us-east-1", { state: "unknown", nodes: [], hitRatio: null, requests: null, wanted: null }),
  ],
  cities: [
    city("Berlin", "eu-west-1", { ms: 34 }),
    city("Cairo", "eu-west-1"),
    city("New York", "eu-west-1", { ms: 71, last: "failed" }),
    city("Sydney", null, { last: "failed" }),
    city("Tokyo", "eu-west-1", { ms: 220, last: "miss" }),
  ],
  links: [{ from: "Cairo", to: "eu-west-1", added: 200 }],
  origin: { name: "origin.example.net", state: "slow" },
  attention: ["late@example.org has not confirmed its subscription"],
  actions: ACTIONS,
};

const WELL = looked(undefined, look({ actions: ACTIONS }));

describeWith([CHROMIUM_INSTALLED], "the live page in a browser", () => {
  let browser: Browser;
  const servers: LivePage[] = [];
  const contexts: BrowserContext[] = [];
  /** Everything that pages asked for beside their server's three addresses, and all that went wrong in them. */
  const foreign: string[] = [];
  const wrong: string[] = [];

  beforeAll(async () => {
    browser = await launch();
  });

  afterEach(async () => {
    wrong.length = 0;
    await Promise.all(contexts.splice(0).map((context) => context.close()));
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });

  afterAll(async () => {
    await browser.close();
  });

  async function serve(state: LiveState, act?: (order: LiveOrder) => Promise<void>, port = 0): Promise<LivePage> {
    const server = await serveLivePage({ state, port, ...(act && { act }) });
    servers.push(server);
    return server;
  }

  async function open(server: LivePage, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser.newContext({ viewport: SIZES[0]!, ...options });
    contexts.push(context);
    const page = await context.newPage();
    page.on("request", (request) => {
      const path = request.url().replace(server.address, "/");
      if (!["/", "/events", "/act"].includes(path)) {
        foreign.push(path);
      }
    });
    page.on("pageerror", (error) => wrong.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error") {
        wrong.push(message.text());
      }
    });
    await page.goto(server.address);
    await page.locator(".card").first().waitFor();
    return page;
  }

  const said = (page: Page) => page.getByRole("status");
  /** Until the live region says so. Not by a function in the page, whose policy lets nobody evaluate one twice. */
  const hears = (page: Page, text: string) => page.locator("[role=status]", { hasText: text }).waitFor();
  const cards = (page: Page) => page.locator(".card h2").allTextContents();

  it("shows what is, follows what changes, asks for nothing else, and nothing goes wrong in it", async () => {
    const server = await serve(WELL, () => Promise.resolve());
    const page = await open(server);
    expect(await page.locator("h1").textContent()).toBe("edge: live");
    expect(await said(page).textContent()).toBe("3 of 3 PoPs take users.");
    expect(await page.locator(".lines path").count()).toBe(4);

    server.show(looked(WELL, look(TROUBLE)));
    await page.locator("[data-region='eu-central-1']").waitFor();
    expect(await cards(page)).toEqual([
      "ap-northeast-1 Asia Pacific (Tokyo) warming",
      "eu-central-1 Europe (Frankfurt) unhealthy",
      "eu-west-1 Europe (Ireland) active",
      "sa-east-1 South America (Sao Paulo) drained",
      "us-east-1 US East (N. Virginia) unknown",
      "Cities",
    ]);
    expect(await page.locator("tr:has-text('Cairo')").locator("td").allTextContents()).toEqual([
      "eu-west-1",
      "61 ms (200 ms added)",
      "hit",
    ]);
    expect(await page.locator(".trouble li").allTextContents()).toEqual([
      "the origin (origin.example.net) is slow",
      "the way from Cairo to eu-west-1 takes 200 ms longer",
      "late@example.org has not confirmed its subscription",
    ]);
    expect(await page.locator("tr:has-text('i-0123456789abcdef1') td").allTextContents()).toEqual([
      ...["eu-central-1a", "sick", "f0e1d2c3b4a5", "130 s"],
    ]);
    expect(await page.locator(".timeline li").first().textContent()).toContain(
      "The way from Cairo to eu-west-1 takes 200 ms longer.",
    );
    expect([foreign, wrong]).toEqual([[], []]);
  });

  it("keeps focus, choice and place of the timeline while it is drawn anew", async () => {
    const server = await serve(WELL, () => Promise.resolve());
    const page = await open(server);
    await page.getByLabel("Kill a node: which one").selectOption("i-eu-west-1-2");
    const mark = page.locator(".pops [data-region='us-east-1']");
    await mark.focus();
    // The very element, not one like it.
    await page.evaluate("document.activeElement.isTheSame = true");
    const one = looked(WELL, look({ ...TROUBLE, at: "2026-01-02T03:06:00.000Z" }));
    server.show(one);
    await page.locator(".card.unhealthy").waitFor();
    expect(await page.evaluate("document.activeElement.isTheSame")).toBe(true);
    expect(await mark.getAttribute("class")).toBe("pop unknown");
    expect(await page.getByLabel("Kill a node: which one").inputValue()).toBe("i-eu-west-1-2");

    // A target that goes takes nothing else with it.
    const [kill, ...others] = ACTIONS;
    const less = { ...kill!, targets: kill!.targets!.slice(0, 1) };
    await page.getByRole("button", { name: "Drain", exact: true }).focus();
    server.show(looked(one, look({ ...TROUBLE, at: "2026-01-02T03:07:00.000Z", actions: [less, ...others] })));
    await page.locator("option[value='i-eu-west-1-2']").waitFor({ state: "detached" });
    expect(await page.getByLabel("Kill a node: which one").inputValue()).toBe("i-eu-west-1-1");
    expect(await page.evaluate("document.activeElement.textContent")).toBe("Drain");
  });

  it("does with the keyboard what is asked for, and says what came of it", async () => {
    const done: LiveOrder[] = [];
    const server = await serve(WELL, (order) => {
      done.push(order);
      return order.action === "drain" ? Promise.reject(new Error("no other PoP is healthy")) : Promise.resolve();
    });
    const page = await open(server);
    await page.getByLabel("Kill a node: which one").focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("Enter");
    await hears(page, "Kill a node: it has begun.");
    await page.getByRole("button", { name: "Drain", exact: true }).press("Space");
    await hears(page, "Drain: no other PoP is healthy");
    // Nothing to do it to: nothing is asked.
    await page.getByRole("button", { name: "Undrain" }).press("Enter");
    await page.getByRole("button", { name: "Stop the origin" }).click();
    await hears(page, "Stop the origin: it has begun.");
    expect(done).toEqual([
      { action: "kill-node", target: "i-eu-west-1-2" },
      { action: "drain", target: "eu-west-1" },
      { action: "kill-origin", target: null },
    ]);
  });

  it("offers nothing where it only shows", async () => {
    const page = await open(await serve(WELL));
    expect(await page.getByRole("button").count()).toBe(0);
    expect(await page.getByRole("combobox").count()).toBe(0);
    expect(await page.locator("footer").textContent()).toBe("Nobody here asks but this test.");
  });

  it("says when it has lost its server, takes no order then, and goes on with the next one", async () => {
    const server = await serve(WELL, () => Promise.resolve());
    const page = await open(server);
    const { port } = new URL(server.address);
    await server.close();
    await page.locator(".contact.ended").waitFor();
    expect(await page.locator(".contact").textContent()).toMatch(
      /^The server has ended\. What you see is as of \d\d:\d\d:\d\d\. Waiting for it to come back \.\.\.$/,
    );
    expect(await said(page).textContent()).toMatch(/^The server has ended\./);
    expect(await page.getByRole("button", { name: "Stop the origin" }).getAttribute("aria-disabled")).toBe("true");

    await serve(looked(undefined, look({ footprint: "next" })), undefined, Number(port));
    await page.locator("h1", { hasText: "next: live" }).waitFor();
    await page.locator(".contact.live").waitFor();
  });

  it("says what happens in few words, the worst of it first, however much it is", async () => {
    const server = await serve(WELL);
    const page = await open(server);
    await page.evaluate(`
      window.heard = [];
      new MutationObserver(() => window.heard.push(document.querySelector("[role=status]").textContent))
        .observe(document.querySelector("[role=status]"), { childList: true, characterData: true, subtree: true });
    `);
    let state = WELL;
    for (let round = 0; round < 30; round += 1) {
      const kind = round === 7 ? "bad" : "note";
      state = withEvents(state, WELL.at, [{ kind, by: "footprint", region: null, text: `i-${round} happened` }]);
      server.show(state);
    }
    await page.locator(".timeline li:nth-child(30)").waitFor();
    // The summary has just been said: all of this is one sentence, when its time has come.
    await hears(page, "i-7 happened. And 29 more; see the timeline.");
    expect(await page.evaluate<string[]>("window.heard")).toHaveLength(1);
  });

  it.each(VIEWS)("fits and is readable at $viewport.width x $viewport.height, $colorScheme", async (view) => {
    const server = await serve(looked(WELL, look(TROUBLE)), () => Promise.resolve());
    const page = await open(server, { ...view, reducedMotion: "reduce" });
    expect(await page.evaluate<number>("document.documentElement.scrollWidth")).toBeLessThanOrEqual(
      view.viewport.width,
    );
    expect((await page.locator("figure svg").first().boundingBox())!.width).toBeGreaterThan(view.viewport.width * 0.6);
    expect(await page.evaluate<number>("document.getAnimations().length")).toBe(0);
    expect(await brokenRules(page)).toEqual([]);
  });

  it("prints the map, the tables and all of the timeline, without what is to be pressed", async () => {
    const page = await open(await serve(looked(WELL, look(TROUBLE)), () => Promise.resolve()));
    await page.emulateMedia({ media: "print" });
    expect([
      await page.getByRole("button").first().isVisible(),
      await page.locator("figure svg").first().isVisible(),
      await page.locator(".card table").first().isVisible(),
      await page.evaluate<boolean>(
        "(({ scrollHeight, clientHeight }) => scrollHeight <= clientHeight)(document.querySelector('.timeline ol'))",
      ),
    ]).toEqual([false, true, true, true]);
  });

  it("takes no text of its state for markup", async () => {
    const nasty = `</script><img src=x onerror="document.title='taken'">`;
    const attention = [nasty];
    const taken = look({
      footprint: nasty,
      attention,
      notes: [nasty],
      pops: [pop("eu-west-1", { attention, place: nasty })],
    });
    const event = { kind: "bad", by: "footprint", region: null, text: nasty } as const;
    const page = await open(await serve(withEvents(looked(undefined, taken), taken.at, [event])));
    expect(await page.locator("h1").textContent()).toBe(`${nasty}: live`);
    expect(await page.locator("img").count()).toBe(0);
    expect(wrong).toEqual([]);
  });
});
