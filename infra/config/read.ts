import * as pulumi from "@pulumi/pulumi";
import { loadConfig } from "./load";
import type { FootprintConfig } from "./model";

/**
 * The configuration of the running program's stack: the only place that reads Pulumi's configuration. Throws a
 * ConfigError with every mistake in it; nothing has been registered by then.
 */
export function programConfig(): FootprintConfig {
  return loadConfig(pulumi.getStack(), pulumi.runtime.allConfig());
}
