import { AutoScalingClient } from "@aws-sdk/client-auto-scaling";
import { DeleteObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { SNSClient } from "@aws-sdk/client-sns";
import { SSMClient } from "@aws-sdk/client-ssm";
import { Lifecycle } from "../../components/node/agent/lifecycle";
import { ssmParameters } from "../../components/node/agent/parameters";
import { PointerWatch } from "../../components/node/agent/pointerWatch";
import { s3Store } from "../../components/node/agent/store";
import { digestOf } from "../../components/node/protocol/pointer";
import { openEntry, type Purge } from "../../components/node/protocol/purgeLog";
import { STORE_KEYS } from "../../components/node/protocol/storeKeys";
import { alarmAttention } from "../../infra/operate/alarmSubscriptions";
import type { Clients } from "../../infra/operate/clients";
import { readDrain, readGroup, readNodes, readPointer } from "../../infra/operate/look";
import type { DeployedPop } from "../../infra/operate/pops";
import { publishPurge, type PurgeLog } from "../../infra/operate/publish";
import { renewal } from "../../infra/operate/renewal";
import { purgeKeys } from "../../infra/operate/secretValues";
import { CONFIGURATION_KEYS, sealed } from "../components/node/signing";

export const REGION = "eu-west-1";
export const BUCKET = "eu-west-1-store-1";
export const GROUP = "eu-west-1-nodes-1";
export const HOOK = "launching";
export const TOPIC = "eu-west-1-alarms-1";
export const ADDRESS = "edge@example.com";

/** Versions of each parameter, the first one first. */
export const PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  "/edge/purge-current": ["former", "current-key"],
  "/edge/purge-next": ["next-key"],
  "/edge/origin-auth-current": ["a"],
  "/edge/origin-auth-next": ["b"],
};

const CONTENT = {
  bundle: { key: `${STORE_KEYS.bundles}${"b".repeat(64)}`, sha256: "b".repeat(64) },
  parameters: {
    "origin-auth": {
      current: { name: "/edge/origin-auth-current", version: 1 },
      next: { name: "/edge/origin-auth-next", version: 1 },
    },
    purge: {
      current: { name: "/edge/purge-current", version: 2 },
      next: { name: "/edge/purge-next", version: 1 },
    },
  },
};

const POINTER = { ...CONTENT, serial: { name: "/edge/serial", version: 1 } };

/** The parameter beside the pointer. */
export const SERIAL = digestOf(POINTER);

/** A deployment of one PoP with two nodes in service, somewhere that speaks AWS's language. */
export interface Place {
  /** Ids of the nodes. */
  readonly instances: readonly string[];
  /** Image of the nodes, which is there. */
  readonly image: string;
  /** A file of this test's own. */
  readonly file: string;
}

const POP: DeployedPop = {
  region: REGION,
  bucket: BUCKET,
  group: GROUP,
  state: "active",
  configurationKeys: CONFIGURATION_KEYS,
  listed: true,
};

function purgeOf(path: string): Purge {
  return { at: "2026-11-23T00:00:00Z", soft: false, targets: [{ kind: "url", host: "www.example.com", path }] };
}

/**
 * What the operator's tool and the agent get from a place, call by call, by their own code and the real SDK: each the
 * value, or the error's name and status.
 */
export async function answersOf({ instances, image, file }: Place): Promise<Readonly<Record<string, unknown>>> {
  const options = { region: REGION, maxAttempts: 1 };
  const clients: Clients = {
    s3: new S3Client(options),
    sns: new SNSClient(options),
    ssm: new SSMClient(options),
    autoScaling: new AutoScalingClient(options),
  };
  const { s3 } = clients;
  const store = s3Store(REGION, BUCKET);
  const parameters = ssmParameters(REGION);
  const [first = ""] = instances;
  const asked: Record<string, unknown> = {};
  const ask = async (what: string, call: () => Promise<unknown>): Promise<void> => {
    asked[what] = await call().catch(failureOf);
  };
  const put = (key: string, content: string, condition: object = {}) =>
    s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: content, ...condition })).then(({ ETag }) => ETag);

  // The agent's store.
  await ask("an object that is not there", () => store.get("none"));
  await ask("a bucket that is not there", () => s3Store(REGION, "eu-west-1-store-none").get("none"));
  await ask("an object, as written", async () => {
    await store.put(`${STORE_KEYS.nodes}AROAEXAMPLE:${first}.json`, '{"not":"a report"}');
    return (await store.get(`${STORE_KEYS.nodes}AROAEXAMPLE:${first}.json`))?.content.toString();
  });
  await ask("an object that has not changed", async () => store.getUnless("a", await put("a", "1")));
  await ask("an object that has changed", async () => {
    const before = await put("a", "1");
    await put("a", "2");
    const found = await store.getUnless("a", before);
    return found === "unchanged" ? found : found?.content.toString();
  });
  await ask("keys below a prefix", async () => (await store.list(STORE_KEYS.nodes)).length);

  // What S3 says of a condition, of which the purge log lives.
  await ask("a new object, if there is none", () => put("new", "1", { IfNoneMatch: "*" }));
  await ask("an object that is there, if there is none", () => put("new", "2", { IfNoneMatch: "*" }));
  await ask("an object, if it is still the one that was read", async () =>
    put("new", "2", { IfMatch: await put("new", "1") }),
  );
  await ask("an object, if it is the one before", async () => {
    const before = await put("new", "3");
    await put("new", "4");
    return put("new", "5", { IfMatch: before });
  });
  await ask("an object that is not there, if it is still the one that was read", () =>
    put("never", "1", { IfMatch: '"0123456789abcdef0123456789abcdef"' }),
  );
  await ask("an object that was deleted, if there is none", async () => {
    await s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: "new" }));
    return put("new", "6", { IfNoneMatch: "*" });
  });
  await ask("an object that was deleted, if it is still the one that was read", async () => {
    const before = await put("new", "7");
    await s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: "new" }));
    return put("new", "8", { IfMatch: before });
  });
  await ask("the deletion of what is not there", async () => {
    const { $metadata } = await s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: "never" }));
    return $metadata.httpStatusCode;
  });

  // The operator's purge log.
  const said: string[] = [];
  const log: PurgeLog = {
    ...{ s3, region: REGION, bucket: BUCKET, keys: ["next-key", "current-key"] },
    say: (line) => said.push(line),
    pause: () => Promise.resolve(),
  };
  await ask("two purges, one after the other", async () => [
    await publishPurge(log, purgeOf("/a")),
    await publishPurge(log, purgeOf("/b")),
  ]);
  await ask("four purges at once", async () =>
    (await Promise.all(["/c", "/d", "/e", "/f"].map((path) => publishPurge(log, purgeOf(path))))).sort((a, b) => a - b),
  );
  await ask("each purge follows the one before", async () => {
    let entry = openEntry(log.keys, REGION, (await store.get(STORE_KEYS.purgeHead))?.content.toString() ?? "");
    let found = 0;
    while (entry !== undefined) {
      found += 1;
      const kept = await store.get(`${STORE_KEYS.purgeLog}${String(entry.number - 1).padStart(12, "0")}`);
      const before = openEntry(log.keys, REGION, kept?.content.toString() ?? "");
      entry = before?.digest === entry.previous ? before : undefined;
    }
    return found;
  });
  await ask("a log whose head was deleted begins anew, behind what is kept", async () => {
    await s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: STORE_KEYS.purgeHead }));
    said.length = 0;
    return [await publishPurge(log, purgeOf("/g")), said.length];
  });

  // Parameters, by version.
  await ask("parameters by version, as far as they are there", async () =>
    Object.fromEntries(
      await parameters.read([
        "/edge/purge-current:1",
        "/edge/purge-current:2",
        "/edge/purge-current:3",
        "/edge/none:1",
      ]),
    ),
  );
  await ask("the newest version of a parameter", () => parameters.newest("/edge/purge-current"));
  await ask("a parameter that is not there", () => parameters.newest("/edge/none"));
  await ask("more parameters than one call takes", () =>
    parameters.read(Array.from({ length: 11 }, (_, i) => `/edge/p${String(i)}:1`)),
  );

  // The pointer, as a node and as an operator see it.
  await ask("the pointer, as a node follows it", async () => {
    await put(STORE_KEYS.pointer, sealed(REGION, POINTER));
    const keys = [...CONFIGURATION_KEYS];
    const { newest } = parameters;
    const watch = new PointerWatch({ store, key: STORE_KEYS.pointer, region: REGION, keys, newest, file });
    await watch.look();
    await watch.look();
    return [watch.pointer?.bundle.sha256, watch.refused];
  });
  await ask("the purge keys of the pointer", async () => purgeKeys(clients, await readPointer(clients, POP)));
  await ask("the drain switch, thrown and released", async () => {
    const before = await readDrain(clients, POP);
    await put(STORE_KEYS.drain, JSON.stringify({ reason: "r", by: "b", at: "2026-01-02T03:04:05Z" }));
    const thrown = await readDrain(clients, POP);
    await s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: STORE_KEYS.drain }));
    return [before, thrown, await readDrain(clients, POP)];
  });
  await ask("reports that are none", () => readNodes(clients, POP, undefined));

  // Auto Scaling.
  const node = (id: string) =>
    new Lifecycle({
      region: REGION,
      metadata: { instanceId: () => Promise.resolve(id), groupName: () => Promise.resolve(GROUP) },
    });
  await ask("the life cycle of a node in service", () => node(first).state());
  await ask("the life cycle of an instance that no group has", () => node("i-0123456789abcdef0").state());
  await ask("a life cycle's wait, ended", () => node(first).complete(HOOK));
  await ask("a group, with its last refresh", async () => {
    const { min, desired, instances: all, refresh } = await readGroup(clients, POP);
    return { min, desired, states: all.map(({ lifecycle }) => lifecycle), refresh };
  });

  // What status asks besides.
  await ask("who has not confirmed", async () => (await alarmAttention([REGION], () => clients)).length);
  await ask("an image that is there, and one that is gone", async () => {
    const ages = await Promise.all(
      [image, "ami-0123456789abcdef0"].map((id) =>
        renewal({
          stack: "s",
          pops: [POP],
          outputs: { storeBuckets: {}, images: { [REGION]: id } },
          hosts: [],
          notDeployed: [],
        }),
      ),
    );
    return ages.map(({ images, attention }) => [images[0]?.made?.days, attention.length]);
  });
  return asked;
}

function failureOf(error: unknown): string {
  const { name, message, $metadata } = error as Error & { readonly $metadata?: { readonly httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode;
  return status === undefined ? `fails: ${message}` : `${name} ${String(status)}`;
}
