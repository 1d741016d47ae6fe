import { GetParametersCommand, SSMClient } from "@aws-sdk/client-ssm";
import { CLIENT_LIMITS } from "./limits";
import type { NewestParameter } from "./pointerWatch";
import type { ReadParameters } from "./secrets";

/** The region's parameters. */
export interface RegionParameters {
  /** By name and version: what AWS answers is final, since a version never changes. */
  readonly read: ReadParameters;
  /** The newest version by name. Throws when there is none. */
  readonly newest: (name: string) => Promise<NewestParameter>;
}

export function ssmParameters(region: string): RegionParameters {
  const client = new SSMClient({ region, ...CLIENT_LIMITS });
  const ask = async (names: readonly string[]) => {
    const { Parameters = [] } = await client.send(
      new GetParametersCommand({ Names: [...names], WithDecryption: true }),
    );
    return Parameters.flatMap(({ Name: name, Version: version, Value: value }) =>
      name === undefined || version === undefined || value === undefined ? [] : [{ name, version, value }],
    );
  };
  return {
    async read(selectors) {
      return new Map((await ask(selectors)).map(({ name, version, value }) => [`${name}:${String(version)}`, value]));
    },
    async newest(name) {
      const found = (await ask([name])).find((each) => each.name === name);
      if (found === undefined) {
        throw new Error(`the parameter ${name} is not there, or this node may not read it`);
      }
      return found;
    },
  };
}
