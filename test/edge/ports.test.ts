import { once } from "node:events";
import * as net from "node:net";
import type * as ports from "../../infra/edge/ports";

/** As another process has it: nothing is known of what the first one gave. */
function another(): typeof ports {
  let module: typeof ports | undefined;
  jest.isolateModules(() => {
    module = jest.requireActual<typeof ports>("../../infra/edge/ports");
  });
  return module as typeof ports;
}

describe("free ports", () => {
  test("two that look at once, from the same place, get different ones", async () => {
    const given = await Promise.all([another().freePorts(20), another().freePorts(20), another().freePorts(20)]);

    expect(new Set(given.flat()).size).toBe(60);
  });

  test("what was given is given to nobody else, though nothing listens there yet", async () => {
    const first = await another().freePorts(3);

    expect((await another().freePorts(3)).filter((port) => first.includes(port))).toEqual([]);
  });

  test("a port on which another program listens is passed over", async () => {
    const [port = 0] = await another().freePorts(1);
    const program = net.createServer().listen(port + 1, "127.0.0.1");
    await once(program, "listening");

    const given = await another().freePorts(3);
    program.close();

    expect(given).not.toContain(port + 1);
  });
});
