import { loadConfig } from "./load";
import type { FootprintConfig } from "./model";
import { stackConfigFromFile } from "./stackFile";
import { bareName, stackFile } from "./stacks";

/**
 * The configuration that a stack's file says.
 *
 * @param stack as Pulumi names it, `base` or `acme/footprint/base`
 * @param folder of the stack files; default: the repository's
 * @throws UserError where there is no such file, ConfigError for one with mistakes
 */
export function configOfStack(stack: string, folder?: string): FootprintConfig {
  return loadConfig(bareName(stack), stackConfigFromFile(stackFile(stack, folder)));
}
