// Runs http-cache-tests in a process of its own, since it is written in ES modules and keeps its state in them.
//
//   it says      { origin }      the port of its origin, once that listens
//   it is told   { base, ca }    the proxy in front of that origin, and the certificate that the proxy is trusted by
//   it says      { results }     what came of each test, and ends

import http from "node:http";
import https from "node:https";
import process from "node:process";
import { once } from "node:events";
import { URL } from "node:url";
import fetch from "node-fetch";
import { getResults, runTests } from "http-cache-tests/client/runner.mjs";
import handleConfig from "http-cache-tests/server/handle-config.mjs";
import handleState from "http-cache-tests/server/handle-state.mjs";
import handleTest from "http-cache-tests/server/handle-test.mjs";
import surrogateControl from "http-cache-tests/tests/surrogate-control.mjs";
import suites from "http-cache-tests/tests/index.mjs";

/** The suite's own server listens on every address and on a port that is known before. */
const HANDLERS = new Map([
  ["config", handleConfig],
  ["state", handleState],
  ["test", handleTest],
]);

const origin = http.createServer((request, response) => {
  const [, dispatch, ...segments] = new URL(request.url, "http://localhost").pathname.split("/");
  const handle = HANDLERS.get(dispatch);
  if (handle === undefined) {
    response.writeHead(404).end();
    return;
  }
  handle(segments, request, response);
});
origin.listen(0, "127.0.0.1");
await once(origin, "listening");
process.send({ origin: origin.address().port });

const [{ base, ca }] = await once(process, "message");
// As browsers do: connections are kept, and HTTP/1.1 is what this client speaks.
const agent = new https.Agent({ ca, keepAlive: true, family: 4 });
const all = [...suites, surrogateControl];
// So many at once: some store for a second or two, and ask again meanwhile.
const AT_ONCE = 50;
await runTests(all, (url, options) => fetch(url, { ...options, agent }), false, base, AT_ONCE);

const outcomes = getResults();
const results = all
  .flatMap(({ tests }) => tests)
  .filter(({ browser_only }) => browser_only !== true)
  .map(({ id, kind = "required" }) => ({ id, kind, outcome: outcomes[id] }));
process.send({ results });
process.disconnect();
origin.close();
origin.closeAllConnections();
agent.destroy();
