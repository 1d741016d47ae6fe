import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import type { LockedPackage } from "../../components/node/packageLock";

/** A package of which the content is its own name, as a lock has it. */
export function locked(name: string, changes: Partial<LockedPackage> = {}): LockedPackage {
  const content = contentOf(name);
  return {
    name,
    version: "1.0-1",
    architecture: "arm64",
    archive: "debian",
    pool: `pool/main/${name.slice(0, 1)}/${name}`,
    file: `${name}_1.0-1_arm64.deb`,
    size: content.length,
    sha256: createHash("sha256").update(content).digest("hex"),
    base: false,
    relations: {},
    ...changes,
  };
}

export function contentOf(name: string): string {
  return `content of ${name}\n`;
}

/** Answers a GET of a path with what stands in `files`, else with 404, and notes what it was asked for. */
export class FileServer {
  readonly asked: string[] = [];
  readonly files = new Map<string, string | Buffer>();
  private readonly server = http.createServer(({ url = "" }, response) => {
    this.asked.push(url);
    const content = this.files.get(url);
    response.writeHead(content === undefined ? 404 : 200).end(content);
  });

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** A cache folder of its own, with an environment that is put back afterwards. */
export class Scratch {
  readonly folder = fs.mkdtempSync(path.join(os.tmpdir(), "footprint-packages-"));
  private readonly environment = { ...process.env };

  constructor() {
    process.env.XDG_CACHE_HOME = this.folder;
  }

  /** Puts a program in front of this machine's own. */
  program(name: string, script: string): void {
    fs.writeFileSync(path.join(this.folder, name), script, { mode: 0o755 });
    process.env.PATH = `${this.folder}:${this.environment.PATH ?? ""}`;
  }

  end(): void {
    process.env = { ...this.environment };
    fs.rmSync(this.folder, { recursive: true });
  }
}
