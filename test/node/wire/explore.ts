import { WatchedNode } from "./watchedNode";
import { get } from "./cases/case";
import { CHUNKS } from "./cases/chunks";
import { CONNECTIONS } from "./cases/connections";
import { LENGTHS } from "./cases/lengths";
import { SYNTAX } from "./cases/syntax";
import { TARGETS } from "./cases/targets";
const all: any = { LENGTHS, CHUNKS, SYNTAX, TARGETS, CONNECTIONS };
(async () => {
  const node = await WatchedNode.start();
  for (const g of process.argv.slice(2))
    for (const [i, c] of all[g].entries()) {
      const target = `/case/${g}${i}/`,
        hidden = get(`/hidden/${g}${i}`, "X-Marker: evil");
      const t = Date.now();
      let got: any;
      try {
        got = (
          await node.attack(
            ...c.bytes({ target, hidden, next: "GET /next HTTP/1.1\r\nHost: evil.example.org\r\n\r\n" }),
          )
        ).map((a: any) => a.status);
      } catch (e) {
        got = String(e);
      }
      const ms = Date.now() - t;
      const seen = node.origin.of(target);
      let h: any;
      try {
        h = await node.visit(target);
      } catch (e) {
        h = { status: String(e), body: "" };
      }
      const exp = JSON.stringify(c.answers) === JSON.stringify(got) && seen.length === (c.atOrigin ?? 0);
      let hb: any = {};
      try {
        hb = JSON.parse(h.body);
      } catch {}
      const bad =
        h.status !== 200 ||
        hb.target !== target ||
        hb.method !== "GET" ||
        hb.body !== "" ||
        h.body.includes("evil") ||
        node.origin.of("/hidden/").length ||
        node.origin.violations.length;
      console.log(
        exp && !bad ? "ok " : bad ? "BAD" : "dif",
        ms,
        g,
        JSON.stringify(c.name).slice(0, 110),
        JSON.stringify(got),
        seen.length,
        bad
          ? JSON.stringify([h, node.origin.of("/hidden/"), node.origin.violations]).slice(0, 800)
          : exp
            ? ""
            : JSON.stringify(seen.map((s: any) => [s.method, s.target, s.fields.filter((f: any) => true), s.body])),
      );
      node.origin.violations.length = 0;
      node.origin.requests.length = 0;
    }
  console.log(await node.isUnharmed());
  await node.stop();
})();
