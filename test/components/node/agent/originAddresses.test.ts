import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OriginAddresses } from "../../../../components/node/agent/originAddresses";

/** As HAProxy 3.0 writes it (`show servers state`; its management guide has the columns). */
const HEAD = `1
# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr srv_agent_addr srv_agent_port
`;
const server = (backend: string, name: string, address: string, fqdn: string): string =>
  `5 ${backend} 1 ${name} ${address} 2 ${address === "-" ? "32" : "0"} 1 1 7 6 3 4 6 0 0 0 ${fqdn} 443 - 1 0 - - 0\n`;

const A = "https:a.example.org:443";
const B = "https:b.example.org:443";

describe("what an agent keeps of the addresses of origins", () => {
  let folder: string;
  let state: string;
  const file = () => join(folder, "addresses");
  const kept = () => readFileSync(file(), "utf8");
  const look = async (...lines: readonly string[]) => {
    state = `${HEAD}${lines.join("")}\n`;
    await new OriginAddresses({ haproxy: { say: () => Promise.resolve(state) }, file: file() }).look();
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "footprint-addresses-"));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  test("is what HAProxy says of servers with a name, for HAProxy to read", async () => {
    const found = server("origin:w:0", A, "192.0.2.1", "a.example.org");
    await look(
      server("cache", "varnish", "-", "-"),
      found,
      server("origin:w:1", "http:192.0.2.9:80", "192.0.2.9", "-"),
    );

    expect(kept()).toBe(`1\n${found}`);
    expect(statSync(file()).mode & 0o777).toBe(0o644);
  });

  test("stays while HAProxy has none, and goes with its server or for a newer one", async () => {
    const [a, b] = [
      server("origin:w:0", A, "192.0.2.1", "a.example.org"),
      server("origin:w:1", B, "192.0.2.2", "b.example.org"),
    ];
    await look(a, b);
    await look(
      server("origin:w:0", A, "-", "a.example.org"),
      server("origin:w:1", B, "192.0.2.3", "b.example.org"),
      server("origin:w:2", A, "-", "a.example.org"),
    );
    expect(kept()).toBe(`1\n${a}${server("origin:w:1", B, "192.0.2.3", "b.example.org")}`);

    await look(server("origin:w:1", A, "-", "a.example.org"));
    expect(kept()).toBe("1\n");
  });
});
