import { createHash, randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, join, sep } from "node:path";
import { buildSync, stop, type BuildOptions } from "esbuild";
import { cacheHome } from "./terminal/cacheHome";

/** The node's agent as one file on this machine. */
export interface AgentFile {
  readonly path: string;
  readonly sha256: string;
}

const REPOSITORY = join(__dirname, "..");
/** All that the agent is made of, beside the locked packages. */
const SOURCES = join("components", "node");

/** Node 20 is what Debian 13 has. The same sources give the same bytes on every machine: no path is in the output. */
const OPTIONS = {
  entryPoints: [join(SOURCES, "agent", "main.ts")],
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node20",
  minify: true,
  legalComments: "none",
  // A tsconfig.json, here or above, says nothing of this output.
  tsconfigRaw: "{}",
  // What is wrong is thrown, not printed.
  logLevel: "silent",
  // Says what went into the file.
  metafile: true,
  write: false,
} as const satisfies BuildOptions;

/**
 * The agent that nodes run: bundled from its sources once and kept in the cache folder afterwards, so that the hundredth
 * run of the program costs the reading of its sources, some milliseconds.
 *
 * @param repository folder with `components` and the installed packages; default: this repository
 * @param cache folder that keeps it; default: `agents` in the cache folder
 * @throws Error when it cannot be bundled or kept, or when it reaches for what a node does not have
 */
export function agentFile(repository: string = REPOSITORY, cache: string = join(cacheHome(), "agents")): AgentFile {
  const folder = join(cache, sourceHash(repository));
  return kept(folder) ?? keep(folder, buildAgent(repository));
}

/** The agent's sources and locked packages bundled into one file. */
export function buildAgent(repository: string): Uint8Array {
  const { outputFiles, metafile } = bundled(repository);
  const foreign = Object.keys(metafile.inputs).filter(
    (input) => !input.startsWith("components/node/") && !/(?:^|\/)node_modules\/(?!@pulumi\/)/.test(input),
  );
  const [output] = outputFiles;
  if (foreign.length > 0 || output === undefined) {
    throw new Error(
      `the agent must be made of components/node and packages other than Pulumi's alone, got ${foreign.join(", ")}`,
    );
  }
  return output.contents;
}

function bundled(repository: string) {
  try {
    return buildSync({ ...OPTIONS, absWorkingDir: repository });
  } finally {
    // Its process would wait for more to build.
    void stop();
  }
}

/** What the output depends on: sources, locked packages (esbuild among them), and how they are bundled. */
function sourceHash(repository: string): string {
  const hash = createHash("sha256").update(JSON.stringify(OPTIONS));
  const sources = readdirSync(join(repository, SOURCES), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(?:ts|json)$/.test(name))
    .map((name) => join(SOURCES, name));
  for (const name of [...sources, "package-lock.json"].sort()) {
    const content = readFileSync(join(repository, name));
    hash.update(`\n${name.split(sep).join("/")} ${String(content.length)}\n`).update(content);
  }
  return hash.digest("hex");
}

/** A file is named by its content: what a crash has cut off is not taken for an agent. */
function kept(folder: string): AgentFile | undefined {
  return namesIn(folder)
    .map((name) => join(folder, name))
    .map((path) => ({ path, sha256: sha256(readFileSync(path)) }))
    .find((file) => basename(file.path) === `${file.sha256}.js`);
}

function namesIn(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".js")) : [];
}

/** Renamed into place: who reads meanwhile, in another process, finds the whole file or none. */
function keep(folder: string, content: Uint8Array): AgentFile {
  const hash = sha256(content);
  const path = join(folder, `${hash}.js`);
  mkdirSync(folder, { recursive: true });
  const temporary = `${path}.${randomUUID()}`;
  writeFileSync(temporary, content);
  renameSync(temporary, path);
  return { path, sha256: hash };
}

function sha256(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
