import { HOST } from "../watchedNode";
import { bare, get, type Case } from "./case";

/** Forms of the target and of the host: who is asked for what? */
export const TARGETS: readonly Case[] = [
  {
    name: "an absolute target of the site",
    bytes: ({ target }) => [bare(`GET http://${HOST}${target} HTTP/1.1`, `Host: ${HOST}`, "Connection: close")],
    answers: [200],
    atOrigin: 1,
  },
  ...(
    [
      ["an absolute target of another host", (target: string) => `http://evil.example.org${target}`],
      ["an absolute target with user information", (target: string) => `http://${HOST}@evil.example.org${target}`],
      ["an absolute target with a port", (target: string) => `http://${HOST}:1${target}`],
      ["an absolute target with a bad port", (target: string) => `http://${HOST}:evil${target}`],
      ["an absolute target without a host", (target: string) => `http://${target}`],
      ["a target of one word", () => "evil"],
      ["a target with a query alone", () => "?evil"],
      ["a target with a backslash", (target: string) => `\\${target}`],
      ["an authority as the target", () => `${HOST}:443`],
      ["an asterisk as the target", () => "*"],
      ["a script as the target", () => "javascript:evil"],
      ["a target in percent-encoding", (target: string) => `%2f${target}`],
    ] satisfies readonly [string, (target: string) => string][]
  ).map(([name, form]): Case => ({
    name,
    bytes: ({ target }) => [bare(`GET ${form(target)} HTTP/1.1`, `Host: ${HOST}`, "Connection: close")],
    answers: [400],
  })),
  {
    name: "an absolute target of another scheme, which nothing looks at",
    bytes: ({ target }) => [bare(`GET file://${HOST}${target} HTTP/1.1`, `Host: ${HOST}`, "Connection: close")],
    answers: [200],
    atOrigin: 1,
  },
  {
    name: "an absolute target of the site with the Host of another",
    bytes: ({ target }) => [
      bare(`GET http://${HOST}${target} HTTP/1.1`, "Host: evil.example.org", "Connection: close"),
    ],
    answers: [400],
  },
  {
    name: "two slashes and a name, which is a path",
    bytes: ({ target }) => [get(`//evil.example.org${target}`, "Connection: close")],
    answers: [200],
    atOrigin: 1,
  },
  {
    name: "a fragment, which no client sends",
    bytes: ({ target }) => [get(`${target}#evil`, "Connection: close")],
    answers: [400],
  },
  {
    name: "OPTIONS of an asterisk",
    bytes: () => [bare("OPTIONS * HTTP/1.1", `Host: ${HOST}`, "Connection: close")],
    answers: [405],
  },
  {
    name: "CONNECT",
    bytes: () => [bare(`CONNECT ${HOST}:443 HTTP/1.1`, `Host: ${HOST}:443`, "Connection: close")],
    answers: [405],
  },
  {
    name: "no Host",
    bytes: ({ target }) => [bare(`GET ${target} HTTP/1.1`, "Connection: close")],
    answers: [400],
  },
  {
    name: "no Host in HTTP/1.0",
    bytes: ({ target }) => [bare(`GET ${target} HTTP/1.0`)],
    answers: [400],
  },
  ...(
    [
      ["an empty Host", "", 421],
      ["another Host", "evil.example.org", 421],
      ["a Host with user information", `evil@${HOST}`, 400],
      ["a Host with user information behind", `${HOST}@evil.example.org`, 400],
      ["a Host with a path", `${HOST}/evil`, 400],
      ["a Host with a query", `${HOST}?evil`, 400],
      ["a Host with a fragment", `${HOST}#evil`, 400],
      ["a Host with a backslash", `${HOST}\\evil`, 400],
      ["a Host with a comma", `${HOST}, evil.example.org`, 400],
      ["a Host with a space", `${HOST} evil.example.org`, 400],
      ["a Host with a tab", `${HOST}\tevil.example.org`, 400],
      ["a Host with a NUL", `${HOST}\x00.evil.example.org`, 400],
      ["a Host with a control character", `${HOST}\x01`, 400],
      ["a Host with a quotation mark", `${HOST}"`, 421],
      ["a Host with two final dots, which end here", `${HOST}..`, 200],
      ["a Host with a leading dot", `.${HOST}`, 421],
      ["a Host in percent-encoding", HOST.replace(".", "%2e"), 421],
      ["a Host with a port that is no number, which ends here", `${HOST}:evil`, 200],
      ["a Host with two ports", `${HOST}:443:80`, 421],
      ["a Host with a port and a path", `${HOST}:443/evil`, 400],
      ["a Host with a negative port, which ends here", `${HOST}:-1`, 200],
      ["an IPv6 address as Host", "[::1]", 421],
      ["a Host that is a bracket", "[", 400],
      ["the node's own name for its probe", "varnish.node", 421],
      ["a Host of 4 KB", `${"a".repeat(4_096)}.${HOST}`, 421],
      ["a scheme in Host", `https://${HOST}`, 400],
    ] satisfies readonly [string, string, number][]
  ).map(([name, host, status]): Case => ({
    name,
    bytes: ({ target }) => [bare(`GET ${target} HTTP/1.1`, `Host: ${host}`, "Connection: close")],
    answers: [status],
    atOrigin: status === 200 ? 1 : 0,
  })),
  ...(
    [
      ["two Hosts", [`Host: ${HOST}`, "Host: evil.example.org"]],
      ["two Hosts in the other order", ["Host: evil.example.org", `Host: ${HOST}`]],
      ["two Hosts, one with a space before its colon", [`Host: ${HOST}`, "Host : evil.example.org"]],
      ["two Hosts, one folded", [`Host: ${HOST}`, "Host:", " evil.example.org"]],
      ["two Hosts, one empty", [`Host: ${HOST}`, "Host:"]],
    ] satisfies readonly [string, readonly string[]][]
  ).map(([name, lines]): Case => ({
    name,
    bytes: ({ target }) => [bare(`GET ${target} HTTP/1.1`, ...lines, "Connection: close")],
    answers: [400],
  })),
  {
    name: "two equal Hosts, which become one",
    bytes: ({ target }) => [bare(`GET ${target} HTTP/1.1`, `Host: ${HOST}`, `Host: ${HOST}`, "Connection: close")],
    answers: [200],
    atOrigin: 1,
  },
];
