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
  /** The bundle that is being put in place. */
  placing: "/var/lib/footprint/placing.json",
  /** The agent that a bundle names, before it takes the place of this one. */
  nextProgram: "/var/lib/footprint/agent.js",
  /** Below it a bundle's files are put to be checked. */
  staged: "/run/footprint/staged",
  /** Number of the last purge that was carried out, and once more after `purgeRepeat`. */
  purge: "/run/footprint/purge.json",
  /** The values of the secrets, root's alone. */
  secrets: "/run/footprint/secrets/known.json",
  /** The group has been told that the node serves. */
  launched: "/run/footprint/launched",
} as const;

/** Starts the agent. The heap has a bound of its own below the unit's, so that Node cleans up before the kernel kills. */
export function agentCommand(program: string, ...args: readonly string[]): readonly string[] {
  return ["/usr/bin/node", "--max-old-space-size=128", "--max-semi-space-size=2", program, ...args];
}
