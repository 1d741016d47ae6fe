import pc from "picocolors";

type Colours = ReturnType<typeof pc.createColors>;

/** A pipe has no `isTTY` at all, whatever the types of Node say. */
interface Stream {
  readonly isTTY?: boolean;
}

/**
 * Colours for one stream: on at a terminal, off elsewhere. A NO_COLOR that is not empty switches them off and
 * FORCE_COLOR on, the former winning (no-color.org, force-color.org).
 */
export function coloursFor(stream: Stream, env: NodeJS.ProcessEnv = process.env): Colours {
  return pc.createColors(areWanted(stream, env));
}

function areWanted(stream: Stream, env: NodeJS.ProcessEnv): boolean {
  const isSet = (value: string | undefined) => value !== undefined && value !== "";
  if (isSet(env.NO_COLOR) || env.FORCE_COLOR === "0" || env.FORCE_COLOR === "false") {
    return false;
  }
  return isSet(env.FORCE_COLOR) || (stream.isTTY === true && env.TERM !== "dumb");
}
