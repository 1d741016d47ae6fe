export interface Started {
  readonly host: string;
  readonly region: string;
  readonly origin: string;
  readonly ports: { readonly https: number; readonly http: number };
  readonly authorityFile: string;
}

/** What is said when a node runs: where, and lines to paste. */
export function firstSteps({ host, region, origin, ports, authorityFile }: Started): string {
  const [https, http] = [String(ports.https), String(ports.http)];
  const resolve = `--resolve ${host}:${https}:127.0.0.1`;
  const headers = `curl --cacert ${quoted(authorityFile)} ${resolve} --silent --show-error --dump-header - --output /dev/null`;
  return `
${host}, from ${origin}, as a node of ${region} serves it
  https://${host}:${https}/   HTTP/2 and HTTP/1.1, on 127.0.0.1
  http://${host}:${http}/    redirects to https, as port 80 does

Twice the same request: Cache-Status and Age say what came from the cache.
  ${headers} https://${host}:${https}/

What port 80 answers:
  curl --resolve ${host}:${http}:127.0.0.1 --head http://${host}:${http}/

For a browser: trust ${authorityFile}, and let ${host} lead to 127.0.0.1.
Ctrl-C ends it.

`;
}

/** For a POSIX shell. */
function quoted(text: string): string {
  return /^[\w./~-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
