/**
 * TLS security policies for the load balancers: those of "Security policies for your Network Load Balancer" (AWS,
 * read 2026) that speak exactly TLS 1.2 and 1.3 and only suites with forward secrecy. None is 1.3-only, since Route
 * 53's health checks speak TLS 1.0 to 1.2: every PoP would turn unhealthy. `Res` leaves out CBC; `PQ` adds hybrid
 * post-quantum key exchange; `FIPS` uses the validated module.
 */
export const TLS_POLICIES = [
  "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
  "ELBSecurityPolicy-TLS13-1-2-PQ-2025-09",
  "ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
  "ELBSecurityPolicy-TLS13-1-2-2021-06",
  "ELBSecurityPolicy-TLS13-1-2-Res-FIPS-PQ-2025-09",
  "ELBSecurityPolicy-TLS13-1-2-FIPS-PQ-2025-09",
  "ELBSecurityPolicy-TLS13-1-2-Res-FIPS-2023-04",
  "ELBSecurityPolicy-TLS13-1-2-FIPS-2023-04",
] as const;

/** One of the policies that a load balancer may have. */
export type TlsPolicy = (typeof TLS_POLICIES)[number];
