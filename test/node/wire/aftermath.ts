import type { WatchedNode } from "./watchedNode";

/**
 * What an attack has left behind, for an honest client that asks for the same target afterwards, and at the origin. The
 * origin then forgets, so that the next case is judged by itself.
 */
export async function aftermath(node: WatchedNode, target: string): Promise<unknown> {
  const { status, body } = await node.visit(target);
  const left = {
    honest: status === 200 ? { status, ...(JSON.parse(body) as object), poisoned: body.includes("evil") } : { status },
    hidden: node.origin.of("/hidden/"),
    ...(await harm(node)),
  };
  node.origin.forget();
  return left;
}

/** What an attack has done to the node, and what the origin was told that it should not have been. */
export async function harm(node: WatchedNode): Promise<typeof NO_HARM> {
  return {
    violations: [...node.origin.violations],
    misleading: node.misleading,
    unharmed: await node.isUnharmed(),
  };
}

export const NO_HARM = { violations: [] as readonly string[], misleading: [] as readonly string[], unharmed: true };

/** The same when there is nothing. */
export function nothing(target: string): unknown {
  return {
    honest: { status: 200, method: "GET", target, fields: expect.any(Array) as unknown, body: "", poisoned: false },
    hidden: [],
    ...NO_HARM,
  };
}
