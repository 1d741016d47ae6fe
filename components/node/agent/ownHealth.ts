import * as http from "node:http";
import { NODE_HEALTH_PATH } from "../ports";

/** HAProxy answers from memory. */
const PATIENCE_MS = 2000;

/** Longest reason that is read. */
const REASON_LIMIT = 300;

/** What the node answers to its load balancer: "ok" for 200, else why not. It never throws. */
export function ownHealth(port: number): Promise<string> {
  return new Promise((resolve) => {
    const request = http.get({
      host: "127.0.0.1",
      port,
      path: NODE_HEALTH_PATH,
      agent: false,
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const failed = (error: Error): void => {
      resolve(`HAProxy does not answer: ${error.message}`);
    };
    request.on("error", failed);
    request.on("response", (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (text: string) => (body = (body + text).slice(0, REASON_LIMIT)));
      response.on("error", failed);
      response.on("end", () => {
        resolve(response.statusCode === 200 ? "ok" : body.trim());
      });
    });
  });
}
