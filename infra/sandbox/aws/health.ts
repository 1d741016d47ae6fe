import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text as textOf } from "node:stream/consumers";
import { text } from "./values";
import type { World } from "./world";

const GROUP = "aws:autoscaling/group:Group";

export interface HealthServer {
  /** For the AWS SDK of a program: where these services are, and credentials that open nothing. */
  readonly environment: Readonly<Record<string, string>>;
  readonly stop: () => void;
}

/**
 * The two questions that the program itself asks of AWS, over HTTP as the SDK asks them: which target groups a group has,
 * and how its nodes are there. A group has as many healthy nodes as it wants, unless its file in `entities/` says
 * `healthy`.
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
  const groups = world.inRegion(GROUP, region).map(({ id, properties, healthy }) => ({
    id,
    healthy: healthy ?? Number(properties.desiredCapacity),
    targetGroups: Array.isArray(properties.targetGroupArns) ? properties.targetGroupArns.map(text) : [],
  }));
  const result =
    action === "DescribeTargetHealth"
      ? healthOf(
          groups.find(({ targetGroups }) => targetGroups.includes(asked.get("TargetGroupArn") ?? ""))?.healthy ?? 0,
        )
      : groups
          .filter(({ id }) => id === asked.get("AutoScalingGroupNames.member.1"))
          .map(({ targetGroups }) => list("TargetGroupARNs", targetGroups))
          .map((arns) => `<AutoScalingGroups><member>${arns}</member></AutoScalingGroups>`)
          .join("");
  response
    .writeHead(200, { "content-type": "text/xml" })
    .end(`<${action}Response><${action}Result>${result}</${action}Result></${action}Response>`);
}

function healthOf(healthy: number): string {
  const target = "<TargetHealth><State>healthy</State></TargetHealth>";
  return list(
    "TargetHealthDescriptions",
    Array.from({ length: healthy }, () => target),
  );
}

function list(name: string, members: readonly string[]): string {
  return `<${name}>${members.map((member) => `<member>${member}</member>`).join("")}</${name}>`;
}
