import * as pulumi from "@pulumi/pulumi";
import { placeholderImages } from "./config/complete";
import type { FootprintConfig } from "./config/model";
import { ConfigError } from "./config/problems";
import { programConfig } from "./config/read";
import { Footprint } from "./footprint";

/** The program of every stack: read its file, declare its footprint, export what operators need. */
export = () => {
  const { endpoints, popNames, egressAddresses, storeBuckets, nameServers } = new Footprint("footprint", deployable());
  return { endpoints, popNames, egressAddresses, storeBuckets, nameServers };
};

/** The configuration; a mistake in it ends the program before anything is registered, without a stack trace. */
function deployable(): FootprintConfig {
  try {
    const config = programConfig();
    const missing = placeholderImages(config);
    if (missing.length > 0 && !pulumi.runtime.isDryRun()) {
      throw new pulumi.RunError(
        `image: no image is chosen for ${missing.join(", ")}: run \`footprint images --stack ${config.stack} --release latest\``,
      );
    }
    return config;
  } catch (error) {
    throw error instanceof ConfigError ? new pulumi.RunError(error.message) : error;
  }
}
