// Runs http-cache-tests in a process of its own, since it is written in ES modules and keeps its state in them.
//
//   its argument   a checkout of github.com/http-tests/cache-tests; without it, the package http-cache-tests of npm
//   it says        { origin }      the port of its origin, once that listens
//   it is told     { base, ca }    the proxy in front of that origin, and the certificate that the proxy is trusted by
//   it says        { results }     what came of each test, and ends

import http from "node:http";
import https from "node:https";
import process from "node:process";
import { once } from "node:events";
import { pathToFileURL, URL } from "node:url";
import fetch from "node-fetch";

const [checkout] = process.argv.slice(2);
const suite = checkout === undefined ? await released() : await checkedOut(checkout);

const origin = http.createServer((request, response) => {
  const [, dispatch, ...segments] = new URL(request.url, "http://localhost").pathname.split("/");
  const handle = suite.handlers.get(dispatch);
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
// So many at once: some store for a second or two, and ask again meanwhile.
const AT_ONCE = 50;
await suite.run((url, options) => fetch(url, { ...options, agent }), base, AT_ONCE);

const outcomes = suite.outcomes();
const results = suite.tests
  .flatMap(({ tests }) => tests)
  .filter(({ browser_only }) => browser_only !== true)
  .map(({ id, kind = "required" }) => ({ id, kind, outcome: outcomes[id] }));
process.send({ results });
process.disconnect();
origin.close();
origin.closeAllConnections();
agent.destroy();

/** The package of npm. */
async function released() {
  const { runTests, getResults } = await import("http-cache-tests/client/runner.mjs");
  const { default: surrogateControl } = await import("http-cache-tests/tests/surrogate-control.mjs");
  const { default: suites } = await import("http-cache-tests/tests/index.mjs");
  const tests = [...suites, surrogateControl];
  return {
    tests,
    handlers: await handlers((name) => import(`http-cache-tests/server/${name}`)),
    run: (viaProxy, url, atOnce) => runTests(tests, viaProxy, false, url, atOnce),
    outcomes: getResults,
  };
}

/** The repository, which has moved its files and takes the global fetch. */
async function checkedOut(folder) {
  const file = (name) => import(pathToFileURL(`${folder}/${name}`).href);
  const { runTests, getResults } = await file("test-engine/client/runner.mjs");
  const { default: tests } = await file("tests/index.mjs");
  return {
    tests,
    handlers: await handlers((name) => file(`test-engine/server/${name}`)),
    run: (viaProxy, url, atOnce) => {
      globalThis.fetch = viaProxy;
      return runTests(tests, false, url, atOnce);
    },
    outcomes: getResults,
  };
}

/** What answers below each first segment. The suite's own server listens on every address and on a known port. */
async function handlers(load) {
  const names = ["config", "state", "test"];
  const loaded = await Promise.all(names.map((name) => load(`handle-${name}.mjs`)));
  return new Map(names.map((name, i) => [name, loaded[i].default]));
}
