// AWS's price list, shortened: rows of the regions eu-west-1 and us-east-1 with the columns that tell them apart, as they
// stand in the offers of the dates given. Shape: AWS Billing user guide, "Reading the service Region index file" and
// "Reading the service price list file for an AWS service" (five rows of metadata, then the names of the columns; every
// value in quotes). Prices and usage types: the list itself, as quoted in public repositories (see infra/plan/data/prices.json).

/** Columns of each row; what a row does not name is empty. */
type Recorded = Readonly<Record<string, string>>;

const linux: Recorded = {
  "Product Family": "Compute Instance",
  Tenancy: "Shared",
  "Operating System": "Linux",
  operation: "RunInstances",
  CapacityStatus: "Used",
  "Pre Installed S/W": "NA",
  MarketOption: "OnDemand",
};
const nat = { "Product Family": "NAT Gateway", operation: "RegionalNatGateway" };
const nlb = { "Product Family": "Load Balancer-Network", operation: "LoadBalancing:Network" };
const out: Recorded = {
  "Product Family": "Data Transfer",
  "Location Type": "",
  "From Location Type": "AWS Region",
  "To Location": "External",
  "Transfer Type": "AWS Outbound",
};

function instance(prefix: string, type: string, usd: string, more: Recorded = {}): Recorded {
  return { ...linux, usageType: `${prefix}BoxUsage:${type}`, "Instance Type": type, PricePerUnit: usd, ...more };
}

function tiers(usageType: string, ranges: readonly (readonly [string, string, string])[], more: Recorded): Recorded[] {
  return ranges.map(([StartingRange, EndingRange, PricePerUnit]) => ({
    ...more,
    ...{ usageType, StartingRange, EndingRange, PricePerUnit },
  }));
}

const EC2_IRELAND: readonly Recorded[] = [
  instance("EU-", "m7gd.large", "0.1191"),
  // What has the same words in it and is another product.
  instance("EU-", "m7gd.large", "0.0750", { TermType: "Reserved", PurchaseOption: "No Upfront" }),
  instance("EU-", "m7gd.large", "0.1793", { operation: "RunInstances:0010", "Operating System": "RHEL" }),
  { ...instance("EU-", "m7gd.large", "0.1310"), usageType: "EU-DedicatedUsage:m7gd.large", Tenancy: "Dedicated" },
  { ...instance("EU-", "m7gd.large", "0.0000"), usageType: "EU-HostBoxUsage:m7gd.large", Tenancy: "Host" },
  instance("EUW1LON1-", "m7gd.large", "0.1500", { "Location Type": "AWS Local Zone" }),
  instance("EU-", "m6gd.large", "0.1008"),
  instance("EU-", "m5.large", "0.1070"),
  { ...nat, usageType: "EU-RegionalNatGateway-Hours", PricePerUnit: "0.0480000000" },
  { ...nat, usageType: "EU-RegionalNatGateway-Bytes", PricePerUnit: "0.0480000000", Unit: "GB" },
  { ...nat, usageType: "EU-NatGateway-Hours", PricePerUnit: "0.0480000000", operation: "NatGateway" },
  { ...nat, usageType: "EU-NatGateway-Prvd-Gbps", PricePerUnit: "1.0760000000" },
  { "Product Family": "Storage", usageType: "EU-EBS:VolumeUsage.gp3", "Volume API Name": "gp3", PricePerUnit: "0.088" },
  {
    ...{ "Product Family": "Storage", usageType: "EU-EBS:VolumeUsage.gp3", "Volume API Name": "gp3" },
    ...{ "Location Type": "AWS Local Zone", PricePerUnit: "0.1056", PriceDescription: 'a "quoted", description' },
  },
];

/** By offer, then by region; "*" is the file of all regions. */
export const RECORDED: Readonly<Record<string, Readonly<Record<string, readonly Recorded[]>>>> = {
  AmazonEC2: {
    "eu-west-1": EC2_IRELAND,
    "us-east-1": [
      instance("", "m7gd.large", "0.1068"),
      instance("", "m6gd.large", "0.0904"),
      { ...nat, usageType: "RegionalNatGateway-Hours", PricePerUnit: "0.0450000000" },
      { ...nat, usageType: "RegionalNatGateway-Bytes", PricePerUnit: "0.0450000000" },
      { "Product Family": "Storage", usageType: "EBS:VolumeUsage.gp3", PricePerUnit: "0.0800000000" },
    ],
  },
  AWSELB: {
    "eu-west-1": [
      { ...nlb, usageType: "EU-LoadBalancerUsage", PricePerUnit: "0.0252" },
      { ...nlb, usageType: "EU-LCUUsage", PricePerUnit: "0.006" },
      { ...nlb, usageType: "EU-ReservedLCUUsage", PricePerUnit: "0.0042" },
      { usageType: "EU-TS-LoadBalancerUsage", operation: "LoadBalancing:Application", PricePerUnit: "0.0059" },
      { usageType: "EU-LoadBalancerUsage", operation: "LoadBalancing:Application", PricePerUnit: "0.0252" },
      { usageType: "EU-LoadBalancerUsage", operation: "LoadBalancing", PricePerUnit: "0.028" },
    ],
    "us-east-1": [
      { ...nlb, usageType: "LoadBalancerUsage", PricePerUnit: "0.0225" },
      { ...nlb, usageType: "LCUUsage", PricePerUnit: "0.006" },
      // Without the letters of a region, the letters of another product stand where theirs would.
      { usageType: "TS-LoadBalancerUsage", operation: "LoadBalancing:Application", PricePerUnit: "0.0056" },
    ],
  },
  AmazonVPC: {
    "eu-west-1": [
      { usageType: "EU-PublicIPv4:InUseAddress", PricePerUnit: "0.005" },
      { usageType: "EU-PublicIPv4:IdleAddress", PricePerUnit: "0.005" },
    ],
    "us-east-1": [{ usageType: "USE1-PublicIPv4:InUseAddress", PricePerUnit: "0.005" }],
  },
  AmazonCloudWatch: {
    "us-east-1": [
      ...tiers(
        "CW:MetricMonitorUsage",
        [
          ["0", "10000", "0.3"],
          ["10000", "250000", "0.1"],
          ["250000", "1000000", "0.05"],
          ["1000000", "Inf", "0.02"],
        ],
        {},
      ),
      { usageType: "CW:AlarmMonitorUsage", PricePerUnit: "0.1" },
      { usageType: "CW:HighResAlarmMonitorUsage", PricePerUnit: "0.3" },
      { usageType: "CW:CompositeAlarmMonitorUsage", PricePerUnit: "0.5" },
      ...tiers(
        "CW:Requests",
        [
          ["0", "1000000", "0"],
          ["1000000", "Inf", "0.00001"],
        ],
        {},
      ),
      { usageType: "CW:GMD-Metrics", PricePerUnit: "0.00001" },
    ],
  },
  AmazonS3: {
    "us-east-1": [
      { usageType: "Requests-Tier1", Group: "S3-API-Tier1", PricePerUnit: "0.000005" },
      { usageType: "Requests-Tier2", Group: "S3-API-Tier2", PricePerUnit: "0.0000004" },
      { usageType: "Requests-ZIA-Tier2", Group: "S3-API-ZIA-Tier2", PricePerUnit: "0.000001" },
    ],
  },
  AWSDataTransfer: {
    "us-east-1": [
      ...tiers(
        "DataTransfer-Out-Bytes",
        [
          ["0", "10240", "0.09"],
          ["10240", "51200", "0.085"],
          ["51200", "153600", "0.07"],
          ["153600", "Inf", "0.05"],
        ],
        out,
      ),
      ...tiers("Global-DataTransfer-Out-Bytes", [["0", "100", "0"]], { ...out, "From Location Type": "" }),
      {
        ...out,
        usageType: "DataTransfer-Regional-Bytes",
        "To Location": "US East (N. Virginia)",
        PricePerUnit: "0.01",
      },
      { ...out, usageType: "USE1-DataTransfer-xAZ-Out-Bytes", PricePerUnit: "0" },
      { ...out, usageType: "USE1-EU-AWS-Out-Bytes", "To Location": "EU (Ireland)", PricePerUnit: "0.02" },
    ],
  },
  AmazonCloudFront: {
    "*": [
      ...tiers(
        "US-DataTransfer-Out-Bytes",
        [
          ["0", "10240", "0.085"],
          ["10240", "51200", "0.08"],
          ["51200", "Inf", "0.06"],
        ],
        {},
      ),
      { usageType: "US-Requests-Tier2-HTTPS", PricePerUnit: "0.000001" },
      { usageType: "US-Requests-Tier1", PricePerUnit: "0.00000075" },
      { usageType: "US-DataTransfer-Out-OBytes", PricePerUnit: "0.02" },
      { usageType: "EU-DataTransfer-Out-Bytes", PricePerUnit: "0.085" },
      { usageType: "EU-Requests-Tier2-HTTPS", PricePerUnit: "0.0000012" },
      { usageType: "JP-DataTransfer-Out-Bytes", PricePerUnit: "0.114" },
    ],
  },
};

/** Day and version of each offer's files. */
export const PUBLISHED = { date: "2026-09-25", version: "20260925174521" };

// The first columns of every offer, and those of ours that only some have; EC2's own has 95.
const COLUMNS = [
  ...["SKU", "OfferTermCode", "RateCode", "TermType", "PriceDescription", "EffectiveDate", "StartingRange"],
  ...["EndingRange", "Unit", "PricePerUnit", "Currency", "LeaseContractLength", "PurchaseOption", "OfferingClass"],
  ...["Product Family", "serviceCode", "Location", "Location Type", "Instance Type", "Tenancy", "Operating System"],
  ...["Group", "Transfer Type", "From Location Type", "To Location", "usageType", "operation", "CapacityStatus"],
  ...["MarketOption", "Pre Installed S/W", "Region Code", "Volume API Name"],
];

/** An offer file as the list has it. */
export function offerCsv(offer: string, rows: readonly Recorded[], version: string = PUBLISHED.version): string {
  const quoted = (values: readonly string[]): string =>
    values.map((value) => (value === "" ? "" : `"${value.replaceAll('"', '""')}"`)).join(",");
  const head = [
    ["FormatVersion", "v1.0"],
    ["Disclaimer", "This pricing list is for informational purposes only."],
    ["Publication Date", `${PUBLISHED.date}T17:45:21Z`],
    ["Version", version],
    ["OfferCode", offer],
    COLUMNS,
  ];
  const defaults: Recorded = {
    ...{ SKU: "2223B6PCG6QAUYY6", OfferTermCode: "JRTCKXETXF", TermType: "OnDemand", Currency: "USD" },
    ...{ StartingRange: "0", EndingRange: "Inf", "Location Type": "AWS Region", serviceCode: offer },
  };
  const lines = rows.map((row) => COLUMNS.map((column) => ({ ...defaults, ...row })[column] ?? ""));
  return [...head, ...lines].map((line) => `${quoted(line)}\n`).join("");
}
