// Loaded before the SDK's runner of programs, which does some things for those alone who look for mistakes in Pulumi itself, or
// keep functions in resources. They take more of a processor than the program does.

import "../pulumi/onDemand.js";
import * as log from "@pulumi/pulumi/log";
import { Resource } from "@pulumi/pulumi/resource";
import * as debuggable from "@pulumi/pulumi/runtime/debuggable";
import * as v8Hooks from "@pulumi/pulumi/runtime/closure/v8Hooks";

const debuggablePromise = Reflect.get(debuggable, "debuggablePromise") as <T>(
  promise: Promise<T>,
  context?: unknown,
) => Promise<T>;

/**
 * Each promise is still watched over, and one that is never settled fails the program. Only where it was made is not noted:
 * who wants to know runs the program under Pulumi's own language host.
 */
function withoutStack<T>(promise: Promise<T>, context?: unknown): Promise<T> {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return debuggablePromise(promise, context);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

Object.assign(debuggable, { debuggablePromise: withoutStack });
// Where in the program each resource is made: the whole stack, translated from the source maps, into the engine's state.
Object.assign(Resource, { callsites: () => [] });
// A debugger that hears of each script, for messages about functions that cannot be written down.
Object.assign(v8Hooks, { isInitializedAsync: () => Promise.resolve() });
// Three or four messages a resource, in a call of the engine each.
Object.assign(log, { debug: () => Promise.resolve() });
