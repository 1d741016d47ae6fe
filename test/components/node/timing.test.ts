import { FAREWELL_SECONDS } from "../../../components/node/agent/farewell";
import { DRAIN_STOP_SECONDS } from "../../../components/node/agentUnits";
import { agentTimingSchema } from "../../../components/node/protocol/bundleFormat";
import { REPORT_EXPIRES } from "../../../components/node/protocol/nodeReport";
import { AGENT_TIMING, TIMING } from "../../../components/node/timing";

/** New connections keep arriving this long after a target has turned unhealthy (FACTS: 30 to 40 s). */
const AFTER_UNHEALTHY = 40;
/** A Spot instance is taken this long after its notice. */
const SPOT_NOTICE = 120;
/** From publishing a purge until every node has carried it out, at the 95th percentile. */
const PURGE_TARGET = 2;

const unhealthyAfter = TIMING.targetCheckInterval * TIMING.targetUnhealthyThreshold;

describe("the agent's clocks", () => {
  test("are what a bundle may hold", () => {
    expect(agentTimingSchema.parse(AGENT_TIMING)).toEqual(AGENT_TIMING);
  });

  test("keep a node serving until its load balancer has found out, when it leaves unannounced", () => {
    expect(AGENT_TIMING.drainUnannounced).toBeGreaterThanOrEqual(unhealthyAfter + AFTER_UNHEALTHY);
    expect(AGENT_TIMING.drainLimit).toBeGreaterThan(AGENT_TIMING.drainUnannounced + AGENT_TIMING.drainIdle);
  });

  test("end a drain after a Spot notice before the instance is taken, and not before the load balancer knows", () => {
    expect(AGENT_TIMING.metadataPoll + AGENT_TIMING.spotLimit + FAREWELL_SECONDS).toBeLessThan(SPOT_NOTICE);
    expect(AGENT_TIMING.spotLimit).toBeGreaterThanOrEqual(unhealthyAfter + AFTER_UNHEALTHY);
  });

  test("end a drain before systemd loses patience at a shutdown", () => {
    expect(AGENT_TIMING.drainLimit + FAREWELL_SECONDS).toBeLessThan(DRAIN_STOP_SECONDS);
  });

  test("find a termination, and idleness, well within the terminating hook", () => {
    expect(AGENT_TIMING.metadataPoll + AGENT_TIMING.drainIdle).toBeLessThan(TIMING.terminatingHeartbeat / 10);
  });

  test("leave half of a purge's time to its way through S3 and to the cache", () => {
    expect(AGENT_TIMING.purgePoll).toBeLessThanOrEqual(PURGE_TARGET / 2);
  });

  test("look for lost purges, and at the drain switch, long before content could be staler than the least promise", () => {
    // `purge.maxStaleness` is at least 60.
    expect(AGENT_TIMING.drainSwitchPoll).toBeLessThanOrEqual(10);
  });

  test("have a report renewed three times before it says nothing any more", () => {
    expect(AGENT_TIMING.report * 3).toBeLessThan(REPORT_EXPIRES);
  });

  test("test a new configuration before the load balancer could find the node sick of it", () => {
    expect(AGENT_TIMING.selfTestPatience).toBeLessThan(unhealthyAfter);
  });
});
