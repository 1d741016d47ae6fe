import type { Command } from "commander";
import { asciiHint, canonicalName, isHostName } from "../config/names";
import { awsReason } from "../terminal/awsReason";
import { UserError } from "../terminal/userError";
import { hostedZones } from "./lookUps";

/** Adds `footprint zone-id`. */
export function registerZoneId(program: Command): void {
  program
    .command("zone-id")
    .description("Print the id of the public hosted zone of that name, for footprint:zones.")
    .argument("<name>", "name of the zone, such as example.com")
    .addHelpText("after", "\nNeeds AWS credentials that may call route53:ListHostedZonesByName.")
    .action(async (name: string) => {
      process.stdout.write(`${await publicZoneId(name)}\n`);
    });
}

/** Id of the one public hosted zone with exactly that name; a UserError for none and for several. */
export async function publicZoneId(given: string): Promise<string> {
  const name = canonicalName(given);
  if (!isHostName(name)) {
    throw new UserError(`must be the name of a zone, such as example.com, got "${given}"${asciiHint(given)}`);
  }
  const zones = await hostedZones(name).catch((error: unknown) => {
    throw new UserError(`the hosted zones could not be listed: ${awsReason(error)}`);
  });
  const ids = zones
    .filter((zone) => zone.Config?.PrivateZone !== true)
    .map((zone) => (zone.Id ?? "").replace("/hostedzone/", ""))
    .sort();
  const [id] = ids;
  if (id === undefined) {
    throw new UserError(`no public hosted zone named ${name} in this account`);
  }
  if (ids.length > 1) {
    throw new UserError(
      `several public hosted zones are named ${name}, choose the one its registrar delegates to: ${ids.join(", ")}`,
    );
  }
  return id;
}
