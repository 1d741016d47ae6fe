import type { PricedItem } from "../prices";

/** A row of an offer file: a product with one of its prices, by the names of the columns. */
export type Row = ReadonlyMap<string, string>;

/** What is looked for in an offer file. */
export interface Wanted {
  /** Its name in the table of prices. */
  readonly name: string;
  /** Usage type, without the letters of the region in front. */
  readonly usage: string;
  /** What other columns must say: a usage type alone can name the product of another kind, of a Local Zone or an Outpost. */
  readonly columns: Readonly<Record<string, string>>;
}

const IN_REGION = { "Location Type": "AWS Region" };

/** Offers of AWS's list by their codes, and what a PoP is billed by of each. Instances stand apart: a stack names them. */
export const REGIONAL_OFFERS: Readonly<Record<string, Readonly<Partial<Record<PricedItem, Omit<Wanted, "name">>>>>> = {
  AmazonEC2: {
    "nat-zone-hour": { usage: "RegionalNatGateway-Hours", columns: { ...IN_REGION, "Product Family": "NAT Gateway" } },
    "nat-gb": { usage: "RegionalNatGateway-Bytes", columns: { ...IN_REGION, "Product Family": "NAT Gateway" } },
    "gp3-gb-month": { usage: "EBS:VolumeUsage.gp3", columns: IN_REGION },
  },
  AWSELB: {
    "nlb-hour": { usage: "LoadBalancerUsage", columns: { ...IN_REGION, operation: "LoadBalancing:Network" } },
    "nlb-lcu-hour": { usage: "LCUUsage", columns: { ...IN_REGION, operation: "LoadBalancing:Network" } },
  },
  AmazonVPC: { "ipv4-hour": { usage: "PublicIPv4:InUseAddress", columns: IN_REGION } },
  AmazonCloudWatch: {
    "metric-month": { usage: "CW:MetricMonitorUsage", columns: IN_REGION },
    "alarm-month": { usage: "CW:AlarmMonitorUsage", columns: IN_REGION },
    "composite-alarm-month": { usage: "CW:CompositeAlarmMonitorUsage", columns: IN_REGION },
    "put-metric-call": { usage: "CW:Requests", columns: IN_REGION },
  },
  AmazonS3: {
    "get-call": { usage: "Requests-Tier2", columns: { ...IN_REGION, Group: "S3-API-Tier2" } },
    "put-call": { usage: "Requests-Tier1", columns: { ...IN_REGION, Group: "S3-API-Tier1" } },
  },
  AWSDataTransfer: {
    "inter-zone-gb": { usage: "DataTransfer-Regional-Bytes", columns: { "From Location Type": "AWS Region" } },
  },
};

/** In which offer of a region the instances stand, and in which the data to the Internet. */
export const [INSTANCES, TRANSFER] = ["AmazonEC2", "AWSDataTransfer"];

/** Linux on demand on shared machines, without software of somebody's on it and without a reservation. */
export function instanceWanted(type: string): Wanted {
  return {
    name: type,
    usage: `BoxUsage:${type}`,
    columns: { ...IN_REGION, operation: "RunInstances", Tenancy: "Shared", "Instance Type": type },
  };
}

export const INTERNET: Wanted = {
  name: "internet",
  usage: "DataTransfer-Out-Bytes",
  columns: { "From Location Type": "AWS Region", "To Location": "External" },
};

/** CloudFront bills by where the edge is, so its prices stand in the file of all regions. */
export const CLOUDFRONT = "AmazonCloudFront";
export const cloudFrontGb: Omit<Wanted, "name"> = { usage: "DataTransfer-Out-Bytes", columns: {} };
export const cloudFrontRequest: Omit<Wanted, "name"> = { usage: "Requests-Tier2-HTTPS", columns: {} };

/**
 * Is it the row of what is wanted? Usage types have the letters of their region in front (`EUC1-`; none in us-east-1, the
 * code itself for keys), or of a part of the world; what begins with `Global-` is what an account has free.
 */
export function isRowOf({ usage, columns }: Wanted, row: Row): boolean {
  const type = row.get("usageType") ?? "";
  return (
    row.get("TermType") === "OnDemand" &&
    row.get("Currency") === "USD" &&
    type.endsWith(usage) &&
    /^(?:[A-Z]{2,4}\d?-)?$/.test(type.slice(0, type.length - usage.length)) &&
    Object.entries(columns).every(([column, value]) => row.get(column) === value)
  );
}
