import * as net from "node:net";
import { HAPROXY_FILE } from "../../components/node/processes";
import { SOCKETS } from "../../components/node/sockets";
import { describeWith } from "../support/requirements";
import { DEBIAN } from "./debianRoot";
import { Rig } from "./origin/rig";
import { listening, portOf } from "./wire/listening";

/** Of HAProxy's buffer, what one reading fills: `tune.bufsize` without `tune.maxrewrite`. */
const READ = 32_768 - 4096;
const HEAD = "HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nTransfer-Encoding: chunked\r\n\r\n";
/** Of which a size of four digits takes six bytes with its end. */
const CHUNK = "x".repeat(0x7000);
const LINE = 6;

const chunk = (text: string): string => `${text.length.toString(16).padStart(4, "0")}\r\n${text}\r\n`;

/**
 * What comes is written at once, so that a reading is as full as can be, and ends with some bytes of a chunk's size: HAProxy's
 * buffer has its place for the next one behind those, and begins anew in the middle of it. What is wanted: RFC 9112, section 7.1.
 */
describeWith([DEBIAN], "a response in chunks, whose size is read in two parts", () => {
  const server = net.createServer((socket) => {
    socket.once("data", (request) => {
      const split = Number(/\/(\d+) /.exec(request.toString("latin1"))?.[1]);
      const first = chunk("x".repeat(READ - HEAD.length - LINE - 2 - split));
      socket.end(`${HEAD}${first}${chunk(CHUNK).repeat(3)}0\r\n\r\n`);
    });
  });
  let rig: Rig;

  beforeAll(async () => {
    await listening(server);
    const relay = `server relay unix@${SOCKETS.relay}`;
    rig = await Rig.start({
      edit: (files) => {
        const config = files[HAPROXY_FILE] ?? "";
        if (!config.includes(relay)) {
          throw new Error(`what is fetched does not go by ${relay}`);
        }
        return { ...files, [HAPROXY_FILE]: config.replace(relay, `server relay 127.0.0.1:${String(portOf(server))}`) };
      },
    });
  });

  afterAll(async () => {
    await rig.stop();
    server.close();
  });

  test.each([0, 1, 5])("is whole when %d bytes of it come with what is before it", async (split) => {
    const { status, isWhole, body } = await rig.get(`/split/${String(split)}`);

    expect({ status, isWhole, length: body.length }).toEqual({
      status: 200,
      isWhole: true,
      length: READ - HEAD.length - LINE - 2 - split + 3 * CHUNK.length,
    });
  });
});
