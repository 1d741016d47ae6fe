import { once } from "node:events";
import * as net from "node:net";
import { START_VARNISH, VARNISH_FOLDER } from "../../components/node/processes";
import { PROBE_HOST, SOCKETS } from "../../components/node/sockets";
import { describeWith } from "../support/requirements";
import { DEBIAN } from "./debianRoot";
import { Rig } from "./origin/rig";
import { reply } from "./origin/scripted";
import { until } from "./origin/until";

const OFFSET_FILE = "/run/varnish-clock-offset";

/**
 * Moves a program's clock by the seconds that stand in a file, from one look at it to the next, and what it waits until by
 * that clock: the kernel's own does not move.
 */
const CLOCK = `
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long offset(void) {
    char text[32] = "";
    int file = open("${OFFSET_FILE}", O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    if (read(file, text, sizeof text - 1) < 0) text[0] = 0;
    close(file);
    return atol(text);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    int status = syscall(SYS_clock_gettime, clock, now);
    if (clock == CLOCK_REALTIME) now->tv_sec += offset();
    return status;
}

int pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *until) {
    int (*wait)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *) = dlsym(RTLD_NEXT, "pthread_cond_timedwait");
    struct timespec then = *until;
    then.tv_sec -= offset();
    return wait(condition, mutex, &then);
}
`;

/** With the compiler that a node has for its VCL. */
const WITH_OWN_CLOCK = `
echo '${CLOCK}' | "$(uname -m)-linux-gnu-gcc" -shared -fPIC -x c -o /tmp/clock.so -
export LD_PRELOAD=/tmp/clock.so
exec `;

/**
 * What is wanted: what is stored outlives a step of the clock, which Varnish panics at by default (varnishd(1), clock_step). That
 * there was one is what Varnish itself notes when a session ends (SES_Delete).
 */
describeWith([DEBIAN], "a clock that is set back", () => {
  let rig: Rig;

  beforeAll(async () => {
    rig = await Rig.start({
      edit: (files) => ({
        ...files,
        [START_VARNISH]: (files[START_VARNISH] ?? "").replace("\nexec ", WITH_OWN_CLOCK),
      }),
    });
    // It is not noted by default.
    await rig.node.varnishadm("param.set", "vsl_mask", "+Debug");
    rig.origin.on("/stored", reply("stored", { "cache-control": "max-age=600" }));
  });

  afterAll(async () => {
    await rig.stop();
  });

  test.each([
    ["a minute", -60],
    ["an hour", -3600],
  ])("does not end the cache: %s", async (_, step) => {
    rig.node.root.write(OFFSET_FILE, "0");
    await rig.get("/stored");
    const processes = rig.cacheProcesses();
    const steps = await noted(rig);
    const session = net.connect(rig.node.root.outside(SOCKETS.cache));
    session.write(`GET / HTTP/1.1\r\nHost: ${PROBE_HOST}\r\n\r\n`);
    await once(session, "data");

    rig.node.root.write(OFFSET_FILE, String(step));
    session.destroy();
    await until(
      "the session ends after the step",
      async () => rig.cacheProcesses()[0] !== processes[0] || (await noted(rig)) > steps,
    );

    expect((await rig.get("/stored")).headers["cache-status"]).toContain("; hit");
    expect(rig.cacheProcesses()).toEqual(processes);
    expect(rig.origin.requests("/stored")).toHaveLength(1);
  });
});

/** Steps of the clock that Varnish has met. */
async function noted({ node }: Rig): Promise<number> {
  const { stdout } = await node.exec("varnishlog", "-n", VARNISH_FOLDER, "-d", "-g", "raw", "-i", "Debug");
  return stdout.split("Clock step").length - 1;
}
