/** Types of errors of RFC 9209, section 2.3, that a node reports. */
export type ProxyError =
  | "destination_not_found"
  | "destination_unavailable"
  | "http_request_denied"
  | "http_request_error"
  | "http_response_header_section_size"
  | "http_response_incomplete"
  | "http_response_timeout"
  | "proxy_internal_error"
  | "proxy_loop_detected";

export interface Refusal {
  readonly status: number;
  readonly text: string;
  readonly error: ProxyError;
  /** Further fields by name. */
  readonly fields?: Readonly<Record<string, string>>;
  /** Default: a request. */
  readonly instead?: "request" | "response";
  /** HAProxy's condition, with its "if" or "unless"; absent: always. */
  readonly when?: string;
}

/** A rule that gives an error of our own for a request, or instead of a response, and says so (RFC 9209). */
export function refuse(
  popName: string,
  { status, text, error, fields = {}, instead = "request", when }: Refusal,
): string {
  const all = { ...fields, "Proxy-Status": `${popName}; error=${error}`, "Cache-Control": "no-store" };
  const hdrs = Object.entries(all).map(([name, value]) => ` hdr ${name} "${value}"`);
  return `    http-${instead} return status ${String(status)} content-type text/plain string "${text}\\n"${hdrs.join("")}${when === undefined ? "" : ` ${when}`}`;
}

/** What HAProxy answers by itself when a request or a server fails. */
export function failureResponses(popName: string, unavailable: ProxyError): string {
  const answers: readonly (readonly [number, string, ProxyError])[] = [
    [400, "bad request", "http_request_error"],
    [408, "request timeout", "http_request_error"],
    [500, "internal error", "proxy_internal_error"],
    [502, "bad gateway", "http_response_incomplete"],
    [503, "service unavailable", unavailable],
    [504, "gateway timeout", "http_response_timeout"],
  ];
  return answers
    .map(
      ([status, text, error]) =>
        `    http-error status ${String(status)} content-type text/plain string "${text}\\n" ` +
        `hdr Proxy-Status "${popName}; error=${error}" hdr Cache-Control "no-store"`,
    )
    .join("\n");
}
