/** Letters, digits, and what a regular expression, VCL and HAProxy all take literally. */
const PLAIN = /[A-Za-z0-9_-]/;

/**
 * A regular expression (PCRE2) that matches the text as it stands in a query string: each byte that is not plain also
 * in its percent-encoded form, since clients differ in what they encode. The result has no quotes, spaces or line ends:
 * no text can leave the string of VCL that it is put into.
 */
export function queryPattern(text: string): string {
  return bytes(text, (hex) => `(?:\\x${hex}|%${anyCase(hex)})`);
}

/** A regular expression (PCRE2) that matches exactly the text. Safe within a string of VCL, as above. */
export function exactPattern(text: string): string {
  return bytes(text, (hex) => `\\x${hex}`);
}

function bytes(text: string, escape: (hex: string) => string): string {
  return [...Buffer.from(text, "utf8")]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return PLAIN.test(character) ? character : escape(byte.toString(16).toUpperCase().padStart(2, "0"));
    })
    .join("");
}

function anyCase(hex: string): string {
  return hex.replace(/[A-F]/g, (digit) => `[${digit}${digit.toLowerCase()}]`);
}

/**
 * A field name as VCL writes it after `req.http.`: VCL's own names are letters, digits, _ and -; the other characters
 * of a token (RFC 9110) need quotes, and a token has neither quotes nor backslashes.
 */
export function fieldName(name: string): string {
  return /^[A-Za-z][A-Za-z0-9_-]*$/.test(name) ? name : `"${name}"`;
}
