import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What a request to the fake AWS asked for. */
export interface AwsRequest {
  /** Of the signature. */
  readonly accessKey: string;
  readonly region: string;
  readonly service: string;
  readonly method: string;
  readonly url: URL;
  readonly target: string | undefined;
  readonly body: string;
}

export interface AwsAnswer {
  readonly status?: number;
  readonly type: "application/x-amz-json-1.1" | "text/xml";
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A fake AWS on 127.0.0.1 that the SDK's clients are pointed at, with credentials that open nothing. */
export class AwsServer {
  readonly requests: AwsRequest[] = [];
  private readonly server = createServer((request, response) => {
    void this.serve(request, response);
  });
  private readonly environment = { ...process.env };

  constructor(private readonly answer: (request: AwsRequest) => AwsAnswer) {}

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    const { port } = this.server.address() as AddressInfo;
    const endpoint = `http://127.0.0.1:${String(port)}`;
    Object.assign(process.env, {
      AWS_ENDPOINT_URL: endpoint,
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
      AWS_MAX_ATTEMPTS: "1",
      AWS_CONFIG_FILE: "/dev/null",
      AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    });
  }

  async stop(): Promise<void> {
    process.env = this.environment;
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) {
      chunks.push(chunk as Buffer);
    }
    const target = request.headers["x-amz-target"];
    const asked: AwsRequest = {
      ...scopeOf(request.headers.authorization ?? ""),
      method: request.method ?? "",
      url: new URL(request.url ?? "/", "http://127.0.0.1"),
      target: typeof target === "string" ? target : undefined,
      body: Buffer.concat(chunks).toString("utf8"),
    };
    this.requests.push(asked);
    const { status = 200, type, body, headers } = this.answer(asked);
    response.writeHead(status, { "content-type": type, ...headers }).end(body);
  }
}

function scopeOf(authorization: string): Pick<AwsRequest, "accessKey" | "region" | "service"> {
  const [, accessKey = "", region = "", service = ""] =
    /Credential=([^/]+)\/\d+\/([^/]+)\/([^/]+)\//.exec(authorization) ?? [];
  return { accessKey, region, service };
}
