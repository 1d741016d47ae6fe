import { apgApi as Api, apgLib } from "apg-js";
import { parseDictionary } from "structured-headers";

/**
 * What fields about caching say, by witnesses: the grammar of RFC 9110 and RFC 9111 itself, run by a parser generator,
 * and a library for structured fields. Only what directives mean is written here, with the section that says it.
 */

// RFC 9111, section 5.2; RFC 9110, sections 5.6.1.2 (lists, as recipients read them), 5.6.2, 5.6.3, 5.6.4.
const GRAMMAR = `
list = [ cache-directive ] *( OWS "," OWS [ cache-directive ] )
cache-directive = token [ "=" ( token / quoted-string ) ]
token = 1*tchar
tchar = "!" / "#" / "$" / "%" / "&" / "'" / "*" / "+" / "-" / "." / "^" / "_" / %x60 / "|" / "~" / DIGIT / ALPHA
quoted-string = DQUOTE *( qdtext / quoted-pair ) DQUOTE
qdtext = HTAB / SP / %x21 / %x23-5B / %x5D-7E / obs-text
quoted-pair = "\\" ( HTAB / SP / VCHAR / obs-text )
obs-text = %x80-FF
OWS = *( SP / HTAB )
ALPHA = %x41-5A / %x61-7A
DIGIT = %x30-39
DQUOTE = %x22
HTAB = %x09
SP = %x20
VCHAR = %x21-7E
`.replaceAll("\n", "\r\n");

const FORBIDDING = ["no-store", "private", "no-cache", "must-revalidate", "proxy-revalidate", "no-transform"];
const ALLOWING = ["public", "must-understand"];
const SECONDS = ["max-age", "s-maxage", "stale-while-revalidate", "stale-if-error"];
/** RFC 9111, section 1.2.2. */
const MOST = 2 ** 31;

/** Directives that mean something to a shared cache; a number where there is one. */
export type Said = Readonly<Record<string, number | true>>;

export interface Expected {
  readonly cacheControl: Said;
  /** Absent: the field does not govern. */
  readonly cdnCacheControl: Said | undefined;
}

const grammar = generated();

/** @param cacheControl lines of Cache-Control, without white space around them @param cdn lines of CDN-Cache-Control */
export function expected(cacheControl: readonly string[], cdn: readonly string[]): Expected {
  const targeted = fromDictionary(cdn);
  return {
    cacheControl: { ...fromLists(cacheControl), ...(targeted === "malformed" ? forbidden(cdn) : {}) },
    cdnCacheControl: targeted === "malformed" ? undefined : targeted,
  };
}

/** RFC 9111, section 5.2, and 4.2.1 for what is sent more than once, or is no number. */
function fromLists(lines: readonly string[]): Said {
  const read = lines.map(parsedList);
  if (read.includes(undefined)) {
    return { "max-age": 0, ...forbidden(lines) };
  }
  const said: Record<string, number | true> = {};
  for (const { name, argument } of read.flatMap((directives) => directives ?? [])) {
    if (SECONDS.includes(name)) {
      const value = argument !== undefined && /^[0-9]+$/.test(argument) ? Math.min(Number(argument), MOST) : 0;
      said[name] = Math.min(value, Number(said[name] ?? value));
    } else if (FORBIDDING.includes(name) || (ALLOWING.includes(name) && argument === undefined)) {
      said[name] = true;
    }
  }
  return said;
}

/** RFC 9213, section 2.1: of the types that it names; the last of several counts (RFC 9651, section 3.2). */
function fromDictionary(lines: readonly string[]): Said | "malformed" | undefined {
  let members;
  try {
    members = parseDictionary(lines.join(", "));
  } catch {
    return "malformed";
  }
  const said: Record<string, number | true> = {};
  for (const [name, [value]] of members) {
    if (SECONDS.includes(name)) {
      if (typeof value !== "number" || !Number.isInteger(value)) {
        return "malformed";
      }
      said[name] = Math.max(0, Math.min(value, MOST));
    } else if (FORBIDDING.includes(name) || (ALLOWING.includes(name) && value === true)) {
      said[name] = true;
    }
  }
  return members.size === 0 ? undefined : said;
}

/** What a text forbids that cannot be understood: whatever word of it does. */
function forbidden(lines: readonly string[]): Said {
  const words = lines.flatMap((line) => line.toLowerCase().split(/[^a-z0-9-]+/));
  return Object.fromEntries(FORBIDDING.filter((name) => words.includes(name)).map((name) => [name, true]));
}

interface Directive {
  readonly name: string;
  readonly argument: string | undefined;
}

/** The members of a list; nothing when the grammar does not have it. */
function parsedList(line: string): readonly Directive[] | undefined {
  const found: Directive[] = [];
  const parser = new apgLib.parser();
  parser.ast = new apgLib.ast();
  parser.ast.callbacks["cache-directive"] = (state, characters, index, length) => {
    if (state === apgLib.ids.SEM_PRE) {
      const text = String.fromCharCode(...characters.slice(index, index + length));
      const equals = text.indexOf("=");
      found.push(
        equals < 0
          ? { name: text.toLowerCase(), argument: undefined }
          : { name: text.slice(0, equals).toLowerCase(), argument: unquoted(text.slice(equals + 1)) },
      );
    }
    return apgLib.ids.SEM_OK;
  };
  if (!parser.parse(grammar, "list", [...Buffer.from(line, "latin1")]).success) {
    return undefined;
  }
  parser.ast.translate(undefined);
  return found;
}

/** RFC 9110, section 5.6.4. */
function unquoted(text: string): string {
  return text.startsWith('"') ? text.slice(1, -1).replaceAll(/\\(.)/g, "$1") : text;
}

function generated(): unknown {
  const api = new Api(GRAMMAR);
  api.generate();
  if (api.errors.length > 0) {
    throw new Error(`the grammar is none: ${JSON.stringify(api.errors)}`);
  }
  return api.toObject();
}
