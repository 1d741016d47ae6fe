import { nameServerAddress } from "./cities/cities";
import { TYPES } from "./declared";
import type { Lab } from "./lab";
import { namedSites } from "./namedSites";

/** What is said when a lab serves: where, and lines to paste. */
export function firstSteps(lab: Lab, page: string, environmentFile: string): string {
  const { stack } = lab.options;
  const { config } = lab;
  const [named] = namedSites(config);
  const host = named ?? config.sites[0]?.host ?? "";
  const doors = lab.aws.world.ofType(TYPES.loadBalancer).map(({ id, region }) => {
    const zones = lab.aws.loadBalancers.get(id)?.zones ?? [];
    return `  ${(region ?? "").padEnd(16)} ${zones.map(({ address, zone }) => `${address} (${zone})`).join(", ")}\n`;
  });
  const address = [...lab.aws.loadBalancers.values()][0]?.zones[0]?.address ?? "";
  return `
${stack} serves on this machine. Load balancers, an address in each zone:
${doors.join("")}
A map of it, and what may go wrong to be tried: ${page}

Twice the same request: Cache-Status and Age say what came from the cache.
  curl --cacert ${lab.authorityFile} --resolve ${host}:443:${address} --include https://${host}/

${
  named === undefined
    ? "No site has a name in DNS (`dns: later`), so that nobody in the cities asks."
    : `What clients are told, here for somebody in Singapore:
  dig @${nameServerAddress(lab.network)} ${named} +subnet=${subnetOf(lab, "Singapore")}`
}

In another terminal, as root:
  . ${environmentFile}    from then on commands there mean this lab
  npx footprint status --stack ${stack}
  npx footprint purge --stack ${stack} --all --wait
  npx footprint sandbox up --stack ${stack}    after an edit of stacks/Pulumi.${stack}.yaml

Ctrl-C ends it.
`;
}

/** The network of a city's people, as a resolver tells it. */
function subnetOf({ internet }: Lab, city: string): string {
  const address = internet.cities.find(({ name }) => name === city)?.address ?? "";
  return address.replace(/\d+$/, "0/24");
}
