"use strict";

const vm = require("node:vm");
const { ModernFakeTimers } = require("@jest/fake-timers");
const { TestEnvironment } = require("jest-environment-node");
const { ModuleMocker } = require("jest-mock");

/** What Jest takes from outside although a context has its own: bytes from Node's modules are then of one class. */
const FROM_OUTSIDE = ["Buffer", "ArrayBuffer", "Uint8Array"];

/** The one environment of this worker. @type {TestEnvironment | undefined} */
let world;

/**
 * Jest's environment of Node, made otherwise in two ways.
 *
 * Once a worker, not once a test file: only in one V8 context can files share what `sharedLibraries.js` has loaded. A
 * file still finds a `process` of its own, with the environment as it was.
 *
 * With a plain global object (Node 20.18 and later). In Jest's, each look at a global goes through an interceptor and a
 * Proxy; a program of Pulumi, all promises, takes twice the time there.
 */
class World {
  constructor(config, context) {
    const own = new TestEnvironment(config, context);
    world ??= withPlainGlobal(own, config.projectConfig);
    world.global.process = own.global.process;
    world.global.Error.stackTraceLimit = 100;
    // By these, Jest would tell the files that ran before of each test, and keep all that they have loaded.
    delete world.global[Symbol.for("EVENT_HANDLERS")];
    forgetTests(world.global);
    return world;
  }
}

/** Each file brings a symbol of its own, under which Jest keeps its tests there, and with these all that the file has loaded. */
function forgetTests(global) {
  for (const symbol of Object.getOwnPropertySymbols(global)) {
    if (symbol.description === "JEST_STATE_SYMBOL") {
      delete global[symbol];
    }
  }
}

function withPlainGlobal(environment, projectConfig) {
  const global = vm.runInContext("globalThis", vm.createContext(vm.constants?.DONT_CONTEXTIFY ?? {}));
  for (const name of Reflect.ownKeys(environment.global)) {
    if (!Object.hasOwn(global, name) || FROM_OUTSIDE.includes(name)) {
      Object.defineProperty(global, name, Object.getOwnPropertyDescriptor(environment.global, name));
    }
  }
  global.global = global;
  return Object.assign(environment, {
    context: global,
    global,
    moduleMocker: new ModuleMocker(global),
    fakeTimersModern: new ModernFakeTimers({ config: projectConfig, global }),
    teardown: async () => {},
  });
}

module.exports = World;
