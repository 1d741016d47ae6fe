import { readFileSync } from "node:fs";
import * as path from "node:path";
import { Command } from "commander";
import { AGENT_METRICS_PORT, METRICS_PORT, NODE_HEALTH_PATH, NODE_PORTS } from "../../components/node/ports";
import { AGENT_FILES } from "../../components/node/agentFiles";
import { ACCESS_LOG, VARNISH_FOLDER } from "../../components/node/processes";
import { SEEN_FILE, SWITCHES_FILE } from "../../components/node/protocol/switches";
import { SOCKETS } from "../../components/node/sockets";
import { UNITS } from "../../components/node/systemd";
import { registerCheck } from "../../infra/commands/check";
import { registerCutover } from "../../infra/commands/cutover";
import { registerDrain } from "../../infra/commands/drain";
import { registerLogs } from "../../infra/commands/logs";
import { registerNode } from "../../infra/commands/node";
import { registerPlan } from "../../infra/commands/plan";
import { registerPurge } from "../../infra/commands/purge";
import { registerRotate } from "../../infra/commands/rotate";
import { registerStatus } from "../../infra/commands/status";
import { registerUndrain } from "../../infra/commands/undrain";
import { repository } from "../support/tree";

const RUNBOOK = readFileSync(path.join(repository, "infra/operate/RUNBOOK.md"), "utf8");

/** Every command line of ours in the text. */
const LINES = [...RUNBOOK.matchAll(/(?:^\$ |`)footprint ([a-z][^`\n]*)/gm)]
  .map(([, line = ""]) => line.replace(/\s+#.*$/, "").trim())
  .filter((line) => line.includes(" "));

test("there are command lines in it", () => {
  expect(LINES.length).toBeGreaterThan(10);
});

test.each(LINES)("footprint %s is a command line that is taken", async (line) => {
  const program = new Command("footprint").exitOverride().configureOutput({ writeErr: () => undefined });
  for (const register of [
    registerStatus,
    registerCheck,
    registerCutover,
    registerLogs,
    registerPurge,
    registerDrain,
    registerUndrain,
    registerRotate,
    registerPlan,
    registerNode,
  ]) {
    register(program);
  }
  const ran: string[] = [];
  const node = program.commands.find((command) => command.name() === "node");
  [...program.commands, ...(node?.commands ?? [])].forEach((command) =>
    command.exitOverride().action(() => {
      ran.push(command.name());
    }),
  );

  await program.parseAsync(
    (line.match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replaceAll('"', "")),
    { from: "user" },
  );

  expect(ran).toEqual([/^(?:node )?(\S+)/.exec(line)?.[1]]);
});

test("what it names on a node is there", () => {
  const named = new Set(RUNBOOK.match(/\/(?:run|var\/lib|var\/log)\/(?:footprint|haproxy|varnish)[\w./-]*/g));
  const known = [
    ...[AGENT_FILES.bundle, AGENT_FILES.journal, AGENT_FILES.purge, path.dirname(AGENT_FILES.secrets)],
    ...[ACCESS_LOG, VARNISH_FOLDER, SEEN_FILE, SWITCHES_FILE, SOCKETS.admin],
  ];
  expect([...named].sort()).toEqual(known.sort());
  const urls = new Set(RUNBOOK.match(/http:\/\/127\.0\.0\.1:\d+\/\w+/g));
  expect([...urls].sort()).toEqual(
    [
      `http://127.0.0.1:${String(NODE_PORTS.health)}${NODE_HEALTH_PATH}`,
      `http://127.0.0.1:${String(METRICS_PORT)}/metrics`,
      `http://127.0.0.1:${String(AGENT_METRICS_PORT)}/metrics`,
    ].sort(),
  );
  expect(UNITS).toContain("footprint-agent.service");
});
