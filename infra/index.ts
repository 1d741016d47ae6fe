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

/** The configuration; a mistake in it ends the program before anything is registered. */
function deployable(): FootprintConfig {
  const config = checked();
  const missing = placeholderImages(config);
  if (missing.length > 0 && !pulumi.runtime.isDryRun()) {
    throw refusal(
      `image: no image is chosen for ${missing.join(", ")}: run \`footprint images --stack ${config.stack} --release latest\``,
    );
  }
  return config;
}

function checked(): FootprintConfig {
  try {
    return programConfig();
  } catch (error) {
    throw error instanceof ConfigError ? refusal(error.message) : error;
  }
}

/**
 * A mistake of the user's, told in its own words. It has no stack: nobody wants it, and Node 20 takes 20 seconds and all
 * the memory there is to colour one that ends in Pulumi's own files, which Pulumi 3.248 has it do for every failure.
 */
function refusal(message: string): pulumi.RunError {
  return Object.assign(new pulumi.RunError(message), { stack: "" });
}
