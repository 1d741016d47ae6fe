import { nodeFiles } from "../../../components/node/files";
import type { NodeOptions } from "../../../components/node/options";
import type { Site } from "../../../components/node/site";
import { some } from "../../support/some";
import { OPTIONS } from "./options";

const SITES = OPTIONS.sites.map((site, i) => (i === 0 ? { ...site, shield: "eu-central-1" } : site));
const [SITE] = SITES;
const CONFIG = "/etc/haproxy/haproxy.cfg";

function pop(region: string, sites: readonly Site[] = SITES): NodeOptions {
  return { region, popName: `${region}.pop.example.com`, sites };
}

const config = (options: NodeOptions): string => nodeFiles(options)[CONFIG] ?? "";

describe("a site that has a shield", () => {
  test("is asked for there by the name of the PoP and by verified TLS, from any other PoP", () => {
    const servers = config(pop("us-east-1")).match(/^backend shields?:[^]*?^ {4}server .*$/gm) ?? [];

    expect(servers.map((text) => text.split("\n")[0])).toEqual([
      "backend shields:eu-central-1 from shields",
      `backend shield:${SITE?.host ?? ""} from shield`,
    ]);
    for (const text of some(servers)) {
      expect(text).toContain("eu-central-1.pop.example.com:443 ssl verify required ca-file @system-ca");
      expect(text).toContain("sni str(eu-central-1.pop.example.com)");
    }
  });

  test("is asked for at its origins by the shield, which alone believes other nodes", () => {
    const [edge, shield] = [config(pop("us-east-1")), config(pop("eu-central-1"))];

    expect(shield).not.toContain("backend shield");
    expect(shield).not.toContain("use_backend shield:");
    expect(shield).toContain("http-request set-src req.hdr(X-Footprint-Client) if { var(txn.shielded) -m bool }");
    expect(edge).not.toContain("txn.shielded");
  });

  test("leaves a footprint without one as it is", () => {
    const without = nodeFiles(pop("us-east-1", OPTIONS.sites));
    const texts = Object.entries(without).filter(([path]) => !path.endsWith("/sites.json"));

    expect(
      some(texts)
        .filter(([, text]) => /shield/i.test(text))
        .map(([path]) => path),
    ).toEqual([]);
  });
});
