import { spawnSync } from "node:child_process";
import { createHash, createHmac } from "node:crypto";
import * as path from "node:path";
import { SignatureV4 } from "@smithy/signature-v4";
import { bootstrap } from "../../components/node/bootstrap";
import { userData } from "../../components/node/userData";
import { command, describeWith } from "../support/requirements";

interface Happened {
  readonly requests: readonly {
    readonly method: string;
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly timeout: number;
  }[];
  /** Seconds between tries. */
  readonly pauses: readonly number[];
  /** Why it ended early; null when it came to its end. */
  readonly end: string | null;
  readonly said: string;
}

const NOW = new Date("2026-03-01T12:34:56Z");
const REGION = "eu-west-1";
const STORE = `https://store-of-a-pop.s3.${REGION}.amazonaws.com`;
const METADATA = "http://169.254.169.254/latest";
const ROLE = `${METADATA}/meta-data/iam/security-credentials/`;
const CREDENTIALS = { AccessKeyId: "AKIDEXAMPLE", SecretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };
const TOKEN = "a-session-token";
/** In the place of the real one, which test/node/life/boot.test.ts runs on a real machine: it asks for one object. */
const BOOTSTRAP = "print('the bootstrap runs with', store('a key/with +:~ and ü').decode())\n";

/** The bootstrap's own function that fetches the archive. */
const [DOWNLOAD = ""] =
  /^def download\(\):\n(?: .*\n)+/m.exec(
    bootstrap({ archive: { sha256: "a".repeat(64), size: 1 }, packages: [], ssmAgent: null }),
  ) ?? [];

/** Runs it where the store ends its answer in the middle. */
const CUT_OFF = `
import hashlib, pathlib, socket, sys, tempfile, threading, urllib.request
ARCHIVE, ARCHIVE_SHA256 = "packages/x.tar", "x"
server = socket.create_server(("127.0.0.1", 0))
def answer():
    connection, _ = server.accept()
    connection.recv(4096)
    connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 10\\r\\n\\r\\nbegin")
    connection.close()
threading.Thread(target=answer).start()
open_store = lambda key: urllib.request.urlopen(f"http://127.0.0.1:{server.getsockname()[1]}/")
with tempfile.TemporaryDirectory() as folder:
    WORK = pathlib.Path(folder)
    exec(sys.argv[1])
    try:
        download()
    except BaseException as error:
        print(type(error).__name__, error)
`;
import { some } from "../support/some";

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
  configurationKeys: ["first-key", "second-key"],
  role: "AROAEXAMPLE",
};
const OBJECTS = [`${STORE}/${IDENTITY.bootstrap}`, `${STORE}/a%20key/with%20%2B%3A~%20and%20%C3%BC`] as const;

/** Answers by URL, one after the other; null is a connection that is closed. */
type Answers = Readonly<Record<string, readonly (string | null)[]>>;

/** Instance metadata and the region's store, as a node finds them. */
const ANSWERS: Answers = {
  [`${METADATA}/api/token`]: ["a-metadata-token"],
  [ROLE]: ["eu-west-1-nodes\n"],
  [`${ROLE}eu-west-1-nodes`]: [JSON.stringify({ ...CREDENTIALS, Token: TOKEN })],
  [OBJECTS[0]]: [BOOTSTRAP],
  [OBJECTS[1]]: ["an object"],
};

/** Boots a node on paper: the script of the user data runs as it is, all that it touches is stood in for. */
function boot(answers: Answers = {}): Happened {
  const scenario = {
    userData: userData(IDENTITY),
    answers: { ...ANSWERS, ...answers },
    now: NOW.getTime() / 1000,
  };
  const { status, stdout, stderr } = spawnSync("python3", [path.join(__dirname, "boot.py")], {
    input: JSON.stringify(scenario),
    encoding: "utf8",
    timeout: 30_000,
  });
  if (status !== 0) {
    throw new Error(stderr);
  }
  return JSON.parse(stdout) as Happened;
}

/** The authorization that AWS's own signer gives to such a request. */
async function signedByAws(url: string, headers: Readonly<Record<string, string>>): Promise<string> {
  const { hostname, pathname } = new URL(url);
  const signer = new SignatureV4({
    service: "s3",
    region: REGION,
    credentials: {
      accessKeyId: CREDENTIALS.AccessKeyId,
      secretAccessKey: CREDENTIALS.SecretAccessKey,
      sessionToken: TOKEN,
    },
    sha256: NodeSha256,
    // S3 alone takes paths as they are.
    uriEscapePath: false,
  });
  const signed = await signer.sign(
    {
      method: "GET",
      protocol: "https:",
      hostname,
      path: pathname,
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

describeWith([PYTHON], "the user data of a node", () => {
  let booted: Happened;
  const toStore = () => booted.requests.filter(({ url }) => url.startsWith(STORE));

  beforeAll(() => {
    booted = boot();
  });

  test("fetches the bootstrap from the region's store and hands over to it", () => {
    expect(booted.end).toBeNull();
    expect(booted.said).toContain("the bootstrap runs with an object\n");
    expect(toStore().map(({ url }) => url)).toEqual(OBJECTS);
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

  test("signs its requests as AWS's own signer does", async () => {
    expect(toStore().length).toBe(2);
    for (const { url, headers } of some(toStore())) {
      expect(headers.authorization).toBe(await signedByAws(url, headers));
      expect(headers).toMatchObject({ "x-amz-security-token": TOKEN, "x-amz-date": "20260301T123456Z" });
    }
  });

  test.each([
    ["the store", OBJECTS[0]],
    ["instance metadata", `${METADATA}/api/token`],
    ["its role", ROLE],
  ])("goes on when %s fails at first", (_, url) => {
    const happened = boot({ [url]: [null, null, null, ...(ANSWERS[url] ?? [])] });

    expect(happened.end).toBeNull();
    expect(happened.pauses).toEqual([1, 2, 4]);
  });

  test("gives up within five minutes", () => {
    const { end, pauses, said } = boot({ [OBJECTS[0]]: [null] });

    expect(end).toBe("<urlopen error not in the scenario>");
    expect(pauses.reduce((sum, pause) => sum + pause, 0)).toBeGreaterThan(240);
    expect(pauses.reduce((sum, pause) => sum + pause, 0)).toBeLessThanOrEqual(300);
    expect(said).toContain('"failed": "<urlopen error not in the scenario>", "again_in": 15}\n');
  });

  test("fetches what was cut off once more", () => {
    const { stdout, stderr } = spawnSync("python3", ["-c", CUT_OFF, DOWNLOAD], { encoding: "utf8" });

    expect([stdout, stderr]).toEqual([
      expect.stringMatching(/^OSError packages\/\w+\.tar is cut off: 5 bytes are missing\n$/),
      "",
    ]);
  });

  test("rejects a bootstrap of another hash, and does not ask for it again", () => {
    const happened = boot({ [OBJECTS[0]]: [`${BOOTSTRAP}\n`] });

    expect(happened.end).toBe(
      `${IDENTITY.bootstrap} has another SHA-256 than ${IDENTITY.bootstrapSha256}: it is not used`,
    );
    expect(happened.said).not.toContain("the bootstrap runs");
    expect(happened.pauses).toEqual([]);
  });
});
