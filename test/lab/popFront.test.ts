import { once } from "node:events";
import * as net from "node:net";
import { text } from "node:stream/consumers";
import { popFront } from "../../infra/lab/popFront";
import { proxyHeader } from "../../infra/lab/proxyHeader";

// haproxy.org, proxy-protocol.txt, section 2.2: the header comes first, and what is after it is the connection's.

test("a connection goes to the PoP at whose address it came, without the header, and to nobody where there is none", async () => {
  const meant: string[] = [];
  const there = net.createServer((socket) => socket.end("from the PoP")).listen(0, "127.0.0.1");
  await once(there, "listening");
  const front = await popFront((address) => {
    meant.push(address);
    return address === "127.0.1.7" ? net.connect((there.address() as net.AddressInfo).port, "127.0.0.1") : undefined;
  });
  const asked = async (localAddress: string): Promise<string> => {
    const socket = net.connect(front.port, "127.0.0.1");
    socket.write(proxyHeader({ remoteAddress: "127.0.0.1", remotePort: 40000, localAddress, localPort: 443 }));
    return text(socket);
  };
  try {
    expect(await asked("127.0.1.7")).toBe("from the PoP");
    expect(await asked("127.0.1.8")).toBe("");
    expect(meant).toEqual(["127.0.1.7", "127.0.1.8"]);
  } finally {
    await front.stop();
    there.close();
  }
});
