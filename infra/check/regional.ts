import {
  DescribeAvailabilityZonesCommand,
  DescribeImagesCommand,
  DescribeInstanceTypeOfferingsCommand,
  type Image,
} from "@aws-sdk/client-ec2";
import { NODE_ROOT_DEVICE, NODE_ROOT_VOLUME_GB } from "../../components/cacheFleet/template";
import type { FootprintConfig, PopConfig } from "../config/model";
import { PLACEHOLDER_IMAGE } from "../config/schema";
import type { RegionalClients } from "./clients";
import { isNamed, look, type About, type Line } from "./line";
import { ownKey, volumeKey } from "./volumeKey";

/** What a PoP needs of its region, apart from quotas. */
export async function popNeeds(
  { stack, volumeKey: key }: Pick<FootprintConfig, "stack" | "volumeKey">,
  pop: PopConfig,
  clients: RegionalClients,
): Promise<readonly Line[]> {
  const { region } = pop;
  const lines = await Promise.all([
    look(region, "zones", (line) => zones(line, pop, clients)),
    look(region, "instance types", (line) => instanceTypes(line, pop, clients)),
    ...(pop.image === PLACEHOLDER_IMAGE ? [] : [look(region, "image", (line) => image(line, stack, pop, clients))]),
    look(region, "key of volumes", (line) =>
      key === undefined ? ownKey(line, clients) : volumeKey(line, key, clients),
    ),
  ]);
  return lines.flat();
}

/** An account need not have every zone of a region. */
async function zones(line: About, pop: PopConfig, { ec2 }: RegionalClients): Promise<Line> {
  const { AvailabilityZones = [] } = await ec2.send(new DescribeAvailabilityZonesCommand({}));
  const usable = AvailabilityZones.filter(
    ({ State, ZoneType }) => State === "available" && (ZoneType ?? "availability-zone") === "availability-zone",
  ).map(({ ZoneId }) => ZoneId);
  const missing = pop.zones.map(({ id }) => id).filter((id) => !usable.includes(id));
  return missing.length === 0
    ? line.ok(pop.zones.map(({ id }) => id).join(", "))
    : line.fails(
        `the account has no ${missing.join(", ")}`,
        `name others in pops.${pop.region}.zones; there are ${usable.join(", ")}`,
      );
}

async function instanceTypes(line: About, pop: PopConfig, { ec2 }: RegionalClients): Promise<Line> {
  const { types } = pop.nodes;
  const { InstanceTypeOfferings = [] } = await ec2.send(
    new DescribeInstanceTypeOfferingsCommand({
      LocationType: "availability-zone-id",
      Filters: [
        { Name: "instance-type", Values: [...types] },
        { Name: "location", Values: pop.zones.map(({ id }) => id) },
      ],
    }),
  );
  const lacking = pop.zones.map(({ id }) => {
    const offered = InstanceTypeOfferings.filter(({ Location }) => Location === id).map(({ InstanceType }) =>
      String(InstanceType),
    );
    return { zone: id, none: offered.length === 0, missing: types.filter((type) => !offered.includes(type)) };
  });
  const missing = lacking
    .filter((each) => each.missing.length > 0)
    .map((each) => `${each.zone} has no ${each.missing.join(", ")}`)
    .join("; ");
  if (missing === "") {
    return line.ok(`${types.join(", ")} in each zone`);
  }
  return lacking.some(({ none }) => none)
    ? line.fails(missing, `choose others in pops.${pop.region}: nodes.types, or zones`)
    : line.warning(missing, "the others of the list are used there; one that is everywhere makes zones equal");
}

async function image(line: About, stack: string, pop: PopConfig, { ec2 }: RegionalClients): Promise<Line> {
  const other = `footprint images --stack ${stack} --release latest`;
  const found = await ec2
    .send(new DescribeImagesCommand({ ImageIds: [pop.image], IncludeDeprecated: true }))
    .then(({ Images }) => Images?.[0])
    .catch((error: unknown) => {
      // Its id is made of the region's own: that of another region is none here.
      if (isNamed(error, "InvalidAMIID.NotFound") || isNamed(error, "InvalidAMIID.Unavailable")) {
        return undefined;
      }
      throw error;
    });
  if (found === undefined) {
    return line.fails(`${pop.image} is not in this region, or not for this account`, other);
  }
  const problems = imageProblems(found);
  if (problems.length > 0) {
    return line.fails(`${pop.image}: ${problems.join("; ")}`, other);
  }
  const { DeprecationTime } = found;
  return DeprecationTime !== undefined && Date.parse(DeprecationTime) < Date.now()
    ? line.warning(`${pop.image} is deprecated since ${DeprecationTime}, and may go`, other)
    : line.ok(`${pop.image}, ${found.Name ?? "without a name"}`);
}

function imageProblems(found: Image): readonly string[] {
  const { State, Architecture, RootDeviceType, RootDeviceName, BlockDeviceMappings = [] } = found;
  const size = BlockDeviceMappings.find(({ DeviceName }) => DeviceName === RootDeviceName)?.Ebs?.VolumeSize ?? 0;
  return [
    ...(State === "available" ? [] : [`its state must be "available", got "${String(State)}"`]),
    ...(Architecture === "arm64" ? [] : [`must be for arm64, as the packages are, got "${String(Architecture)}"`]),
    // With another name the launch template's volume would be a second one, and the root would not be encrypted.
    ...(RootDeviceType === "ebs" && RootDeviceName === NODE_ROOT_DEVICE
      ? []
      : [
          `its root device must be ${NODE_ROOT_DEVICE} on EBS, got ${String(RootDeviceName)} on ${String(RootDeviceType)}`,
        ]),
    ...(size <= NODE_ROOT_VOLUME_GB
      ? []
      : [`its root volume must fit into ${String(NODE_ROOT_VOLUME_GB)} GB, got ${String(size)}`]),
  ];
}
