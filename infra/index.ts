import * as pulumi from "@pulumi/pulumi";
import { Footprint } from "../components/footprint";
import { Egress } from "../components/network";
import { PACKAGE_LOCK } from "../components/node/packageLock";
import { agentFile, type AgentFile } from "./agentFile";
import { AnswersStay } from "./answersStay";
import { placeholders } from "./config/complete";
import type { FootprintConfig } from "./config/model";
import { ConfigError } from "./config/problems";
import { programConfig } from "./config/read";
import { footprintArgs } from "./footprint";
import { newZones } from "./newZones";
import { nodesFirst, type Nodes } from "./nodesFirst";

/** The program of every stack: read its file, declare its footprint, export what operators need. */
export = async () => {
  const config = deployable();
  const answers = new AnswersStay();
  const footprint: Footprint = new Footprint("footprint", footprintArgs(config, agent()), {
    transformations: [
      ...(pulumi.runtime.hasEngine() ? [newZones((host) => zoneOf(config, host))] : []),
      ...(isUpdate() ? [nodesFirst(() => nodesOf(config, footprint)), answers.transformation] : []),
    ],
  });
  await unanswered(answers);
  const { endpoints, popNames, egressAddresses, storeBuckets, logBuckets, nodeGroups, nameServers } = footprint;
  const { configurationKeys } = footprint;
  // Of the file the operator's tool cannot tell what was deployed: where a rotation stands, and which PoPs take clients.
  const secretGenerations = config.secrets;
  const popStates = Object.fromEntries(config.pops.map(({ region, state }) => [region, state]));
  // How old these are is told by `footprint status`.
  const images = Object.fromEntries(config.pops.map(({ region, image }) => [region, image]));
  const packagesLockedAt = PACKAGE_LOCK.snapshot;
  // What commands need of the file in an incident: it may be in the middle of a change then.
  const hosts = config.sites.map(({ host }) => host);
  // Purges go there before they go to the PoPs that fetch from there.
  const shields = Object.fromEntries(
    config.sites.flatMap(({ host, shield }) => (shield === undefined ? [] : [[host, shield] as const])),
  );
  const { healthCheck } = config;
  const { popParts, healthCheckIds } = footprint;
  // For what shows AWS's own metrics (`footprint dashboard`), by their dimensions.
  const measured = Object.entries(popParts).map(([region, parts]) => ({
    ...parts,
    healthCheckId: healthCheckIds[region],
  }));
  return {
    ...(Object.keys(shields).length === 0 ? {} : { shields }),
    ...{ endpoints, popNames, egressAddresses, storeBuckets, logBuckets, nodeGroups, nameServers },
    ...{ secretGenerations, popStates, hosts, healthCheck, configurationKeys, measured, images, packagesLockedAt },
  };
};

/** Whether an engine carries out what the program declares: neither a preview nor an offline plan asks AWS anything. */
function isUpdate(): boolean {
  return pulumi.runtime.hasEngine() && !pulumi.runtime.isDryRun();
}

/** Ends the program where an update would leave a host without an answer; then the engine takes nothing away. */
async function unanswered(answers: AnswersStay): Promise<void> {
  const missing = await answers.missing();
  if (missing.length > 0) {
    throw refusal(
      `no active PoP could be given clients of ${missing.join(", ")}, so this update takes nothing away: who answered ` +
        "before goes on. Mend what has failed and run `pulumi up` again, or put the former file back.",
    );
  }
}

function nodesOf({ pops }: FootprintConfig, { nodeGroups }: Footprint): readonly Nodes[] {
  return pops.flatMap(({ region, egress, nodes: { min } }) => {
    const group = nodeGroups[region];
    return group === undefined ? [] : [{ region, group, min, direct: egress === Egress.Direct }];
  });
}

function zoneOf({ sites }: FootprintConfig, host: string): string | undefined {
  return sites.find((site) => site.host === host)?.zone;
}

/** The configuration; a mistake in it ends the program before anything is registered. */
function deployable(): FootprintConfig {
  const config = checked();
  const missing = placeholders(config);
  if (missing.length > 0 && !pulumi.runtime.isDryRun()) {
    throw refusal(missing.map(({ path, problem, command }) => `${path}: ${problem}: run \`${command}\``).join("\n"));
  }
  return config;
}

/** The nodes' agent. What keeps it from being made is told as it is: a folder that cannot be written, a syntax error. */
function agent(): AgentFile {
  try {
    return agentFile();
  } catch (error) {
    throw refusal(`the nodes' agent cannot be made: ${error instanceof Error ? error.message : String(error)}`);
  }
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
