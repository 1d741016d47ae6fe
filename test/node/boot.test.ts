import { spawnSync } from "node:child_process";
import { createHash, createHmac } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { SignatureV4 } from "@smithy/signature-v4";
import { BOOTSTRAP } from "../../components/node/bootstrap";
import { bundle } from "../../components/node/bundle";
import { NODE_HEALTH_PATH, NODE_PORTS } from "../../components/node/ports";
import { userData } from "../../components/node/userData";
import { command, describeWith } from "../support/requirements";

interface Happened {
  readonly requests: readonly {
    readonly method: string;
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly timeout: number;
  }[];
  readonly commands: readonly (readonly string[])[];
  /** Why it ended early; null when it came to its end. */
  readonly end: string | null;
  readonly files: Readonly<Record<string, string>>;
}

const NOW = new Date("2026-03-01T12:34:56Z");
const REGION = "eu-west-1";
const STORE = `https://store-of-a-pop.s3.${REGION}.amazonaws.com`;
const METADATA = "http://169.254.169.254/latest";
const HEALTH = `http://127.0.0.1:${NODE_PORTS.health}${NODE_HEALTH_PATH}`;
const CREDENTIALS = { AccessKeyId: "AKIDEXAMPLE", SecretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };
const TOKEN = "a-session-token";
const BUNDLE = bundle({
  region: "eu-west-1",
  popName: "eu-west-1.pop.example.com",
  sites: [],
  purgeMaxStaleness: 3600,
});
const REPORT =
  `https://autoscaling.${REGION}.amazonaws.com/?Action=CompleteLifecycleAction` +
  "&AutoScalingGroupName=eu-west-1-nodes%20%2B%3A%2F~0a1b2c3&InstanceId=i-0123456789abcdef0" +
  "&LifecycleActionResult=CONTINUE&LifecycleHookName=launching&Version=2011-01-01";

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

const IDENTITY = {
  footprint: 'a "quoted" name \\ and more',
  region: REGION,
  bucket: "store-of-a-pop",
  pointer: "current.json",
  bootstrap: `bootstrap/${sha256(BOOTSTRAP)}`,
  bootstrapSha256: sha256(BOOTSTRAP),
};

/** Instance metadata, the region's store and HAProxy's health, as a node finds them. */
const ANSWERS: Readonly<Record<string, string>> = {
  [`${METADATA}/api/token`]: "a-metadata-token",
  [`${METADATA}/meta-data/iam/security-credentials/`]: "eu-west-1-nodes\n",
  [`${METADATA}/meta-data/iam/security-credentials/eu-west-1-nodes`]: JSON.stringify({ ...CREDENTIALS, Token: TOKEN }),
  [`${METADATA}/meta-data/instance-id`]: "i-0123456789abcdef0",
  [`${METADATA}/meta-data/tags/instance/aws:autoscaling:groupName`]: "eu-west-1-nodes +:/~0a1b2c3",
  [`${STORE}/${IDENTITY.bootstrap}`]: BOOTSTRAP,
  [`${STORE}/current.json`]: JSON.stringify({ bundle: { key: "bundles/b", sha256: sha256(BUNDLE) }, parameters: {} }),
  [`${STORE}/bundles/b`]: BUNDLE,
  [HEALTH]: "ok\n",
  [REPORT]: "<CompleteLifecycleActionResponse/>",
};

/** Boots a node on paper: the scripts run as they are, all that they touch is stood in for. */
function boot(
  answers: Readonly<Record<string, string | undefined>> = {},
  files: Readonly<Record<string, string>> = {},
): Happened {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), "footprint-boot-"));
  const scenario = {
    userData: userData(IDENTITY),
    files,
    answers: { ...ANSWERS, ...answers },
    now: NOW.getTime() / 1000,
    root,
  };
  const { status, stdout, stderr } = spawnSync("python3", [path.join(__dirname, "boot.py")], {
    input: JSON.stringify(scenario),
    encoding: "utf8",
    timeout: 30_000,
  });
  fs.rmSync(root, { recursive: true });
  if (status !== 0) {
    throw new Error(stderr);
  }
  return JSON.parse(stdout) as Happened;
}

/** The authorization that AWS's own signer gives to such a request. */
async function signedByAws(service: string, url: string, headers: Readonly<Record<string, string>>): Promise<string> {
  const { hostname, pathname, searchParams } = new URL(url);
  const signer = new SignatureV4({
    service,
    region: REGION,
    credentials: {
      accessKeyId: CREDENTIALS.AccessKeyId,
      secretAccessKey: CREDENTIALS.SecretAccessKey,
      sessionToken: TOKEN,
    },
    sha256: NodeSha256,
    // S3 alone takes paths as they are.
    uriEscapePath: service !== "s3",
  });
  const signed = await signer.sign(
    {
      method: "GET",
      protocol: "https:",
      hostname,
      path: pathname,
      query: Object.fromEntries(searchParams),
      headers: { host: hostname, "x-amz-content-sha256": headers["x-amz-content-sha256"] ?? "" },
    },
    { signingDate: NOW },
  );
  return signed.headers.authorization ?? "";
}

class NodeSha256 {
  private readonly hash;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.hash = secret === undefined ? createHash("sha256") : createHmac("sha256", bytes(secret));
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.hash.update(bytes(data));
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(new Uint8Array(this.hash.digest()));
  }

  reset(): void {
    throw new Error("a hash of one use");
  }
}

function bytes(data: string | ArrayBuffer | ArrayBufferView): Buffer {
  if (typeof data === "string") {
    return Buffer.from(data);
  }
  return ArrayBuffer.isView(data) ? Buffer.from(data.buffer, data.byteOffset, data.byteLength) : Buffer.from(data);
}

const PYTHON = command("python3", "test/node/install.sh");

describeWith([PYTHON], "a node that boots", () => {
  let booted: Happened;
  const toAws = (service: string) => booted.requests.filter(({ url }) => url.includes(`${service}.${REGION}`));

  beforeAll(() => {
    booted = boot();
  });

  test("comes to its end", () => {
    expect(booted.end).toBeNull();
  });

  test("reads bootstrap, pointer and bundle from its region's store, in this order, once", () => {
    expect(toAws("s3").map(({ url }) => url)).toEqual([
      `${STORE}/${IDENTITY.bootstrap}`,
      `${STORE}/current.json`,
      `${STORE}/bundles/b`,
    ]);
  });

  test("calls nothing but instance metadata, its region's endpoints and itself (P38)", () => {
    const elsewhere = booted.requests.filter(
      ({ url }) => ![METADATA, STORE, HEALTH, `https://autoscaling.${REGION}.`].some((known) => url.startsWith(known)),
    );

    expect(elsewhere).toEqual([]);
  });

  test("asks for instance metadata with a token only", () => {
    const metadata = booted.requests.filter(({ url }) => url.startsWith(`${METADATA}/meta-data/`));

    expect(metadata.length).toBeGreaterThan(0);
    for (const { headers } of metadata) {
      expect(headers["x-aws-ec2-metadata-token"]).toBe("a-metadata-token");
    }
  });

  test("waits for no answer longer than ten seconds", () => {
    expect(Math.max(...booted.requests.map(({ timeout }) => timeout))).toBe(10);
  });

  test.each(["s3", "autoscaling"])("signs its requests to %s as AWS's own signer does", async (service) => {
    const requests = toAws(service);

    expect(requests.length).toBeGreaterThan(0);
    for (const { url, headers } of requests) {
      expect(headers.authorization).toBe(await signedByAws(service, url, headers));
      expect(headers).toMatchObject({ "x-amz-security-token": TOKEN, "x-amz-date": "20260301T123456Z" });
    }
  });

  test("keeps its identity and the bundle's files", () => {
    expect(JSON.parse(booted.files["/etc/footprint/identity.json"] ?? "")).toEqual(IDENTITY);
    expect(booted.files).toMatchObject((JSON.parse(BUNDLE) as { files: Record<string, string> }).files);
  });

  test("asks Debian's mirrors by HTTPS alone: it may go out on no other port", () => {
    const { files } = boot(
      {},
      {
        "/etc/apt/mirrors/debian.list": "http://deb.debian.org/debian\n",
        "/etc/apt/sources.list.d/debian.sources": "URIs: mirror+file:///etc/apt/mirrors/debian.list\n",
      },
    );

    expect(files["/etc/apt/mirrors/debian.list"]).toBe("https://deb.debian.org/debian\n");
    expect(files["/etc/apt/sources.list.d/debian.sources"]).toBe("URIs: mirror+file:///etc/apt/mirrors/debian.list\n");
  });

  test("checks both configurations before it starts anything, and starts HAProxy before Varnish", () => {
    const { checks, units } = JSON.parse(BUNDLE) as { checks: string[][]; units: string[] };
    const start = units.flatMap((unit) => [
      ["systemctl", "enable", unit],
      ["systemctl", "restart", unit],
    ]);
    const last = [...checks, ["sysctl", "--quiet", "--system"], ["systemctl", "daemon-reload"], ...start];

    expect(checks.length).toBe(2);
    expect(units.indexOf("haproxy.service")).toBeLessThan(units.indexOf("varnish.service"));
    expect(booted.commands.slice(-last.length)).toEqual(last);
  });

  test("installs what the bundle's files are for", () => {
    const installed = booted.commands.find((words) => words.includes("install")) ?? [];

    expect(installed).toEqual(expect.arrayContaining(["haproxy", "varnish", "varnish-modules", "logrotate"]));
  });

  test("reports for service last, when it answers health", () => {
    expect(booted.requests.filter(({ url }) => [HEALTH, REPORT].includes(url)).map(({ url }) => url)).toEqual([
      HEALTH,
      REPORT,
    ]);
    expect(booted.requests.at(-1)?.url).toBe(REPORT);
  });
});

describeWith([PYTHON], "a node never comes into service", () => {
  const reported = ({ requests }: Happened) => requests.some(({ url }) => url === REPORT);

  test("with a bootstrap of another hash, which it does not run", () => {
    const happened = boot({ [`${STORE}/${IDENTITY.bootstrap}`]: `${BOOTSTRAP}\n` });

    expect(happened.end).toBe("the bootstrap is not the one that this node was told to run");
    expect(happened).toMatchObject({ commands: [], files: {} });
  });

  test("with a bundle of another hash, which it does not adopt", () => {
    const happened = boot({ [`${STORE}/bundles/b`]: `${BUNDLE}\n` });

    expect(happened.end).toBe("the bundle is not the one that the pointer names");
    expect(Object.keys(happened.files)).toEqual(["/etc/footprint/identity.json"]);
    expect(reported(happened)).toBe(false);
  });

  test("with HAProxy silent on its health port", () => {
    const happened = boot({ [HEALTH]: undefined });

    expect(happened.end).toBe("all units run, but HAProxy does not answer health");
    expect(reported(happened)).toBe(false);
  });
});
