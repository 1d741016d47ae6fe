/** One response of HTTP/1.1 as it was on the wire. */
export interface RawAnswer {
  readonly status: number;
  /** By name in lower case; of several fields of one name the last. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** All final responses in what a server has sent, to requests other than HEAD. Throws at what is no response. */
export function answersIn(bytes: Buffer): readonly RawAnswer[] {
  const answers: RawAnswer[] = [];
  let rest = bytes.toString("latin1");
  while (rest !== "") {
    const end = rest.indexOf("\r\n\r\n");
    const [line = "", ...fields] = rest.slice(0, end).split("\r\n");
    const status = Number(/^HTTP\/1\.[01] (\d{3})( |$)/.exec(line)?.[1]);
    if (end < 0 || Number.isNaN(status)) {
      throw new Error(`no response of HTTP/1.1: ${JSON.stringify(rest.slice(0, 200))}`);
    }
    const headers = Object.fromEntries(
      fields.map((field) => {
        const colon = field.indexOf(":");
        return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()];
      }),
    );
    const framed = body(rest.slice(end + 4), status, headers);
    rest = framed.rest;
    if (status >= 200) {
      answers.push({ status, headers, body: framed.body });
    }
  }
  return answers;
}

function body(text: string, status: number, headers: Readonly<Record<string, string>>): { body: string; rest: string } {
  if (status < 200 || status === 204 || status === 304) {
    return { body: "", rest: text };
  }
  if (headers["transfer-encoding"] === "chunked") {
    return chunks(text);
  }
  const length = headers["content-length"] === undefined ? text.length : Number(headers["content-length"]);
  return { body: text.slice(0, length), rest: text.slice(length) };
}

function chunks(text: string): { body: string; rest: string } {
  let whole = "";
  let rest = text;
  for (;;) {
    const [line = ""] = rest.split("\r\n", 1);
    const size = parseInt(line, 16);
    if (Number.isNaN(size)) {
      throw new Error(`no chunk: ${JSON.stringify(rest.slice(0, 200))}`);
    }
    const start = line.length + 2;
    whole += rest.slice(start, start + size);
    rest = rest.slice(start + size + 2);
    if (size === 0) {
      return { body: whole, rest };
    }
  }
}
