import { resolveCli } from "../../infra/pulumi/cli";

// Finds, downloads or builds the Pulumi CLI that the engine tests run, and says what it does:
// node -r ./infra/cli/typescript.js test/engine/install.ts

void resolveCli(say).then((cli) => {
  if (cli === undefined) {
    say("no Pulumi CLI could be found, downloaded or built");
    process.exitCode = 1;
  } else {
    say(`Pulumi ${cli.version}, ${cli.path}`);
  }
});

function say(line: string): void {
  process.stderr.write(`footprint: ${line}\n`);
}
