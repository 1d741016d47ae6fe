import type { Ended } from "./commands";

/** What keeps a program from reading its text: memory, disks, names that do not resolve, files that are not there. */
const CIRCUMSTANCE =
  /memory|no space left|could not (?:resolve|write)|cannot (?:read|open|allocate)|unable to (?:load|stat)|couldn't open|no such file|permission denied|too many open files|resource temporarily/i;

/** A line with which HAProxy's parser refuses: it names where, or which of its sections. */
const HAPROXY = /config : (?:parsing \[|\[[^\]]+:\d+\] : |proxy ')/i;

/** Where in its text VCC has stumbled, and how it then ends; what its C compiler says is not about the text. */
const VCC = /Line \d+ Pos \d+\)[^]*\nRunning VCC-compiler failed, exited with 2\n/;

/**
 * Whether a program that did not take its text has said so of the text: then it will say it again. A compiler that was
 * killed, a full disk or a resolver that is away say nothing of it.
 */
export function isVerdict(program: "haproxy" | "varnish", { status, said }: Ended): boolean {
  switch (program) {
    case "haproxy":
      return status === 1 && said.split("\n").some((line) => HAPROXY.test(line) && !CIRCUMSTANCE.test(line));
    case "varnish":
      return status === 2 && VCC.test(said) && !CIRCUMSTANCE.test(said);
  }
}
