import { once } from "node:events";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { buffer } from "node:stream/consumers";
import { autoScaling, type Groups } from "./autoScaling";
import { images, type Images } from "./images";
import { launchTemplateVersions, type LaunchTemplates } from "./launchTemplates";
import { metadata, type MachineFacts } from "./metadata";
import { MONITORING, monitoring } from "./monitoring";
import { parameters, type Parameters } from "./parameters";
import type { Datum } from "./series";
import { s3, type Buckets } from "./store";
import { targetHealth, type Targets } from "./targetHealth";
import { subscriptions, type Subscribed } from "./topics";
import type { Answer, Request } from "./wire";

export type ServiceName =
  "s3" | "sns" | "ssm" | "autoscaling" | "elasticloadbalancing" | "ec2" | "monitoring" | "metadata";

/** How a service is away: it closes connections, answers 503, never answers, or a second after it has done its work. */
export type Outage = "refuses" | "fails" | "hangs" | "late";

export interface Call {
  readonly service: ServiceName;
  /** Method and path, or the action; for an action, `detail` is what it names. */
  readonly what: string;
  /** Region that the request was signed for; empty for instance metadata. */
  readonly region: string;
}

/** A machine of the cloud, as its instance metadata shows it; what is written to `facts` is answered at once. */
export interface Machine {
  readonly facts: MachineFacts;
  /** Environment in which the AWS SDK on that machine calls this cloud. */
  readonly env: Readonly<Record<string, string>>;
  /** Takes its instance metadata away: the machine is gone. */
  readonly remove: () => void;
}

/**
 * What a node and an operator need of AWS, on the loopback interface: S3, parameters, Auto Scaling, target health, images,
 * launch templates, and instance metadata of each machine at an address of its own. It keeps to what AWS documents of the calls
 * that nodes and operators make, checks no signature and knows no permissions; any other call is answered with an error.
 */
export class Cloud {
  readonly buckets: Buckets = new Map();
  readonly parameters: Parameters = new Map();
  readonly groups: Groups = new Map();
  readonly targets: Targets = new Map();
  /** Machine images that are there. */
  readonly images: Images = new Map();
  readonly launchTemplates: LaunchTemplates = new Map();
  /** Subscriptions to topics, each in its region. */
  readonly subscriptions: Subscribed[] = [];
  /** What was published to CloudWatch. */
  readonly metrics: Datum[] = [];
  /** Lifecycle actions that wait, as `<instance> <hook>`. */
  readonly waiting = new Set<string>();
  /** Instances whose lifecycle action is not there yet, though their group waits: Auto Scaling agrees with itself late. */
  readonly late = new Set<string>();
  /** Lifecycle actions that were completed, likewise. */
  readonly completed: string[] = [];
  /** Carries out what changes a group; undefined for what it does not know. Default: nothing can be changed. */
  change: (action: string, query: URLSearchParams) => Answer | undefined = () => undefined;
  readonly calls: Call[] = [];
  /** By service, or by service and region. */
  private readonly outages = new Map<string, Outage>();
  private readonly servers: http.Server[] = [];

  private constructor(readonly url: string) {}

  static async start(): Promise<Cloud> {
    const server = http.createServer();
    const cloud = new Cloud(await listening(server));
    cloud.servers.push(server);
    server.on("request", (request, response) => {
      void cloud.answer(request, response, (each) => cloud.aws(each));
    });
    return cloud;
  }

  /** Environment in which the AWS SDK calls this cloud, with credentials of its own. */
  get env(): Readonly<Record<string, string>> {
    return {
      AWS_ENDPOINT_URL: this.url,
      AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
      AWS_SECRET_ACCESS_KEY: "secret-of-the-test-cloud",
      AWS_MAX_ATTEMPTS: "2",
    };
  }

  /** Adds a machine, which has its own address of instance metadata. */
  async addMachine(facts: Omit<MachineFacts, "targetLifecycleState" | "spotAction" | "tags">): Promise<Machine> {
    const all: MachineFacts = {
      ...facts,
      tags: { "aws:autoscaling:groupName": facts.group },
      targetLifecycleState: "InService",
      spotAction: undefined,
    };
    const server = http.createServer();
    this.servers.push(server);
    server.on("request", (request, response) => {
      void this.answer(request, response, (each) => ["metadata", () => metadata(all, each)]);
    });
    const endpoint = await listening(server);
    return {
      facts: all,
      env: { AWS_ENDPOINT_URL: this.url, AWS_EC2_METADATA_SERVICE_ENDPOINT: endpoint },
      remove: () => {
        if (this.servers.includes(server)) {
          this.servers.splice(this.servers.indexOf(server), 1);
          server.close();
          server.closeAllConnections();
        }
      },
    };
  }

  /** Content of an object as text; undefined when there is none. */
  object(bucket: string, key: string): string | undefined {
    return this.buckets.get(bucket)?.get(key)?.toString();
  }

  put(bucket: string, key: string, content: string | Buffer): void {
    const objects = this.buckets.get(bucket) ?? new Map<string, Buffer>();
    this.buckets.set(bucket, objects.set(key, Buffer.from(content)));
  }

  remove(bucket: string, key: string): void {
    this.buckets.get(bucket)?.delete(key);
  }

  /** Takes a service away, everywhere or in one region, or brings it back. */
  outage(service: ServiceName, outage: Outage | undefined, region?: string): void {
    const which = region === undefined ? service : `${service} ${region}`;
    if (outage === undefined) {
      this.outages.delete(which);
    } else {
      this.outages.set(which, outage);
    }
  }

  async stop(): Promise<void> {
    await Promise.all(
      this.servers.map(async (server) => {
        const closed = once(server, "close");
        server.close();
        server.closeAllConnections();
        await closed;
      }),
    );
  }

  private aws(request: Request): [ServiceName, () => Answer] {
    const target = request.headers["x-amz-target"];
    if (typeof target === "string" && target.startsWith(MONITORING)) {
      return ["monitoring", () => monitoring(this.metrics, target, request)];
    }
    if (typeof target === "string") {
      return ["ssm", () => parameters(this.parameters, target, request)];
    }
    if (request.headers["content-type"]?.startsWith("application/x-www-form-urlencoded")) {
      const asked = new URLSearchParams(request.body.toString());
      switch (asked.get("Action")) {
        case "ListSubscriptions":
          return ["sns", () => subscriptions(this.subscriptions, request.region, asked)];
        case "DescribeImages":
          return ["ec2", () => images(this.images, request.region, asked)];
        case "DescribeLaunchTemplateVersions":
          return ["ec2", () => launchTemplateVersions(this.launchTemplates, request.region, asked)];
        case "DescribeTargetHealth":
          return ["elasticloadbalancing", () => targetHealth(this.targets, asked)];
        default:
          return ["autoscaling", () => autoScaling(this, asked)];
      }
    }
    if (request.url.searchParams.has("Action")) {
      return ["autoscaling", () => autoScaling(this, request.url.searchParams)];
    }
    return ["s3", () => s3(this.buckets, request)];
  }

  private async answer(
    incoming: http.IncomingMessage,
    response: http.ServerResponse,
    route: (request: Request) => [ServiceName, () => Answer],
  ): Promise<void> {
    const request: Request = {
      method: incoming.method ?? "",
      url: new URL(incoming.url ?? "/", `http://${incoming.headers.host ?? "loopback"}`),
      headers: incoming.headers,
      body: await buffer(incoming),
      region: /Credential=[^/]+\/\d+\/([^/]+)\//.exec(incoming.headers.authorization ?? "")?.[1] ?? "",
    };
    const [service, serve] = route(request);
    const outage = this.outages.get(service) ?? this.outages.get(`${service} ${request.region}`);
    this.calls.push({ service, what: whatOf(request), region: request.region });
    if (outage === "refuses") {
      incoming.socket.destroy();
    } else if (outage !== "hangs") {
      const { status, headers = {}, body = "" } = outage === "fails" ? { status: 503 } : serve();
      if (outage === "late") {
        await sleep(1000);
      }
      response.writeHead(status, { ...headers, "content-length": String(Buffer.byteLength(body)) });
      response.end(request.method === "HEAD" ? "" : body);
    }
  }
}

function whatOf({ method, url, headers, body }: Request): string {
  const target = headers["x-amz-target"];
  if (typeof target === "string") {
    return target;
  }
  const action =
    url.searchParams.get("Action") ??
    (headers["content-type"]?.startsWith("application/x-www-form-urlencoded")
      ? new URLSearchParams(body.toString()).get("Action")
      : null);
  return action ?? `${method} ${url.pathname}`;
}

async function listening(server: http.Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}
