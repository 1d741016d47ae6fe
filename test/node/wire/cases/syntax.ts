import { HOST } from "../watchedNode";
import { bare, get, type Case } from "./case";

/** Name, request line for a target, status of the answer. */
type RequestLine = readonly [string, (target: string) => string, number];

/** Requests that are not what the grammar says, and sizes beyond any use. */
export const SYNTAX: readonly Case[] = [
  {
    name: "bare LFs as line ends, which are made CRLF",
    bytes: ({ target }) => [get(target, "Connection: close").replaceAll("\r\n", "\n")],
    answers: [200],
    atOrigin: 1,
  },
  {
    name: "bare CRs as line ends",
    bytes: ({ target }) => [get(target).replaceAll("\r\n", "\r")],
    answers: [400],
  },
  {
    name: "a folded field, which becomes one line",
    bytes: ({ target, hidden }) => [get(target, "X: y", ` ${hidden.split("\r\n")[0] ?? ""}`, "Connection: close")],
    answers: [200],
    atOrigin: 1,
  },
  {
    name: "a line of white space alone, with a request after it",
    bytes: ({ target, hidden }) => [get(target, "X: y", " ", hidden)],
    answers: [400],
  },
  {
    name: "a fold before the first field",
    bytes: ({ target }) => [bare(`GET ${target} HTTP/1.1`, ` Host: evil.example.org`, `Host: ${HOST}`)],
    answers: [400],
  },
  ...[
    "X : y",
    "X\t: y",
    "no colon",
    ": no name",
    "X Y: z",
    "X(: y",
    'X": y',
    "X\x00Y: z",
    "X\x01: y",
    "X\x7f: y",
    "X\xff: y",
    "X: \x00",
    "X: a\x00b",
    "X: \x01",
    "X: \x1b",
    "X: \x7f",
    "X: a\rb",
    "X: a\r\r",
  ].map((line): Case => ({
    name: `the line ${JSON.stringify(line)}`,
    bytes: ({ target }) => [get(target, line, "Connection: close")],
    answers: [400],
  })),
  ...(
    [
      ["a tab after the method", (target: string) => `GET\t${target} HTTP/1.1`, 200],
      ["a vertical tab after the method", (target: string) => `GET\x0b${target} HTTP/1.1`, 400],
      ["two spaces after the method", (target: string) => `GET  ${target} HTTP/1.1`, 200],
      ["a space before the method", (target: string) => ` GET ${target} HTTP/1.1`, 400],
      ["a space within the target", (target: string) => `GET ${target} evil HTTP/1.1`, 400],
      ["a space after the version", (target: string) => `GET ${target} HTTP/1.1 `, 400],
      ["a NUL in the method", (target: string) => `G\x00ET ${target} HTTP/1.1`, 400],
      ["a NUL in the target", (target: string) => `GET ${target}\x00evil HTTP/1.1`, 400],
      ["a control character in the target", (target: string) => `GET ${target}\x01evil HTTP/1.1`, 400],
      ["a DEL in the target", (target: string) => `GET ${target}\x7fevil HTTP/1.1`, 400],
      ["a CR in the target", (target: string) => `GET ${target}\revil HTTP/1.1`, 400],
      ["a byte beyond ASCII in the target", (target: string) => `GET ${target}\xe9vil HTTP/1.1`, 400],
      ["no target", () => "GET HTTP/1.1", 400],
      ["no version, as of HTTP/0.9", (target: string) => `GET ${target}`, 400],
      ["the version 0.9", (target: string) => `GET ${target} HTTP/0.9`, 505],
      ["the version 1.2", (target: string) => `GET ${target} HTTP/1.2`, 505],
      ["the version 1.10", (target: string) => `GET ${target} HTTP/1.10`, 400],
      ["the version 2.0", (target: string) => `GET ${target} HTTP/2.0`, 505],
      ["the version 3", (target: string) => `GET ${target} HTTP/3`, 400],
      ["a version in lower case", (target: string) => `GET ${target} http/1.1`, 400],
      ["another protocol", (target: string) => `GET ${target} RTSP/1.0`, 400],
      ["a method in lower case", (target: string) => `get ${target} HTTP/1.1`, 405],
      ["an empty method", (target: string) => ` ${target} HTTP/1.1`, 400],
      ["a method with a separator", (target: string) => `GE/T ${target} HTTP/1.1`, 400],
      ["a method that nobody knows", (target: string) => `EVIL ${target} HTTP/1.1`, 405],
      ["TRACE", (target: string) => `TRACE ${target} HTTP/1.1`, 405],
      ["PURGE", (target: string) => `PURGE ${target} HTTP/1.1`, 405],
      ["BAN", (target: string) => `BAN ${target} HTTP/1.1`, 405],
    ] satisfies readonly RequestLine[]
  ).map(([name, line, status]): Case => ({
    name: `a request line with ${name}`,
    bytes: ({ target }) => [bare(line(target), `Host: ${HOST}`, "Connection: close")],
    answers: [status],
    atOrigin: status === 200 ? 1 : 0,
  })),
  {
    name: "an HTTP/0.9 request without a header",
    bytes: ({ target }) => [`GET ${target}\r\n`],
    answers: [400],
  },
  {
    name: "HTTP/1.0",
    bytes: ({ target }) => [get(target).replace("HTTP/1.1", "HTTP/1.0")],
    answers: [200],
    atOrigin: 1,
  },
  {
    name: "an empty line before the request line, which is skipped",
    bytes: ({ target }) => [`\r\n${get(target, "Connection: close")}`],
    answers: [200],
    atOrigin: 1,
  },
  {
    name: "bytes that are no HTTP",
    bytes: () => [Buffer.from("16030100050100000100", "hex"), "\r\n\r\n"],
    answers: [400],
  },
  {
    name: "a target of 7,999 bytes, which is served",
    bytes: ({ target }) => [get(target.padEnd(7_999, "a"), "Connection: close")],
    answers: [200],
    atOrigin: 1,
  },
  {
    name: "a target of 8,001 bytes",
    bytes: ({ target }) => [get(target.padEnd(8_001, "a"), "Connection: close")],
    answers: [414],
  },
  {
    name: "a target of 64 KB",
    bytes: ({ target }) => [get(target.padEnd(65_536, "a"), "Connection: close")],
    answers: [400],
  },
  {
    name: "a field of 64 KB",
    bytes: ({ target }) => [get(target, `X: ${"a".repeat(65_536)}`, "Connection: close")],
    answers: [400],
  },
  {
    name: "a field of 12 KB, which is served",
    bytes: ({ target }) => [get(target, `X: ${"a".repeat(12_000)}`, "Connection: close")],
    answers: [200],
    atOrigin: 1,
  },
  {
    name: "1,000 fields",
    bytes: ({ target }) => [get(target, ...Array.from({ length: 1_000 }, (_, i) => `X${i}: y`), "Connection: close")],
    answers: [400],
  },
  {
    name: "90 fields, which are served",
    bytes: ({ target }) => [get(target, ...Array.from({ length: 90 }, (_, i) => `X${i}: y`), "Connection: close")],
    answers: [200],
    atOrigin: 1,
  },
  {
    name: "a header that stops within a field",
    bytes: ({ target }) => [get(target).slice(0, -6)],
    answers: [400],
  },
];
