import type { Answer, Request } from "./wire";

/** What a machine's instance metadata says; writable where a test changes it. */
export interface MachineFacts {
  readonly instance: string;
  readonly region: string;
  readonly group: string;
  /** IPv4; absent where nobody asks for it. */
  readonly address?: string;
  readonly tags: Readonly<Record<string, string>>;
  /** "Terminated" once the group takes the machine away. */
  targetLifecycleState: string;
  /** Announced interruption of a Spot instance; absent for none. */
  spotAction: { readonly action: "terminate" | "stop"; readonly time: string } | undefined;
}

const TOKEN = "a-metadata-token";
const ROLE = "nodes-of-a-pop";

/** Instance metadata, version 2: nothing without a token, which a PUT gives. */
export function metadata(facts: MachineFacts, { method, url, headers }: Request): Answer {
  if (url.pathname === "/latest/api/token") {
    return method === "PUT" && headers["x-aws-ec2-metadata-token-ttl-seconds"] !== undefined
      ? { status: 200, body: TOKEN, headers: { "x-aws-ec2-metadata-token-ttl-seconds": "60" } }
      : { status: 400 };
  }
  if (headers["x-aws-ec2-metadata-token"] !== TOKEN) {
    return { status: 401 };
  }
  const body = pathsOf(facts)[url.pathname];
  return body === undefined ? { status: 404 } : { status: 200, body };
}

function pathsOf(facts: MachineFacts): Readonly<Record<string, string | undefined>> {
  const data = "/latest/meta-data";
  return {
    [`${data}/instance-id`]: facts.instance,
    [`${data}/local-ipv4`]: facts.address,
    [`${data}/placement/region`]: facts.region,
    [`${data}/iam/security-credentials/`]: ROLE,
    [`${data}/iam/security-credentials/${ROLE}`]: JSON.stringify({
      Code: "Success",
      Type: "AWS-HMAC",
      AccessKeyId: "ASIAEXAMPLE",
      SecretAccessKey: "secret-of-the-role",
      Token: "token-of-the-role",
      LastUpdated: "2026-01-01T00:00:00Z",
      Expiration: "2100-01-01T00:00:00Z",
    }),
    [`${data}/autoscaling/target-lifecycle-state`]: facts.targetLifecycleState,
    [`${data}/spot/instance-action`]: facts.spotAction === undefined ? undefined : JSON.stringify(facts.spotAction),
    ...Object.fromEntries(Object.entries(facts.tags).map(([key, value]) => [`${data}/tags/instance/${key}`, value])),
  };
}
