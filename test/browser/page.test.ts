import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { loadConfig } from "../../infra/config/load";
import { answers } from "../../infra/plan/latency/answers";
import { usersOf } from "../../infra/plan/latency/files";
import { SHIPPED_LATENCY } from "../../infra/plan/latency/table";
import { pageHtml } from "../../infra/plan/page/html";
import { pageOfPlan } from "../../infra/plan/page/ofPlan";
import { usersSummary } from "../../infra/plan/latency/summary";
import { describeWith } from "../support/requirements";
import { shipped, valuesOf } from "../support/stacks";
import { brokenRules, CHROMIUM_INSTALLED, launch, SIZES, VIEWS } from "./chromium";

const config = loadConfig("global", valuesOf(shipped("global")));
const users = usersOf({});
const plan = { stack: "global", pops: {}, users: usersSummary(config, users, config.homeRegion) };
const data = pageOfPlan(config, plan, users, SHIPPED_LATENCY);
const active = data.regions.filter(({ state }) => state === "active").map(({ code }) => code);

describeWith([CHROMIUM_INSTALLED], "the page in a browser", () => {
  let browser: Browser;
  let folder: string;
  /** Everything that pages asked for, and all that went wrong in them. */
  const asked: string[] = [];
  const wrong: string[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "footprint-page-"));
    writeFileSync(join(folder, "page.html"), await pageHtml(data));
    browser = await launch();
  });

  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true });
  });

  async function open(options: BrowserContextOptions = {}, file = "page.html"): Promise<Page> {
    const context = await browser.newContext({ viewport: SIZES[0]!, ...options });
    const page = await context.newPage();
    page.on("request", (request) => asked.push(request.url().replace(/.*\//, "")));
    page.on("pageerror", (error) => wrong.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error") {
        wrong.push(message.text());
      }
    });
    await page.goto(pathToFileURL(join(folder, file)).href);
    return page;
  }

  const rows = (page: Page) => page.locator("table:has(caption:text-is('PoPs')) tbody tr");
  /** Who answers each place, in the data's order. Expressions are texts, since this program has no types of a browser. */
  const dotsOf = (page: Page): Promise<(string | null)[]> =>
    page.evaluate("[...document.querySelectorAll('.places circle')].map((dot) => dot.getAttribute('data-pop'))");
  const said = (page: Page) => page.getByRole("status").textContent();

  it("asks for nothing but itself, and nothing goes wrong in it", async () => {
    await open();
    expect([[...new Set(asked)], wrong]).toEqual([["page.html"], []]);
  });

  it("draws each place in the colour of who answers it, and each PoP", async () => {
    const page = await open();
    const given = answers(data.places, active);
    const dots = await dotsOf(page);
    expect(dots).toEqual(given.map((each) => each?.pop ?? null));
    expect(await page.locator(".pops .pop").count()).toBe(active.length);
  });

  it("sends the users of a lost PoP where the plan does, and says so", async () => {
    const page = await open();
    await page.getByRole("checkbox", { name: /^sa-east-1 / }).check();
    const left = active.filter((code) => code !== "sa-east-1");
    const given = answers(data.places, left);
    const dots = await dotsOf(page);
    expect(dots).toEqual(given.map((each) => each?.pop ?? null));
    expect(dots[data.places.findIndex(({ name }) => name === "Sao Paulo")]).toBe("us-east-1");
    expect(await said(page)).toMatch(/^Without sa-east-1: median \d+ ms, p95 \d+ ms, average \d+ ms\.$/);
    expect(await rows(page).filter({ hasText: "sa-east-1" }).textContent()).toContain("(lost)");
  });

  it("shows an added region, and is as planned again after a reset", async () => {
    const page = await open();
    const before = await rows(page).allTextContents();
    await page.getByRole("checkbox", { name: /^ap-northeast-2 / }).check();
    expect(await rows(page).count()).toBe(active.length + 1);
    await page.getByRole("button", { name: "As planned" }).click();
    // Not by a function in the page, whose policy lets nobody evaluate one twice.
    await page.locator(".pops [data-region='ap-northeast-2']").waitFor({ state: "detached" });
    expect(await rows(page).allTextContents()).toEqual(before);
  });

  it("works with the keyboard alone: a choice, and what stands at a PoP", async () => {
    const page = await open();
    await page.getByRole("checkbox", { name: /^sa-east-1 / }).focus();
    await page.keyboard.press("Space");
    expect(await said(page)).toContain("Without sa-east-1");
    await page.locator(".pops [data-region='us-east-1']").focus();
    const tip = page.getByRole("tooltip");
    expect(await tip.textContent()).toMatch(
      /^us-east-1, US East \(N\. Virginia\): .* of the users, median .* Gbit\/s, at its minimum$/,
    );
    await page.keyboard.press("Escape");
    expect(await tip.isHidden()).toBe(true);
  });

  it("tells what stands at a place when the pointer is over it", async () => {
    const page = await open();
    await page.locator("circle[data-place='Lagos']").hover();
    expect(await page.getByRole("tooltip").textContent()).toMatch(
      /^Lagos, NG: answered by \S+ in \d+ ms; [\d.]+ % of the users$/,
    );
  });

  it("colours by latency, with a key", async () => {
    const page = await open();
    await page.getByRole("radio", { name: "latency" }).check();
    const given = answers(data.places, active);
    const fast = given.filter((each) => each !== null && each.ms <= 20).length;
    expect(await page.locator(".places .ms-0").count()).toBe(fast);
    expect(await page.locator(".legend .class").allTextContents()).toEqual([
      "up to 20 ms",
      "up to 50 ms",
      "up to 100 ms",
      "up to 150 ms",
      "up to 200 ms",
      "more than 200 ms",
    ]);
  });

  it.each(VIEWS)("fits and is readable at $viewport.width x $viewport.height, $colorScheme", async (view) => {
    const page = await open(view);
    await page.getByRole("checkbox", { name: /^eu-central-1 / }).check();
    expect(await page.evaluate<number>("document.documentElement.scrollWidth")).toBeLessThanOrEqual(
      view.viewport.width,
    );
    const map = await page.locator("figure svg").boundingBox();
    expect(map!.width).toBeGreaterThan(view.viewport.width * 0.6);
    expect(await brokenRules(page)).toEqual([]);
  });

  it("prints the map and the tables without the controls", async () => {
    const page = await open();
    await page.emulateMedia({ media: "print" });
    expect([
      await page.locator("form").isVisible(),
      await page.locator("figure svg").isVisible(),
      await rows(page).first().isVisible(),
    ]).toEqual([false, true, true]);
  });

  it("takes no text of its data for markup", async () => {
    const nasty = `</script><img src=x onerror="document.title='taken'">`;
    const places = data.places.map((place, index) => (index === 0 ? { ...place, name: nasty, share: 0.5 } : place));
    writeFileSync(join(folder, "nasty.html"), await pageHtml({ ...data, title: nasty, notes: [nasty], places }));
    const page = await open({}, "nasty.html");
    expect(await page.locator("h1").textContent()).toBe(`${nasty}: users and PoPs`);
    expect(await page.locator("img").count()).toBe(0);
  });
});
