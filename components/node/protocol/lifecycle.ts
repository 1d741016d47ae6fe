/** Names of the group's lifecycle hooks. A node completes both itself. */
export const LIFECYCLE_HOOKS = { launching: "launching", terminating: "terminating" } as const;
