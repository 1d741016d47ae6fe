import * as http from "node:http";
import type { Target } from "../protocol/purgeLog";

/** What takes responses out of a node's cache. Each call throws when the cache does not answer. */
export interface PurgeCache {
  /**
   * Takes out what the target names; soft: makes it stale, but for a prefix, which can only be taken out. What is of no
   * site of this PoP is no error.
   *
   * @returns how many objects that were; null for a prefix, which nobody counts
   */
  purge(target: Target, soft: boolean): Promise<number | null>;
  /** Takes out everything, whatever the index of keys says. */
  flush(): Promise<void>;
  /** Says how far the node is, and what it needs of others from now on (protocol/marks.ts). */
  mark(marks: { readonly done: string; readonly needs: string }): Promise<void>;
}

/** What keeps it within its memory, besides. */
export interface RelievedCache extends PurgeCache {
  /** Takes out what takes more memory than is counted of it. @returns how many objects that were, null if that is not known */
  relieve(): Promise<number | null>;
}

interface Answer {
  readonly status: number;
  readonly count: number | null;
}

/** An answer that takes longer has failed: tens of thousands of objects are taken out in some ms. */
const PATIENCE_MS = 10_000;

/** Varnish, by its socket for purges (varnish/purge.ts says what it takes). */
export function varnishPurgeCache(socketPath: string): RelievedCache {
  async function ask(method: string, path: string, headers: http.OutgoingHttpHeaders): Promise<Answer> {
    return new Promise((resolve, reject) => {
      // A connection of its own: one that waits for the next purge may be closed by then.
      const request = http.request({ socketPath, method, path, headers, agent: false, timeout: PATIENCE_MS });
      request.on("timeout", () => request.destroy(new Error(`Varnish has not answered within ${PATIENCE_MS} ms`)));
      request.on("error", reject);
      request.on("response", (response) => {
        response.on("error", reject);
        response.on("end", () => {
          const count = response.headers["x-footprint-count"];
          resolve({ status: response.statusCode ?? 0, count: typeof count === "string" ? Number(count) : null });
        });
        response.resume();
      });
      request.end();
    });
  }

  return {
    async purge(target, soft) {
      const method = target.kind === "prefix" ? "BAN" : soft ? "SOFTPURGE" : "PURGE";
      const { status, count } = await ask(method, "path" in target ? target.path : "/", fieldsOf(target));
      if (status === 200) {
        return count;
      }
      // Such as a URL that overflows a workspace, or one of a site that is not there at the moment. To try for ever would
      // hold up all purges that follow, and to go on would leave what was to be forgotten: so the whole site goes.
      const whole =
        target.kind === "all"
          ? { status, count }
          : await ask(soft ? "SOFTPURGE" : "PURGE", "/", fieldsOf({ kind: "host", host: target.host }));
      if (whole.status !== 200) {
        throw new Error(
          `Varnish answers ${method} of ${target.kind} with ${status}, and of the whole with ${whole.status}`,
        );
      }
      return whole.count;
    },
    async flush() {
      const { status } = await ask("BAN", "/", { host: "all", "x-footprint-purge": "all" });
      if (status !== 200) {
        throw new Error(`Varnish answers a ban of everything with ${status}`);
      }
    },
    async relieve() {
      const { status, count } = await ask("RELIEVE", "/", { host: "all" });
      // 405: a configuration of before, which does not know what that is.
      if (status !== 200 && status !== 405) {
        throw new Error(`Varnish answers with ${status} that its memory is short`);
      }
      return count;
    },
    async mark({ done, needs }) {
      const { status } = await ask("MARK", "/", {
        host: "all",
        "x-footprint-done": done,
        "x-footprint-needs": needs,
      });
      // 405: a configuration of before, which asks no other node.
      if (status !== 200 && status !== 405) {
        throw new Error(`Varnish answers a mark with ${status}`);
      }
    },
  };
}

function fieldsOf(target: Target): http.OutgoingHttpHeaders {
  const fields = { host: target.kind === "all" ? "all" : target.host, "x-footprint-purge": target.kind };
  return target.kind === "tag" ? { ...fields, "x-footprint-tag": target.tag } : fields;
}
