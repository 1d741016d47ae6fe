import { createHash } from "node:crypto";
import { once } from "node:events";
import * as fs from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { PackageLock } from "../../components/node/packageLock";
import { archiveOf } from "../../infra/packages/archiveFile";
import { packageFile } from "../../infra/packages/packageFiles";
import { publishPackages } from "../../infra/packages/publish";
import { Cloud } from "../../infra/lab/aws/cloud";
import { contentOf, FileServer, locked, Scratch } from "./packages";

const BUCKET = "my-edge-packages";

/** Stands before a cloud and keeps the settings of its buckets, which the cloud forgets. */
class BucketSettings {
  /** By name, as they were sent. */
  readonly set = new Map<string, string>();
  readonly refused = new Set<string>();

  private constructor(private readonly server: http.Server) {}

  static async before(cloud: Cloud): Promise<BucketSettings> {
    const settings = new BucketSettings(http.createServer());
    settings.server.on("request", (request: http.IncomingMessage, response: http.ServerResponse) => {
      void settings.answer(cloud.url, request, response);
    });
    settings.server.listen(0, "127.0.0.1");
    await once(settings.server, "listening");
    process.env.AWS_ENDPOINT_URL = `http://127.0.0.1:${String((settings.server.address() as AddressInfo).port)}`;
    return settings;
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private async answer(cloud: string, request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const { method, url = "", headers } = request;
    const to = new URL(url, cloud);
    const name = ["publicAccessBlock", "policy"].find((each) => to.searchParams.has(each));
    if (name === undefined) {
      request.pipe(
        http.request(to, { method, headers }, (answer) => {
          response.writeHead(answer.statusCode ?? 500, answer.headers);
          answer.pipe(response);
        }),
      );
      return;
    }
    const sent = await text(request);
    if (method === "PUT" && !this.refused.has(name)) {
      this.set.set(name, sent);
    }
    response.writeHead(this.refused.has(name) ? 403 : this.set.has(name) ? 200 : 404).end();
  }
}

describe("publishing the packages", () => {
  let scratch: Scratch;
  let mirror: FileServer;
  let cloud: Cloud;
  let lock: PackageLock;
  const packages = [locked("haproxy"), locked("varnish")];
  const said: string[] = [];
  const publish = (given: PackageLock = lock, bucket = BUCKET) =>
    publishPackages(
      { bucket, region: "eu-west-1" },
      {
        progress: (line) => said.push(line),
        lock: given,
        sources: { mirrors: { main: mirror.url, security: mirror.url } },
      },
    );

  beforeEach(async () => {
    scratch = new Scratch();
    mirror = new FileServer();
    await mirror.start();
    cloud = await Cloud.start();
    Object.assign(process.env, cloud.env, { AWS_CONFIG_FILE: "/dev/null", AWS_SHARED_CREDENTIALS_FILE: "/dev/null" });
    for (const { name, pool, file } of packages) {
      mirror.files.set(`/${pool}/${file}`, contentOf(name));
    }
    lock = {
      architecture: "arm64",
      snapshot: "2026-01-01T00:00:00Z",
      archive: { sha256: "b", size: 6144 },
      ssmAgent: null,
      packages,
    };
    fs.mkdirSync(`${scratch.folder}/footprint/packages`, { recursive: true });
    packages.forEach((each) => {
      fs.writeFileSync(packageFile(each), contentOf(each.name));
    });
    const made = await archiveOf(lock);
    lock = { ...lock, archive: made.archive };
    fs.rmSync(`${scratch.folder}/footprint`, { recursive: true });
  });

  afterEach(async () => {
    await cloud.stop();
    await mirror.stop();
    scratch.end();
  });

  test("makes the bucket, and puts the archive there under its hash", async () => {
    const published = await publish();

    const key = `packages/${lock.archive.sha256}.tar`;
    expect(published).toEqual({
      bucket: BUCKET,
      region: "eu-west-1",
      key,
      sha256: lock.archive.sha256,
      bytes: lock.archive.size,
      packages: 2,
      created: true,
      uploaded: true,
    });
    const stored = cloud.buckets.get(BUCKET)?.get(key) ?? Buffer.of();
    expect(createHash("sha256").update(stored).digest("hex")).toBe(lock.archive.sha256);
  });

  test("closes the bucket to the public before anything is in it", async () => {
    await publish();

    expect(cloud.calls.map(({ what }) => what)).toEqual([
      `HEAD /${BUCKET}/`,
      ...Array.from({ length: 3 }, () => `PUT /${BUCKET}/`),
      `HEAD /${BUCKET}/packages/${lock.archive.sha256}.tar`,
      `PUT /${BUCKET}/packages/${lock.archive.sha256}.tar`,
    ]);
  });

  describe("a bucket whose making was broken off", () => {
    let front: BucketSettings;
    beforeEach(async () => {
      front = await BucketSettings.before(cloud);
    });
    afterEach(() => {
      front.stop();
    });

    test("is closed by the next run, and what was set stays", async () => {
      front.refused.add("policy");
      await expect(publish()).rejects.toThrow(
        new RegExp(
          `^the bucket ${BUCKET} is there, and its policy, which refuses what comes without TLS, could not be set: `,
        ),
      );
      expect([...front.set.keys()]).toEqual(["publicAccessBlock"]);

      front.refused.clear();
      front.set.set("publicAccessBlock", "its owner's");
      expect(await publish()).toMatchObject({ created: false, uploaded: true });

      expect(front.set.get("publicAccessBlock")).toBe("its owner's");
      expect(front.set.get("policy")).toContain("aws:SecureTransport");
    });

    test("is filled, and told of, where it cannot be seen whether it is closed", async () => {
      await publish();
      front.refused.add("publicAccessBlock").add("policy");
      said.length = 0;

      expect(await publish()).toMatchObject({ created: false });

      expect(said).toEqual([
        `the bucket ${BUCKET}: its block of public access could not be looked for (HTTP status 403)`,
        `the bucket ${BUCKET}: its policy, which refuses what comes without TLS, could not be looked for (HTTP status 403)`,
      ]);
    });
  });

  test("uploads once", async () => {
    await publish();
    const asked = mirror.asked.length;

    expect(await publish()).toMatchObject({ created: false, uploaded: false });
    expect(mirror.asked.length).toBe(asked);
  });

  test("rejects a lock whose packages give another archive", async () => {
    const other = { ...lock, archive: { ...lock.archive, sha256: "ab".repeat(32) } };

    await expect(publish(other)).rejects.toThrow(
      new Error(
        `the lock names an archive of SHA-256 ${"ab".repeat(32)}, its packages give ${lock.archive.sha256}: it was edited by hand; \`footprint node lock\` writes it anew`,
      ),
    );
    expect([...(cloud.buckets.get(BUCKET) ?? [])]).toEqual([]);
  });

  test.each(["ab", "My-Bucket", "a.b.c", "-abc", "abc-", "a".repeat(64)])("rejects the bucket %s", async (bucket) => {
    await expect(publish(lock, bucket)).rejects.toThrow(
      new Error(
        `--bucket: must be 3 to 63 of a-z, 0-9 and "-", beginning and ending with a letter or digit, got "${bucket}"`,
      ),
    );
    expect(cloud.calls).toEqual([]);
  });

  test("rejects to guess a region", async () => {
    delete process.env.AWS_REGION;

    await expect(publishPackages({ bucket: BUCKET }, { progress: () => undefined, lock })).rejects.toThrow(
      new Error("--region: must be given, as the AWS configuration names no region (AWS_REGION, or the profile's)"),
    );
  });

  test.each([
    [301, `--bucket: ${BUCKET} is in another region than eu-west-1: name its region by --region`],
    [
      403,
      `--bucket: ${BUCKET} is not yours, or your credentials may not use it (HTTP status 403): choose another name`,
    ],
  ])("rejects a bucket that answers %d", async (status, message) => {
    const server = http.createServer((_, response) => response.writeHead(status).end());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    process.env.AWS_ENDPOINT_URL = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;

    const published = publish();

    await expect(published).rejects.toThrow(new Error(message));
    server.closeAllConnections();
    server.close();
  });
});
