import type { Bundle } from "../protocol/bundleFormat";
import { TIME_PROGRAMS } from "../time";
import { mustRun, type Run } from "./commands";

const UNIT_FOLDER = "/etc/systemd/system/";
const SYSCTL_FOLDER = "/etc/sysctl.d/";

/**
 * Has systemd follow the units and the kernel settings of a bundle. What runs is never started anew: a cache would be
 * lost by it. A unit that has changed counts from its next start.
 */
export class UnitChanges {
  constructor(private readonly run: Run) {}

  /** @param former what ran before; undefined for the first bundle of a node */
  async apply(bundle: Bundle, former: Bundle | undefined): Promise<void> {
    const units = added(bundle, former);
    if (units.length > 0) {
      // By default systemd reads all units anew after each of them.
      await this.systemctl("enable", "--no-reload", ...units);
    }
    if (units.length > 0 || differs(UNIT_FOLDER, bundle, former)) {
      await this.systemctl("daemon-reload");
    }
    if (differs(SYSCTL_FOLDER, bundle, former)) {
      // By systemd, which may change them; the agent may not.
      await this.systemctl("restart", "systemd-sysctl.service");
    }
    for (const [unit, file] of Object.entries(TIME_PROGRAMS)) {
      // An image has one of them, or none.
      if (bundle.files[file] !== former?.files[file] && (await this.isActive(unit))) {
        await this.systemctl("restart", unit);
      }
    }
    // In their order: HAProxy before Varnish, which asks for origins at its socket. What a bundle names no more runs on
    // until the machine ends, since a bundle that forgets a unit must not take the node down.
    for (const unit of units) {
      await this.systemctl("start", unit);
    }
  }

  /** Starts what does not run of what a bundle names. */
  async start({ units }: Bundle): Promise<void> {
    await this.systemctl("start", ...units);
  }

  /** Ends what was started for a bundle that is turned back. */
  async withdraw(bundle: Bundle, former: Bundle): Promise<void> {
    for (const unit of added(bundle, former)) {
      await this.systemctl("disable", "--now", unit);
    }
  }

  private async isActive(unit: string): Promise<boolean> {
    return (await this.run(["systemctl", "--quiet", "is-active", unit])).status === 0;
  }

  private systemctl(...args: readonly string[]): Promise<void> {
    return mustRun(this.run, ["systemctl", "--quiet", ...args]);
  }
}

function added({ units }: Bundle, former: Bundle | undefined): readonly string[] {
  return units.filter((unit) => former?.units.includes(unit) !== true);
}

function differs(folder: string, { files }: Bundle, former: Bundle | undefined): boolean {
  const paths = new Set([...Object.keys(files), ...Object.keys(former?.files ?? {})]);
  return [...paths].some((path) => path.startsWith(folder) && files[path] !== former?.files[path]);
}
