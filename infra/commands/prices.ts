import type { Command } from "commander";

/** `footprint prices`: reads AWS's public price list for what a stack is billed by. */
export function registerPrices(program: Command): void {
  program
    .command("prices")
    .description("Read AWS's public price list for the regions of a stack, and write what its plan needs.")
    .option("-s, --stack <name>", "stack, as in stacks/Pulumi.<name>.yaml", "sandbox")
    .addHelpText(
      "after",
      `
Needs no credentials. Writes stacks/prices.json, with version and date of each file that was read; plan and advise take these
prices first. EC2's part of the list has some 300 MB a region: it is read as it comes, and not again until AWS publishes
another one. What has been read is kept when a later part cannot be had.

Example:
  $ footprint prices --stack global && footprint plan --stack global`,
    )
    .action(async ({ stack }: { stack: string }) => {
      const { runPrices } = await import("../plan/priceList/run");
      await runPrices(stack);
    });
}
