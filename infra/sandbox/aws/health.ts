import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text as textOf } from "node:stream/consumers";
import { text, valuesAt } from "./values";
import type { Entity, World } from "./world";

const GROUP = "aws:autoscaling/group:Group";
const TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate";
const SPECIFICATION = "mixedInstancesPolicy.launchTemplate.launchTemplateSpecification";

export interface HealthServer {
  /** For the AWS SDK of a program: where these services are, and credentials that open nothing. */
  readonly environment: Readonly<Record<string, string>>;
  readonly stop: () => void;
}

/**
 * The questions that the program itself asks of AWS, over HTTP as the SDK asks them: which target groups and nodes a group
 * has, how these are there, and what they were launched by. A group has as many healthy nodes as it wants, of the version
 * that it has, unless its file in `entities/` says `healthy` or `launched`.
 */
export async function serveHealth(world: World): Promise<HealthServer> {
  const server = createServer((request, response) => {
    void answer(world, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A sandbox that is done ends, whether somebody has stopped it or not.
  server.unref();
  const endpoint = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  return {
    environment: {
      AWS_ENDPOINT_URL_AUTO_SCALING: endpoint,
      AWS_ENDPOINT_URL_EC2: endpoint,
      AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2: endpoint,
      AWS_ACCESS_KEY_ID: "sandbox",
      AWS_SECRET_ACCESS_KEY: "sandbox",
      AWS_CONFIG_FILE: "/dev/null",
      AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    },
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function answer(world: World, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const asked = new URLSearchParams(await textOf(request));
  const region = /Credential=[^/]+\/\d+\/([^/]+)\//.exec(request.headers.authorization ?? "")?.[1] ?? "";
  const action = asked.get("Action") ?? "";
  // What was edited by hand is what there is.
  world.load();
  response
    .writeHead(200, { "content-type": "text/xml" })
    .end(`<${action}Response>${told(world, region, action, asked)}</${action}Response>`);
}

function told(world: World, region: string, action: string, asked: URLSearchParams): string {
  const groups = world.inRegion(GROUP, region);
  if (action === "DescribeLaunchTemplateVersions") {
    return versionOf(world, region, groups, asked);
  }
  const result =
    action === "DescribeTargetHealth"
      ? healthOf(groups.find((each) => targetGroupsOf(each).includes(asked.get("TargetGroupArn") ?? "")))
      : groups
          .filter(({ id }) => id === asked.get("AutoScalingGroupNames.member.1"))
          .map(
            (group) => list("TargetGroupARNs", targetGroupsOf(group)) + list("Instances", nodesOf(group).map(instance)),
          )
          .map((group) => `<AutoScalingGroups><member>${group}</member></AutoScalingGroups>`)
          .join("");
  return `<${action}Result>${result}</${action}Result>`;
}

interface Node {
  readonly id: string;
  readonly template: string;
  readonly version: string;
}

function nodesOf({ properties, healthy, launched }: Entity): readonly Node[] {
  const [template = "", version = ""] = ["launchTemplateId", "version"].map((key) =>
    text(valuesAt(properties, `${SPECIFICATION}.${key}`)[0]),
  );
  return Array.from({ length: healthy ?? Number(properties.desiredCapacity) }, (_, place) => ({
    id: `i-${String(place)}`,
    template,
    version: launched?.version ?? version,
  }));
}

function instance({ id, template, version }: Node): string {
  const by = `<LaunchTemplateId>${template}</LaunchTemplateId><Version>${version}</Version>`;
  return `<InstanceId>${id}</InstanceId><LaunchTemplate>${by}</LaunchTemplate>`;
}

function targetGroupsOf({ properties }: Entity): readonly string[] {
  return valuesAt(properties, "targetGroupArns[*]").map(text);
}

/** EC2 writes lists in a way of its own. */
function versionOf(world: World, region: string, groups: readonly Entity[], asked: URLSearchParams): string {
  const version = asked.get("LaunchTemplateVersion.1") ?? "";
  const template = world.inRegion(TEMPLATE, region).find(({ id }) => id === asked.get("LaunchTemplateId"));
  const former = groups.find(({ launched }) => launched?.version === version)?.launched?.publicAddresses;
  const [present] = valuesAt(template?.properties ?? {}, "networkInterfaces[*].associatePublicIpAddress");
  const address = `<associatePublicIpAddress>${text(former ?? present)}</associatePublicIpAddress>`;
  const data = `<launchTemplateData><networkInterfaceSet><item>${address}</item></networkInterfaceSet></launchTemplateData>`;
  return `<launchTemplateVersionSet><item>${data}</item></launchTemplateVersionSet>`;
}

function healthOf(group: Entity | undefined): string {
  const targets = (group === undefined ? [] : nodesOf(group)).map(
    ({ id }) => `<Target><Id>${id}</Id></Target><TargetHealth><State>healthy</State></TargetHealth>`,
  );
  return list("TargetHealthDescriptions", targets);
}

function list(name: string, members: readonly string[]): string {
  return `<${name}>${members.map((member) => `<member>${member}</member>`).join("")}</${name}>`;
}
