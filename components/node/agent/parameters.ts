import { GetParametersCommand, SSMClient } from "@aws-sdk/client-ssm";
import { CLIENT_LIMITS } from "./limits";
import type { ReadParameters } from "./secrets";

/** The region's parameters, read by name and version. */
export function ssmParameters(region: string): ReadParameters {
  const client = new SSMClient({ region, ...CLIENT_LIMITS });
  return async (selectors) => {
    const { Parameters = [] } = await client.send(
      new GetParametersCommand({ Names: [...selectors], WithDecryption: true }),
    );
    return new Map(
      Parameters.flatMap(({ Name, Version, Value }) =>
        Name === undefined || Version === undefined || Value === undefined
          ? []
          : [[`${Name}:${String(Version)}`, Value] as const],
      ),
    );
  };
}
