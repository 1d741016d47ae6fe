import { WatchedNode } from "./watchedNode";
import { get } from "./cases/case";
import { DOWNGRADES, FRAMES, PSEUDO_HEADERS } from "./cases/http2";
import { endOf } from "./http2";
const all: any = { DOWNGRADES, PSEUDO_HEADERS, FRAMES };
(async () => {
  const node = await WatchedNode.start();
  for (const g of Object.keys(all)) for (const [i, c] of all[g].entries()) {
    const target = `/case/${g}${i}/`, hidden = get(`/hidden/${g}${i}`, "X-Marker: evil");
    const t = Date.now();
    let got: any; let raw = Buffer.alloc(0); try { raw = await node.attackHttp2(...c.frames({ target, hidden, next: "" })); got = endOf(1, raw); } catch (e) { got = String(e); }
    const ms = Date.now() - t;
    const seen = node.origin.of(target);
    const all2 = [...node.origin.requests];
    let h: any; try { h = await node.visit(target); } catch (e) { h = { status: String(e), body: "" }; }
    const exp = c.end === got && seen.length === (c.atOrigin ?? 0);
    let hb: any = {}; try { hb = JSON.parse(h.body); } catch {}
    const bad = h.status !== 200 || hb.target !== target || hb.method !== "GET" || hb.body !== "" || h.body.includes("evil") || node.origin.of("/hidden/").length || node.origin.violations.length;
    console.log(exp && !bad ? "ok " : bad ? "BAD" : "dif", ms, g, JSON.stringify(c.name).slice(0,110), JSON.stringify(got), seen.length, bad ? JSON.stringify([h, node.origin.of("/hidden/"), node.origin.violations]).slice(0, 800) : exp ? "" : raw.toString("hex").slice(0, 200) + JSON.stringify(all2.map((s: any) => [s.method, s.target, s.fields, s.body])).slice(0, 600));
    node.origin.violations.length = 0; node.origin.requests.length = 0;
  }
  console.log(await node.isUnharmed());
  await node.stop();
})();
