import * as path from "node:path";
import { bareName } from "../config/stacks";
import { exitCodes } from "../terminal/exitCodes";
import { UserError } from "../terminal/userError";

/** Options of the CLI that take a file or folder. */
const PATH_OPTIONS: readonly string[] = [
  "--config-file",
  "--event-log",
  "--file",
  "--import-file",
  "--out",
  "--plan",
  "--policy-pack",
  "--policy-pack-config",
  "--save-plan",
];

/** Of `import` alone: with `up` and `destroy` the same letter means something else. */
const IMPORT_FILE = "-f";

const STACK_OPTIONS: readonly string[] = ["--stack", "-s"];
/** The option and the stack as one word. */
const JOINED_STACK = /^(?:--stack=|-s=?)(.+)$/;

/**
 * Commands that would do something else here than they say: the project of the sandbox is a copy that is written anew
 * before each command, and the stack is chosen anew, too.
 */
const ELSEWHERE: Readonly<Record<string, string>> = {
  config: "the sandbox reads stacks/Pulumi.<stack>.yaml before each command: edit that file",
  login: "the sandbox has a backend of its own, in the cache folder",
  logout: "the sandbox has a backend of its own, in the cache folder",
  new: "the sandbox deploys the program of this repository",
  "stack change-secrets-provider": "the sandbox has a passphrase of its own, which guards nothing",
  "stack rename": "the sandbox names its stacks after the files in stacks",
  "stack select": "the stack of each command is --stack, and without it `sandbox`",
};

/** Of `config` these only read. */
const READING: readonly string[] = ["get"];

/**
 * A command of the CLI as it is handed over: what a user names from here is named whole, since the CLI works in a folder
 * of its own.
 *
 * @throws UserError for a command that has no meaning here
 */
export function handedOver(args: readonly string[]): readonly string[] {
  const words = commandOf(args);
  const [command = "", subcommand = ""] = words;
  const reason = ELSEWHERE[`${command} ${subcommand}`] ?? ELSEWHERE[command];
  const reads = command === "config" && (subcommand === "" || READING.includes(subcommand));
  if (reason !== undefined && !reads) {
    const name = ELSEWHERE[command] !== undefined && subcommand === "" ? command : `${command} ${subcommand}`.trim();
    throw new UserError(`sandbox ${name}: must be done without the sandbox: ${reason}`, exitCodes.usage);
  }
  return args.map((arg, index) => {
    const [option = "", value] = arg.split(/=(.*)/s);
    if (value !== undefined) {
      return PATH_OPTIONS.includes(option) ? `${option}=${path.resolve(value)}` : arg;
    }
    const before = args[index - 1] ?? "";
    const isFile = PATH_OPTIONS.includes(before) || (command === "import" && before === IMPORT_FILE);
    return isFile ? path.resolve(arg) : arg;
  });
}

/**
 * The stack that the arguments name, and `fallback` where they name none: what the CLI is told, and the name of its file.
 */
export function stackOf(args: readonly string[], fallback: string): { readonly name: string; readonly file: string } {
  const at = args.findIndex((arg) => STACK_OPTIONS.includes(arg));
  const joined = args.flatMap((arg) => JOINED_STACK.exec(arg)?.[1] ?? []);
  const name = joined[0] ?? (at < 0 ? undefined : args[at + 1]) ?? fallback;
  return { name, file: bareName(name) };
}

/**
 * The stack that is all that the arguments may name.
 *
 * @throws UserError for what else they have
 */
export function stackAlone(args: readonly string[], fallback: string): string {
  const others = args.filter(
    (arg, index) =>
      !JOINED_STACK.test(arg) && ![arg, args[index - 1] ?? ""].some((each) => STACK_OPTIONS.includes(each)),
  );
  if (others.length > 0) {
    throw new UserError(
      `sandbox --with aws-plugin: must stand alone or with --stack, got "${others.join(" ")}": moto forgets all when it ends, ` +
        "so it goes from the first `up` to `destroy` in one",
      exitCodes.usage,
    );
  }
  return stackOf(args, fallback).file;
}

/** The words of a command, without options and the values of those that are known to have one. */
function commandOf(args: readonly string[]): readonly string[] {
  const valued = [...STACK_OPTIONS, ...PATH_OPTIONS];
  return args.filter((arg, index) => !arg.startsWith("-") && !valued.includes(args[index - 1] ?? ""));
}
