import { awsReason } from "../terminal/awsReason";

/** How a thing was found: as it must be, doubtful, in the way of an `up`, or not to be looked at. */
export type Verdict = "ok" | "warning" | "fails" | "unknown";

/** What one look found. */
export interface Line {
  /** A region, a domain name, or what there is one of. */
  readonly where: string;
  readonly what: string;
  readonly verdict: Verdict;
  readonly found: string;
  /** What to do about it; null where there is nothing to do. */
  readonly todo: string | null;
}

/** Lines about one thing in one place. */
export function about(where: string, what: string) {
  return {
    ok: (found: string): Line => ({ where, what, verdict: "ok", found, todo: null }),
    warning: (found: string, todo: string): Line => ({ where, what, verdict: "warning", found, todo }),
    fails: (found: string, todo: string): Line => ({ where, what, verdict: "fails", found, todo }),
    unknown: (found: string, todo: string): Line => ({ where, what, verdict: "unknown", found, todo }),
  };
}

export type About = ReturnType<typeof about>;

/** The lines of a look; what AWS refuses or does not answer is a line as well, and ends no other look. */
export async function look(
  where: string,
  what: string,
  found: (lines: About) => Promise<Line | readonly Line[]>,
): Promise<readonly Line[]> {
  const lines = about(where, what);
  try {
    return [await found(lines)].flat();
  } catch (error) {
    return [unanswered(lines, error)];
  }
}

/** EC2, SNS and the others each have a name of their own for it. */
const DENIED = new Set([
  "AccessDenied",
  "AccessDeniedException",
  "AuthorizationError",
  "AuthorizationErrorException",
  "Forbidden",
  "UnauthorizedOperation",
]);

function unanswered(lines: About, error: unknown): Line {
  const reason = awsReason(error);
  // AWS names the kind of policy that refuses (IAM User Guide, "Troubleshoot access denied error messages").
  if (/(?:service|resource) control polic/.test(reason)) {
    return lines.fails(
      `a policy of the organisation refuses it (${reason})`,
      "have who runs the organisation except what the footprint needs there",
    );
  }
  return error instanceof Error && DENIED.has(error.name)
    ? lines.unknown(`the caller may not look (${reason})`, "allow what .github/aws/operate-check.json says")
    : lines.unknown(`no answer that says it (${reason})`, "see why, and check again");
}

/** Whether AWS's answer is an error of that name. */
export function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}

/** What Route 53 says of a zone; undefined when the account has no such zone. */
export async function unlessMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isNamed(error, "NoSuchHostedZone")) {
      return undefined;
    }
    throw error;
  }
}
