import { GetParametersCommand } from "@aws-sdk/client-ssm";
import type { ParameterVersion, Pointer } from "../../components/node/protocol/pointer";
import type { Clients } from "./clients";

/**
 * The purge keys of a PoP, the one that signs first: `next`, which nodes accept today and will accept after a rotation
 * too. Signed with `current`, what was published just before a rotation would be refused just after it.
 *
 * @throws when they cannot be read; no message holds a value
 */
export async function purgeKeys({ ssm }: Clients, { parameters }: Pointer): Promise<readonly [string, string]> {
  const { next, current } = parameters.purge;
  const { Parameters = [] } = await ssm.send(
    new GetParametersCommand({ Names: [selector(next), selector(current)], WithDecryption: true }),
  );
  const value = (wanted: ParameterVersion): string => {
    const found = Parameters.find(
      ({ Name, ARN, Version }) => (Name === wanted.name || ARN === wanted.name) && Version === wanted.version,
    )?.Value;
    if (found === undefined || found === "") {
      throw new Error(`the purge key cannot be read: there is no parameter ${selector(wanted)}`);
    }
    return found;
  };
  return [value(next), value(current)];
}

function selector({ name, version }: ParameterVersion): string {
  return `${name}:${String(version)}`;
}
