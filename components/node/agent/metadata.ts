import { z } from "zod";

/** Where an instance asks for what EC2 knows of it. */
const ENDPOINT = "http://169.254.169.254";

const LIMIT_MS = 2000;
/** Seconds that a token is good for; the longest. */
const TOKEN_SECONDS = 21_600;

const spotSchema = z.object({ action: z.enum(["terminate", "stop", "hibernate"]), time: z.iso.datetime() });

/** What EC2 will do to a Spot instance two minutes later. */
export type SpotAction = z.output<typeof spotSchema>;

/** The instance's metadata (IMDSv2). Each call throws when the service does not answer, or not in its own words. */
export class Metadata {
  private token: string | undefined;

  /** @param endpoint default: AWS_EC2_METADATA_SERVICE_ENDPOINT, else the link-local address of every instance */
  constructor(private readonly endpoint = process.env.AWS_EC2_METADATA_SERVICE_ENDPOINT ?? ENDPOINT) {}

  async instanceId(): Promise<string> {
    return expected("instance-id", /^i-[0-9a-z]+$/, await this.read("instance-id"));
  }

  /** Its address in the VPC. */
  async address(): Promise<string> {
    return expected("local-ipv4", /^\d{1,3}(?:\.\d{1,3}){3}$/, await this.read("local-ipv4"));
  }

  /** Name of the Auto Scaling group, from the instance's tags; undefined outside one. */
  async groupName(): Promise<string | undefined> {
    return optional("the group's name", /^[ -~]{1,255}$/, await this.read("tags/instance/aws:autoscaling:groupName"));
  }

  /** `InService`, `Terminated` and so on: where the group means the instance to go; undefined outside one. */
  async targetLifecycleState(): Promise<string | undefined> {
    const path = "autoscaling/target-lifecycle-state";
    return optional(path, /^[A-Z][A-Za-z]+(:[A-Z][A-Za-z]+)?$/, await this.read(path));
  }

  /** The Spot notice, if there is one. */
  async spotAction(): Promise<SpotAction | undefined> {
    const text = await this.read("spot/instance-action");
    return text === undefined ? undefined : spotSchema.parse(JSON.parse(text));
  }

  /** The text of a path, undefined when there is none. */
  private async read(path: string): Promise<string | undefined> {
    let response = await this.get(path);
    if (response.status === 401) {
      // The token has expired.
      this.token = undefined;
      response = await this.get(path);
    }
    const text = await response.text();
    if (response.status === 404) {
      return undefined;
    }
    if (!response.ok) {
      throw new Error(`metadata ${path}: status ${String(response.status)}`);
    }
    return text.trim();
  }

  private async get(path: string): Promise<Response> {
    this.token ??= await this.newToken();
    return fetch(`${this.endpoint}/latest/meta-data/${path}`, {
      headers: { "x-aws-ec2-metadata-token": this.token },
      redirect: "error",
      signal: AbortSignal.timeout(LIMIT_MS),
    });
  }

  private async newToken(): Promise<string> {
    const response = await fetch(`${this.endpoint}/latest/api/token`, {
      method: "PUT",
      headers: { "x-aws-ec2-metadata-token-ttl-seconds": String(TOKEN_SECONDS) },
      redirect: "error",
      signal: AbortSignal.timeout(LIMIT_MS),
    });
    const text = await response.text();
    if (!response.ok) {
      throw new Error(`metadata token: status ${String(response.status)}`);
    }
    return expected("token", /^[!-~]{1,1024}$/, text.trim());
  }
}

function expected(what: string, form: RegExp, text: string | undefined): string {
  if (text === undefined || !form.test(text)) {
    throw new Error(`metadata ${what}: not in the form that it has, ${JSON.stringify(text?.slice(0, 80))}`);
  }
  return text;
}

function optional(what: string, form: RegExp, text: string | undefined): string | undefined {
  return text === undefined ? undefined : expected(what, form, text);
}
