import type { Command } from "commander";
import type { RenderOptions } from "../edge/renderTo";

/** `footprint node render`: what a node would get, as files. */
export function registerNodeRender(node: Command): void {
  node
    .command("render")
    .description("Write the files that the nodes of a PoP are configured with, to read or to compare.")
    .requiredOption("-s, --stack <name>", "stack, as in stacks/Pulumi.<name>.yaml")
    .requiredOption("-p, --pop <region>", "PoP of the stack, by its region")
    .requiredOption("-o, --out <folder>", "folder that stands for the node's root: empty, or made here")
    .option("--force", "write into a folder that holds something; files of other names stay")
    .addHelpText(
      "after",
      `
Prints the files that it has written, one a line. They are the same on every node of the PoP, and hold no secret.

Examples:
  $ footprint node render --stack global --pop eu-west-1 --out before      and, after an edit of the stack file:
  $ footprint node render --stack global --pop eu-west-1 --out after
  $ diff --recursive before after`,
    )
    .action(async (options: RenderOptions) => {
      const { renderTo } = await import("../edge/renderTo");
      process.stdout.write(
        renderTo(options)
          .map((path) => `${path}\n`)
          .join(""),
      );
    });
}
