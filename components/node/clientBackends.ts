/** HAProxy's backends for requests of clients: one that is in flight there keeps a node that is about to leave. */
export const CLIENT_BACKENDS = ["cache", "past-cache", "held"] as const;
