import { sha256Of } from "../../../../components/node/agent/artifacts";
import type { Store, StoredObject } from "../../../../components/node/agent/store";
import type { Bundle } from "../../../../components/node/protocol/bundleFormat";
import { AGENT_TIMING } from "../../../../components/node/timing";

/** A small bundle. */
export function bundleWith(changes: Partial<Bundle> = {}): Bundle {
  return {
    files: { "/etc/haproxy/a": "a\n", "/usr/local/lib/footprint/script": "#!/bin/sh\n" },
    units: ["one.service"],
    agent: { key: "agents/a", sha256: "a".repeat(64) },
    settings: {
      region: "eu-west-1",
      popName: "eu-west-1.pop.example.com",
      hosts: ["www.example.com"],
      ports: { traffic: 1, health: 2, agentMetrics: 3 },
      purgeMaxStaleness: 3600,
      metrics: { cloudwatch: false, sites: [] },
      timing: { ...AGENT_TIMING, selfTestPatience: 0.001 },
    },
    ...changes,
  };
}

/** A bundle as a text and its hash. */
export function textOf(bundle: Bundle): { readonly text: string; readonly sha256: string } {
  const text = JSON.stringify(bundle);
  return { text, sha256: sha256Of(text) };
}

/** A store in memory; with `away`, each call fails. */
export class MemoryStore implements Store {
  readonly objects = new Map<string, string>();
  readonly calls: string[] = [];
  away = false;

  async get(key: string): Promise<StoredObject | undefined> {
    const found = await this.getUnless(key, undefined);
    return found === "unchanged" ? undefined : found;
  }

  getUnless(key: string, etag: string | undefined): Promise<StoredObject | "unchanged" | undefined> {
    this.calls.push(`get ${key}`);
    const text = this.objects.get(key);
    return this.answer(() => {
      if (text === undefined) {
        return undefined;
      }
      const current = sha256Of(text);
      return current === etag ? "unchanged" : { content: Buffer.from(text), etag: current };
    });
  }

  list(prefix: string): Promise<readonly string[]> {
    return this.answer(() => [...this.objects.keys()].filter((key) => key.startsWith(prefix)));
  }

  put(key: string, content: string): Promise<void> {
    this.calls.push(`put ${key}`);
    return this.answer(() => {
      this.objects.set(key, content);
    });
  }

  private answer<T>(give: () => T): Promise<T> {
    return this.away ? Promise.reject(new Error("the store is away")) : Promise.resolve(give());
  }
}
