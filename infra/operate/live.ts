import { awsReason } from "../terminal/awsReason";
import type { Terminal } from "../terminal/confirm";
import { refreshTrouble } from "./attention";
import { clientsOf } from "./clients";
import { readDrain, readGroup } from "./look";
import { deployment, notDeployedText, type DeployedPop, type StackOptions } from "./pops";
import { switchText } from "./survey";

/**
 * What a plan cannot know from the stack file, of the deployment as it is: PoPs that are switched off, and instance
 * refreshes that were rolled back. One line each; empty when there is nothing.
 */
export async function liveNotes(
  options: StackOptions,
  terminal: Pick<Terminal, "say">,
  folder?: string,
): Promise<readonly string[]> {
  const { pops, notDeployed } = await deployment(options, [], terminal, folder);
  const notes = (await Promise.all(pops.map(popNotes))).flat();
  return notDeployed.length === 0 ? notes : [...notes, notDeployedText(notDeployed)];
}

async function popNotes(pop: DeployedPop): Promise<readonly string[]> {
  const clients = clientsOf(pop.region);
  const part = async (what: string, reading: Promise<readonly string[]>): Promise<readonly string[]> =>
    reading.catch((error: unknown) => [`${what} cannot be read: ${awsReason(error)}`]);
  const parts = await Promise.all([
    part(
      "the drain switch",
      readDrain(clients, pop).then((drained) =>
        drained === undefined ? [] : [`${switchText(drained)}; it stays so until \`footprint undrain ${pop.region}\``],
      ),
    ),
    part(
      "the Auto Scaling group",
      readGroup(clients, pop).then(({ refresh }) => (refresh === undefined ? [] : refreshTrouble(refresh))),
    ),
  ]);
  return parts.flat().map((note) => `${pop.region}: ${note}`);
}
