/** Route 53 has its metrics in this region alone, and so the alarms on them. */
export const ROUTE53_METRICS_REGION = "us-east-1";
