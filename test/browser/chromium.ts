import { existsSync } from "node:fs";
import { chromium, type Browser } from "playwright-core";
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
