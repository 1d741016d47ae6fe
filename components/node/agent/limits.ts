/** Bounds of every call to AWS: what is slow counts as away, and the next turn of a loop tries again. */
export const CLIENT_LIMITS = {
  maxAttempts: 2,
  requestHandler: { connectionTimeout: 2000, requestTimeout: 5000, throwOnRequestTimeout: true },
} as const;
