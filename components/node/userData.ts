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
}

/** Longest user data that EC2 takes, bytes before base64. */
export const USER_DATA_LIMIT = 16 * 1024;

/**
 * The first thing that a node runs: fetch the bootstrap from the region's store, verify it, hand over.
 *
 * Python's standard library alone, because cloud-init itself needs it: nothing else is sure to be in an image. The
 * bootstrap runs in the same interpreter and finds `IDENTITY`, `metadata` and `aws_request` there.
 */
export function userData(identity: NodeIdentity): string {
  return `#!/usr/bin/python3
# Footprint node: fetch the bootstrap, verify it, run it. Whatever fails here is in /var/log/cloud-init-output.log,
# and the node never comes into service: its launch hook runs out and the group starts another.
import datetime, hashlib, hmac, json, urllib.parse, urllib.request

IDENTITY = json.loads(${JSON.stringify(JSON.stringify(identity))})


def http(method, url, headers={}, body=None, timeout=10):
    request = urllib.request.Request(url, data=body, headers=headers, method=method)
    with urllib.request.urlopen(request, timeout=timeout) as response:
        return response.read()


def metadata(path):
    base = "http://169.254.169.254/latest/"
    token = http("PUT", base + "api/token", {"X-aws-ec2-metadata-token-ttl-seconds": "60"}, timeout=2)
    return http("GET", base + "meta-data/" + path, {"X-aws-ec2-metadata-token": token.decode()}, timeout=2).decode()


def aws_request(service, host, path, method="GET", query={}, headers={}, body=b""):
    """One request, signed with the instance's role (AWS Signature Version 4)."""
    role = metadata("iam/security-credentials/").strip()
    credentials = json.loads(metadata("iam/security-credentials/" + role))
    now = datetime.datetime.now(datetime.timezone.utc)
    stamp, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
    payload = hashlib.sha256(body).hexdigest()
    signed = {k.lower(): v for k, v in headers.items()}
    signed.update({"host": host, "x-amz-content-sha256": payload, "x-amz-date": stamp,
                   "x-amz-security-token": credentials["Token"]})
    names = ";".join(sorted(signed))
    encoded = urllib.parse.urlencode(sorted(query.items()), quote_via=urllib.parse.quote, safe="-_.~")
    canonical = "\\n".join([method, urllib.parse.quote(path, safe="/-_.~"), encoded,
                           *(f"{k}:{signed[k]}" for k in sorted(signed)), "", names, payload])
    scope = f"{day}/{IDENTITY['region']}/{service}/aws4_request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    key = ("AWS4" + credentials["SecretAccessKey"]).encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), "sha256").digest()
    signature = hmac.new(key, f"AWS4-HMAC-SHA256\\n{stamp}\\n{scope}\\n{digest}".encode(), "sha256").hexdigest()
    signed["authorization"] = (f"AWS4-HMAC-SHA256 Credential={credentials['AccessKeyId']}/{scope}, "
                               f"SignedHeaders={names}, Signature={signature}")
    url = f"https://{host}{urllib.parse.quote(path, safe='/-_.~')}" + (f"?{encoded}" if encoded else "")
    return http(method, url, signed, body if method != "GET" else None)


def store(key):
    host = f"{IDENTITY['bucket']}.s3.{IDENTITY['region']}.amazonaws.com"
    return aws_request("s3", host, "/" + key)


bootstrap = store(IDENTITY["bootstrap"])
if hashlib.sha256(bootstrap).hexdigest() != IDENTITY["bootstrapSha256"]:
    raise SystemExit("the bootstrap is not the one that this node was told to run")
exec(compile(bootstrap, "bootstrap", "exec"))
`;
}
