import { outputOf } from "./machine";

export interface Mirrors {
  /** Of the release and its updates. */
  readonly main: string;
  readonly security: string;
}

const DEFAULTS: Mirrors = {
  main: "http://deb.debian.org/debian",
  security: "http://deb.debian.org/debian-security",
};

/** The mirrors of Debian that this machine's apt is set up with; Debian's own where it has none, as on Ubuntu. */
export function debianMirrors(): Mirrors {
  const format = "$(ORIGIN)|$(LABEL)|$(REPO_URI)";
  return mirrorsOf(outputOf("apt-get", ["indextargets", "--format", format, "Created-By: Packages"]));
}

/** @param targets a line for each of apt's sources: its origin, label and address */
export function mirrorsOf(targets: string): Mirrors {
  const sources = targets.split("\n").map((line) => line.split("|"));
  const find = (wanted: string) =>
    // A list of mirrors (mirror+file:) or a medium is of no use elsewhere.
    sources.find(([origin, label, uri]) => origin === "Debian" && label === wanted && /^https?:/.test(uri ?? ""))?.[2];
  return { main: find("Debian") ?? DEFAULTS.main, security: find("Debian-Security") ?? DEFAULTS.security };
}
