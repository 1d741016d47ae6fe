import * as http from "node:http";
import type { Target } from "../protocol/purgeLog";

/** What takes responses out of a node's cache. Each call throws when the cache does not answer. */
export interface PurgeCache {
  /** Takes out what the target names; soft: makes it stale. What belongs to no site of this PoP is no error. */
  purge(target: SiteTarget, soft: boolean): Promise<void>;
  /** Takes out everything. */
  flush(): Promise<void>;
}

/** A target that belongs to one site. */
export type SiteTarget = Exclude<Target, { readonly kind: "all" }>;

/** An answer that takes longer has failed: tens of thousands of objects are taken out in some ms. */
const PATIENCE_MS = 10_000;

/** Varnish, by its socket for purges (varnish/purge.ts says what it takes). */
export function varnishPurgeCache(socketPath: string): PurgeCache {
  async function ask(method: string, path: string, headers: http.OutgoingHttpHeaders): Promise<number> {
    return new Promise((resolve, reject) => {
      // A connection of its own: one that waits for the next purge may be closed by then.
      const request = http.request({ socketPath, method, path, headers, agent: false, timeout: PATIENCE_MS });
      request.on("timeout", () => request.destroy(new Error(`Varnish has not answered within ${PATIENCE_MS} ms`)));
      request.on("error", reject);
      request.on("response", (response) => {
        response.on("error", reject);
        response.on("end", () => {
          resolve(response.statusCode ?? 0);
        });
        response.resume();
      });
      request.end();
    });
  }

  return {
    async purge(target, soft) {
      const method = soft ? "SOFTPURGE" : "PURGE";
      const status = await ask(method, target.kind === "url" ? target.path : "/", fieldsOf(target));
      if (isSettled(status)) {
        return;
      }
      // Such as a URL that overflows a workspace. To try for ever would hold up all purges that follow, and to go on
      // would leave what was to be forgotten: so the whole site goes.
      const whole = await ask(method, "/", fieldsOf({ kind: "host", host: target.host }));
      if (!isSettled(whole)) {
        throw new Error(
          `Varnish answers ${method} of ${target.kind} with ${status}, and of the whole site with ${whole}`,
        );
      }
    },
    async flush() {
      const status = await ask("BAN", "/", { host: "all", "x-footprint-purge": "all" });
      if (status !== 200) {
        throw new Error(`Varnish answers a ban of everything with ${status}`);
      }
    },
  };
}

/** 421: no site of this PoP, so there is nothing of it. */
function isSettled(status: number): boolean {
  return status === 200 || status === 421;
}

function fieldsOf(target: SiteTarget): http.OutgoingHttpHeaders {
  const fields = { host: target.host, "x-footprint-purge": target.kind };
  return target.kind === "tag" ? { ...fields, "x-footprint-tag": target.tag } : fields;
}
