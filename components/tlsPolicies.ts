/**
 * TLS security policies for the load balancers: those of "Security policies for your Network Load Balancer" (AWS,
 * read 2026) that speak exactly TLS 1.2 and 1.3 and only suites with forward secrecy. None is 1.3-only, since Route
 * 53's health checks speak TLS 1.0 to 1.2: every PoP would turn unhealthy. `Res` leaves out CBC; `Pq` adds hybrid
 * post-quantum key exchange; `Fips` uses the validated module.
 */
export const TlsPolicy = {
  /** The one that AWS advises (2025-09), and the default. */
  ResPq202509: "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
  Pq202509: "ELBSecurityPolicy-TLS13-1-2-PQ-2025-09",
  Res202106: "ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
  Plain202106: "ELBSecurityPolicy-TLS13-1-2-2021-06",
  ResFipsPq202509: "ELBSecurityPolicy-TLS13-1-2-Res-FIPS-PQ-2025-09",
  FipsPq202509: "ELBSecurityPolicy-TLS13-1-2-FIPS-PQ-2025-09",
  ResFips202304: "ELBSecurityPolicy-TLS13-1-2-Res-FIPS-2023-04",
  Fips202304: "ELBSecurityPolicy-TLS13-1-2-FIPS-2023-04",
} as const;

/** One of the policies that a load balancer may have. */
export type TlsPolicy = (typeof TlsPolicy)[keyof typeof TlsPolicy];

export const TLS_POLICIES = Object.values(TlsPolicy);
