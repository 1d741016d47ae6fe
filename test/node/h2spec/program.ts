import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { cacheHome } from "../../../infra/terminal/cacheHome";
import type { Requirement } from "../../support/requirements";

/** Where it is kept once it has been built: by what go.mod pins. */
export function h2specProgram(): string {
  const pins = ["go.mod", "go.sum"].map((file) => readFileSync(join(__dirname, file)));
  const hash = createHash("sha256").update(Buffer.concat(pins)).digest("hex");
  return join(cacheHome(), `h2spec-${hash.slice(0, 12)}`);
}

export const H2SPEC: Requirement = {
  name: "h2spec",
  isMet: () => existsSync(h2specProgram()),
  remedy: "test/node/install.sh builds it where Go 1.25.11 or newer and a module proxy are there",
};

function build(): void {
  const program = h2specProgram();
  const scratch = `${program}.${String(process.pid)}`;
  execFileSync("go", ["build", "-o", scratch, "github.com/summerwind/h2spec/cmd/h2spec"], {
    cwd: __dirname,
    env: { ...process.env, CGO_ENABLED: "0" },
    stdio: ["ignore", 2, 2],
  });
  // Whole or not at all.
  renameSync(scratch, program);
}

if (require.main === module && !H2SPEC.isMet()) {
  build();
}
