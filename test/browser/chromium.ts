import { existsSync } from "node:fs";
import axe, { type AxeResults } from "axe-core";
import { chromium, type Browser, type Page } from "playwright-core";
import type { Requirement } from "../support/requirements";

/** Where Debian's package puts it. */
const CHROMIUM = "/usr/bin/chromium";

export const CHROMIUM_INSTALLED: Requirement = {
  name: "chromium",
  isMet: () => existsSync(CHROMIUM),
  remedy: "test/browser/install.sh installs it on Debian",
};

/** Chromium without its sandbox, which root may not use; the pages are our own, and see no network. */
export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
}

/** A desk, a tablet and a phone. */
export const SIZES = [
  { width: 1440, height: 900 },
  { width: 820, height: 1180 },
  { width: 390, height: 844 },
];
const SCHEMES = ["light", "dark"] as const;
export const VIEWS = SIZES.flatMap((viewport) => SCHEMES.map((colorScheme) => ({ viewport, colorScheme })));

/** What breaks the rules of WCAG 2.2 A and AA, contrast among them, as axe-core sees it. */
export async function brokenRules(page: Page): Promise<readonly string[]> {
  // Playwright evaluates past the page's policy.
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<AxeResults>("axe.run()");
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(" | ")}`);
}
