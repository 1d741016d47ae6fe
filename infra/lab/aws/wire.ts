import type * as http from "node:http";

/** A call of AWS's API as it came. */
export interface Request {
  readonly method: string;
  readonly url: URL;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
  /** Region that the request was signed for; empty for instance metadata. */
  readonly region: string;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** An answer of one of AWS's query interfaces (Auto Scaling, load balancing). */
export function querySuccess(action: string, result: string): Answer {
  return queryXml(
    200,
    `<${action}Response><${action}Result>${result}</${action}Result>` +
      `<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></${action}Response>`,
  );
}

/** The same for what is refused. */
export function queryFailure(message: string): Answer {
  return queryXml(
    400,
    `<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code><Message>${message}</Message></Error>` +
      `<RequestId>r</RequestId></ErrorResponse>`,
  );
}

/** A list as the query interfaces write it. */
export function members(name: string, each: readonly string[]): string {
  return `<${name}>${each.map((member) => `<member>${member}</member>`).join("")}</${name}>`;
}

function queryXml(status: number, body: string): Answer {
  return { status, headers: { "content-type": "text/xml" }, body };
}
