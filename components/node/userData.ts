/** What a node knows of itself when it starts; everything else it reads from its store. */
export interface NodeIdentity {
  /** Name of the footprint. */
  readonly footprint: string;
  /** Region, and so the PoP. */
  readonly region: string;
  /** Name of the region's store. */
  readonly bucket: string;
  /** Key of the only object that changes. */
  readonly pointer: string;
  /** Key of the bootstrap. */
  readonly bootstrap: string;
  /** What the bootstrap must hash to; anything else is not run. */
  readonly bootstrapSha256: string;
  /** Public keys of the program: a pointer that none of them has signed is not followed. */
  readonly configurationKeys: readonly string[];
  /** Unique id of the instance's role, which is part of the key of the node's own report. */
  readonly role: string;
}

/** Longest user data that EC2 takes, bytes before base64. */
export const USER_DATA_LIMIT = 16 * 1024;

/** Where the script of the user data is put. It can be run again. */
export const BOOT_SCRIPT = "/usr/local/lib/footprint/boot";

/**
 * The first thing that a node does, as cloud-init reads it: fetch the bootstrap from the region's store, verify it, hand
 * over. Nothing in it is secret, and it is the same text for every PoP but for the identity.
 */
export function userData(identity: NodeIdentity): string {
  const script = bootScript(identity)
    .trimEnd()
    .split("\n")
    .map((line) => (line === "" ? "" : `      ${line}`))
    .join("\n");
  return `#cloud-config
write_files:
  - path: ${BOOT_SCRIPT}
    permissions: "0755"
    content: |
${script}
runcmd:
  - [${BOOT_SCRIPT}]
`;
}

/**
 * Python's standard library alone, because cloud-init itself needs it: nothing else is sure to be in an image. The
 * bootstrap runs in the same interpreter and uses \`IDENTITY\`, \`say\`, \`part\`, \`store\` and \`open_store\`.
 */
function bootScript(identity: NodeIdentity): string {
  return `#!/usr/bin/python3
# Footprint node: fetch the bootstrap, verify it, run it. What it does and what fails is in
# /var/log/cloud-init-output.log. A node that fails here never comes into service: its launch hook runs out, and the
# group starts another.
import contextlib, datetime, hashlib, hmac, http.client, json, time, urllib.parse, urllib.request

IDENTITY = json.loads(${JSON.stringify(JSON.stringify(identity))})
PATIENCE = 300  # seconds until a call that fails is given up; the launch hook waits for 900


def say(**fields):
    print(json.dumps({"uptime": float(open("/proc/uptime").read().split()[0]), **fields}), flush=True)


@contextlib.contextmanager
def part(name):
    start = time.monotonic()
    yield
    say(part=name, seconds=round(time.monotonic() - start, 2))


def patiently(call):
    """A single call that fails must not cost a launch; a role that is new may be refused at first."""
    end, pause = time.monotonic() + PATIENCE, 1
    while True:
        try:
            return call()
        except (OSError, http.client.HTTPException) as error:
            if time.monotonic() + pause > end:
                raise
            say(failed=str(error), again_in=pause)
        time.sleep(pause)
        pause = min(2 * pause, 15)


def opened(method, url, headers={}, timeout=10):
    return urllib.request.urlopen(urllib.request.Request(url, headers=headers, method=method), timeout=timeout)


def metadata(path):
    base = "http://169.254.169.254/latest/"
    with opened("PUT", base + "api/token", {"X-aws-ec2-metadata-token-ttl-seconds": "60"}, 2) as answer:
        token = answer.read().decode()
    with opened("GET", base + "meta-data/" + path, {"X-aws-ec2-metadata-token": token}, 2) as answer:
        return answer.read().decode()


def open_store(key):
    """A GET of an object, signed with the instance's role (AWS Signature Version 4)."""
    role = metadata("iam/security-credentials/").strip()
    credentials = json.loads(metadata("iam/security-credentials/" + role))
    host = f"{IDENTITY['bucket']}.s3.{IDENTITY['region']}.amazonaws.com"
    path = "/" + urllib.parse.quote(key, safe="/-_.~")
    stamp = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    nothing = hashlib.sha256().hexdigest()
    headers = {"host": host, "x-amz-content-sha256": nothing, "x-amz-date": stamp,
               "x-amz-security-token": credentials["Token"]}
    names = ";".join(sorted(headers))
    canonical = "\\n".join(["GET", path, "", *(f"{name}:{headers[name]}" for name in sorted(headers)), "", names, nothing])
    scope = f"{stamp[:8]}/{IDENTITY['region']}/s3/aws4_request"
    key = ("AWS4" + credentials["SecretAccessKey"]).encode()
    for each in scope.split("/"):
        key = hmac.new(key, each.encode(), "sha256").digest()
    text = f"AWS4-HMAC-SHA256\\n{stamp}\\n{scope}\\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    headers["authorization"] = (f"AWS4-HMAC-SHA256 Credential={credentials['AccessKeyId']}/{scope}, "
                                f"SignedHeaders={names}, "
                                f"Signature={hmac.new(key, text.encode(), 'sha256').hexdigest()}")
    return opened("GET", f"https://{host}{path}", headers)


def store(key, sha256=None):
    """The content of an object; refused when it is not what it must hash to."""
    def read():
        with open_store(key) as answer:
            return answer.read()
    content = patiently(read)
    if sha256 is not None and hashlib.sha256(content).hexdigest() != sha256:
        raise SystemExit(f"{key} has another SHA-256 than {sha256}: it is not used")
    return content


with part("bootstrap fetched"):
    bootstrap = store(IDENTITY["bootstrap"], IDENTITY["bootstrapSha256"])
exec(compile(bootstrap, "bootstrap", "exec"))
`;
}
