import { writeFileSync } from "node:fs";
import { board } from "../../../components/dashboard/board";
import { cloudWatchBody } from "../../../components/dashboard/cloudWatch";
import type { Terminal } from "../../terminal/confirm";
import { deployment, type StackOptions } from "../pops";

export interface DashboardOptions extends StackOptions {
  readonly grafana?: true;
  readonly out?: string;
}

/** Writes the dashboard of a footprint, for CloudWatch or for Grafana. */
export async function runDashboard(options: DashboardOptions, terminal: Terminal, folder?: string): Promise<void> {
  const { stack, outputs } = await deployment(options, ["measured"], terminal, folder);
  const shown = board({ footprint: stack, pops: outputs.measured });
  const name = `footprint-${stack}`;
  // Grafana's builders are loaded for who wants them.
  const text =
    options.grafana === true ? (await import("./grafana")).grafanaDashboard(shown, name) : `${cloudWatchBody(shown)}\n`;
  if (options.out === undefined) {
    terminal.out(text);
    return;
  }
  writeFileSync(options.out, text);
  terminal.say(
    options.grafana === true
      ? `${options.out} is written: in Grafana, Dashboards, New, Import.`
      : `${options.out} is written: \`aws cloudwatch put-dashboard --dashboard-name ${name} --dashboard-body file://${options.out}\` puts it into the account.`,
  );
}
