/** Files by which a node's agent lives. Those in /run are gone after a reboot, as the cache is. */
export const AGENT_FILES = {
  /** NodeIdentity, by the bootstrap. */
  identity: "/etc/footprint/identity.json",
  /** The agent itself, one file. */
  program: "/usr/local/lib/footprint/agent.js",
  /** The adopted bundle, byte for byte: its SHA-256 is the node's generation. */
  bundle: "/var/lib/footprint/bundle.json",
  /** Journal of adoptions. */
  journal: "/var/lib/footprint/state.json",
  /** How much of the access log has been sent. */
  accessLog: "/var/lib/footprint/access-log.json",
  /** Number of the newest pointer that was seen. */
  serial: "/var/lib/footprint/serial",
  /** The bundle that is being put in place. */
  placing: "/var/lib/footprint/placing.json",
  /** The agent that a bundle names, before it takes the place of this one. */
  nextProgram: "/var/lib/footprint/agent.js",
  /** The agent before this one, while this one is on probation; beside it, so that it can take its place in one step. */
  formerProgram: "/usr/local/lib/footprint/agent-former.js",
  /** The agent that did not live through its probation. */
  refusedProgram: "/usr/local/lib/footprint/agent-refused.js",
  /** How often the agent on probation has been started. */
  starts: "/var/lib/footprint/agent-starts",
  /** Runs before each start of an agent on probation. */
  probation: "/usr/local/lib/footprint/agent-probation",
  /** Below it a bundle's files are put to be checked. */
  staged: "/run/footprint/staged",
  /** Number of the last purge that was carried out, and once more after `purgeRepeat`. */
  purge: "/run/footprint/purge.json",
  /** The values of the secrets, root's alone. */
  secrets: "/run/footprint/secrets/known.json",
  /** Connections of slow clients, for the service that ends them: an address and a port a line. */
  slowClients: "/run/footprint/slow-clients",
  /** How much of the access log has been counted. */
  counted: "/run/footprint/counted.json",
  /** What HAProxy knew of its servers a moment ago, which it reads at its start. Of an earlier boot it would be old. */
  addresses: "/run/footprint/origin-addresses",
  /** The group has been told that the node serves. */
  launched: "/run/footprint/launched",
} as const;

/** A new agent that ends so often, before it has run for a while in one go, is given up. */
export const PROBATION_STARTS = 5;

/** Starts the agent. The heap has a bound of its own below the unit's, so that Node cleans up before the kernel kills. */
export function agentCommand(program: string, ...args: readonly string[]): readonly string[] {
  return [
    "/usr/bin/node",
    "--max-old-space-size=128",
    "--max-semi-space-size=2",
    "--optimize-for-size",
    program,
    ...args,
  ];
}
