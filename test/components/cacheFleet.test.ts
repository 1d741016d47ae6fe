import * as pulumi from "@pulumi/pulumi";
import { CacheFleet, type CacheFleetArgs } from "../../components/cacheFleet";
import { standing } from "../../components/order";
import { alone, standIn, type Alone } from "./alone";
import { some } from "../support/some";

const REGION = "eu-central-1";
const ARN = "arn:aws:made:up:111122223333:fleet";
const SHA256 = "a".repeat(64);

function args(changed: Partial<CacheFleetArgs> = {}): CacheFleetArgs {
  return {
    region: REGION,
    footprint: "europe",
    network: {
      vpcId: "vpc-1",
      nodeSubnetIds: ["subnet-1", "subnet-2"],
      s3PrefixListId: "pl-s3",
      ready: standing([standIn("routes")]),
    },
    publicAddresses: false,
    loadBalancer: {
      securityGroupId: pulumi.output("sg-of-door"),
      targetGroupArns: [pulumi.output("arn:https"), pulumi.output("arn:http")],
      ready: standing([standIn("listener")]),
    },
    store: {
      bucketName: "store-1",
      bucketArn: "arn:store",
      configurationKeys: ["first-key", "second-key"],
      bootstrapSha256: SHA256,
      ready: standing([standIn("pointer")]),
    },
    logBucketArn: "arn:logs",
    parameterArns: ["arn:parameter"],
    image: "ami-0123456789abcdef0",
    min: 6,
    max: 24,
    types: ["m7gd.large", "m6gd.large"],
    spotShare: 30,
    target: { cpuPercent: 60, networkOutMbps: 450 },
    originPorts: [8443, 443, 80, 8443],
    cluster: false,
    alarms: { topicArn: "arn:topic", stopAlarmName: "unhealthy-nodes" },
    ...changed,
  };
}

function fleet(changed: Partial<CacheFleetArgs> = {}): Promise<Alone> {
  return alone(() => {
    const { groupName, securityGroupId, ready } = new CacheFleet("fleet", args(changed));
    return { groupName, securityGroupId, ready };
  });
}

describe("a cache fleet", () => {
  let made: Alone;
  const template = () => made.inputs("LaunchTemplate", "fleet");
  const group = () => made.inputs("Group", "fleet");

  beforeAll(async () => {
    made = await fleet();
  });

  describe("starts nodes", () => {
    test("from the image given, by its id", () => {
      expect(template()).toMatchObject({ region: REGION, imageId: "ami-0123456789abcdef0" });
    });

    test("that answer metadata requests with a token, to the node itself alone, tags included", () => {
      expect(template().metadataOptions).toEqual({
        httpEndpoint: "enabled",
        httpTokens: "required",
        httpPutResponseHopLimit: 1,
        instanceMetadataTags: "enabled",
      });
    });

    test("on a volume whose key has the alias that was named", async () => {
      const named = await fleet({ volumeKey: "alias/edge-volumes" });

      expect(named.inputs("LaunchTemplate", "fleet").blockDeviceMappings).toMatchObject([
        { ebs: { kmsKeyId: `arn:aws:kms:${REGION}:111122223333:alias/edge-volumes` } },
      ]);
    });

    test("on an encrypted gp3 volume that goes with them, by AWS's own key whatever the account's default is", () => {
      expect(template().blockDeviceMappings).toEqual([
        {
          deviceName: "/dev/xvda",
          ebs: {
            volumeType: "gp3",
            volumeSize: 8,
            encrypted: "true",
            kmsKeyId: `arn:aws:kms:${REGION}:111122223333:alias/aws/ebs`,
            deleteOnTermination: "true",
          },
        },
      ]);
    });

    test("with metrics by the minute", () => {
      expect(template().monitoring).toEqual({ enabled: true });
    });

    test("with one interface in their security group, IPv6 and no public IPv4", () => {
      expect(template().networkInterfaces).toEqual([
        {
          deviceIndex: 0,
          securityGroups: ["id-of-fleet"],
          associatePublicIpAddress: "false",
          ipv6AddressCount: 1,
          deleteOnTermination: "true",
        },
      ]);
    });

    test("without a key pair, a type of its own or tags that would replace them", () => {
      expect(Object.keys(template()).sort()).toEqual([
        "blockDeviceMappings",
        "description",
        "iamInstanceProfile",
        "imageId",
        "metadataOptions",
        "monitoring",
        "networkInterfaces",
        "region",
        "tagSpecifications",
        "updateDefaultVersion",
        "userData",
      ]);
      expect(template().tagSpecifications).toEqual([
        { resourceType: "volume", tags: { Name: "fleet", Footprint: "europe", Pop: REGION } },
      ]);
    });

    // terraform-provider-aws, ec2_launch_template.go: any edit, of a tag too, is shown as a new version of the template.
    test("from a template that an edit of its tags leaves alone", () => {
      expect(made.one("LaunchTemplate", "fleet").options).toEqual({ ignoreChanges: ["tags"] });
    });

    test("whose user data names store and bootstrap, and holds no secret", () => {
      const text = Buffer.from(template().userData as string, "base64").toString();

      expect(typeof template().userData).toBe("string");
      expect(text).toContain(JSON.stringify(`bootstrap/${SHA256}`).slice(1, -1));
      expect(text).toContain("store-1");
      expect(text).not.toContain("arn:parameter");
    });
  });

  describe("is a group", () => {
    test("of the size given, whose desired size is left to scaling", () => {
      expect(group()).toMatchObject({ region: REGION, minSize: 6, maxSize: 24 });
      expect(group()).not.toHaveProperty("desiredCapacity");
    });

    test("over all subnets, in both target groups", () => {
      expect(group()).toMatchObject({
        vpcZoneIdentifiers: ["subnet-1", "subnet-2"],
        targetGroupArns: ["arn:https", "arn:http"],
      });
    });

    test("that replaces what the load balancer finds sick", () => {
      expect(group()).toMatchObject({ healthCheckType: "ELB", healthCheckGracePeriod: 180, capacityRebalance: true });
    });

    test("that counts as made when its minimum is healthy in the load balancer", () => {
      expect(group()).toMatchObject({ minElbCapacity: 6, waitForCapacityTimeout: "20m" });
    });

    test("that goes on when one launch fails", () => {
      expect(group()).toMatchObject({ ignoreFailedScalingActivities: true });
    });

    test("on a numbered version of the template (P27)", () => {
      expect(group()).not.toHaveProperty("launchTemplate");
      expect(group().mixedInstancesPolicy).toMatchObject({
        launchTemplate: { launchTemplateSpecification: { launchTemplateId: "id-of-fleet", version: "7" } },
      });
    });

    test("of the types in their order, on demand up to its minimum and for all but the Spot share above", () => {
      expect(group().mixedInstancesPolicy).toMatchObject({
        launchTemplate: { overrides: [{ instanceType: "m7gd.large" }, { instanceType: "m6gd.large" }] },
        instancesDistribution: {
          onDemandAllocationStrategy: "prioritized",
          onDemandBaseCapacity: 6,
          onDemandPercentageAboveBaseCapacity: 70,
          spotAllocationStrategy: "price-capacity-optimized",
        },
      });
    });

    test("that starts a node before it takes one away, in a refresh and in its own maintenance (P28)", () => {
      const launchBeforeTerminate = { minHealthyPercentage: 100, maxHealthyPercentage: 150 };

      expect(group().instanceMaintenancePolicy).toEqual(launchBeforeTerminate);
      expect(group().instanceRefresh).toEqual({
        strategy: "Rolling",
        preferences: {
          ...launchBeforeTerminate,
          instanceWarmup: "180",
          skipMatching: true,
          alarmSpecification: { alarms: ["unhealthy-nodes", "fleet-0a1b2c3-below-minimum"] },
        },
      });
    });

    test("whose hooks are there from the first launch, and the same as separate resources", () => {
      const separate = made.all("LifecycleHook").map(({ inputs: { region, autoscalingGroupName, ...hook } }) => {
        expect({ region, autoscalingGroupName }).toEqual({ region: REGION, autoscalingGroupName: "fleet-0a1b2c3" });
        return hook;
      });

      expect(group().initialLifecycleHooks).toEqual([
        {
          name: "launching",
          lifecycleTransition: "autoscaling:EC2_INSTANCE_LAUNCHING",
          heartbeatTimeout: 900,
          defaultResult: "ABANDON",
        },
        {
          name: "terminating",
          lifecycleTransition: "autoscaling:EC2_INSTANCE_TERMINATING",
          heartbeatTimeout: 300,
          defaultResult: "CONTINUE",
        },
      ]);
      expect(separate).toEqual(group().initialLifecycleHooks);
    });

    test("whose hooks stand until it has gone, so that its last nodes finish what they do", () => {
      const group = made.one("Group", "fleet").urn;

      expect(made.all("LifecycleHook").map(({ options }) => options)).toEqual([
        { deletedWith: group },
        { deletedWith: group },
      ]);
    });

    // terraform-provider-aws, internal/service/autoscaling/group.go: Timeouts are Update and Delete, and no other.
    test("that no later change of the initial hooks replaces, and that has half an hour to change and to go", () => {
      expect(made.one("Group", "fleet").options).toEqual({
        ignoreChanges: ["initialLifecycleHooks"],
        customTimeouts: { update: "30m", delete: "30m" },
        replacementTrigger: "vpc-1",
      });
    });

    test.each([
      ["Topic", "routes"],
      ["Topic", "listener"],
      ["Topic", "pointer"],
      ["RolePolicy", "fleet"],
      ["SecurityGroupIngressRule", "fleet-from-load-balancer-health"],
      ["SecurityGroupEgressRule", "fleet-to-nodes-health"],
      ["SecurityGroupEgressRule", "fleet-to-443-ipv6"],
      ["SecurityGroupEgressRule", "fleet-to-s3"],
    ])("that waits for %s %s", (kind, name) => {
      expect(made.one("Group", "fleet").dependencies).toContain(made.one(kind, name).urn);
    });
  });

  describe("grows", () => {
    test("with the CPU", () => {
      expect(made.inputs("Policy", "fleet-cpu")).toEqual({
        region: REGION,
        autoscalingGroupName: "fleet-0a1b2c3",
        policyType: "TargetTrackingScaling",
        targetTrackingConfiguration: {
          predefinedMetricSpecification: { predefinedMetricType: "ASGAverageCPUUtilization" },
          targetValue: 60,
        },
      });
    });

    test("with the bandwidth, in Mbit/s out per node", () => {
      expect(made.inputs("Policy", "fleet-bandwidth").targetTrackingConfiguration).toEqual({
        customizedMetricSpecification: {
          metrics: [
            {
              id: "bytes",
              metricStat: {
                metric: {
                  namespace: "AWS/EC2",
                  metricName: "NetworkOut",
                  dimensions: [{ name: "AutoScalingGroupName", value: "fleet-0a1b2c3" }],
                },
                stat: "Average",
                period: 60,
              },
              returnData: false,
            },
            { id: "mbps", expression: "bytes * 8 / 60 / 1000000", label: "Mbit/s out per node", returnData: true },
          ],
        },
        targetValue: 450,
      });
    });

    /** What alarms on the group's size have in common. */
    const TOLD = {
      region: REGION,
      evaluationPeriods: 15,
      threshold: 0,
      treatMissingData: "notBreaching",
      alarmActions: ["arn:topic"],
      okActions: ["arn:topic"],
    };
    const sizeAlarm = (name: string) => {
      const alarm = made.inputs("MetricAlarm", name);
      return { alarm, queries: alarm.metricQueries as { id: string; expression?: string; metric?: object }[] };
    };

    test("until its maximum, of which an alarm tells", () => {
      const { alarm, queries } = sizeAlarm("fleet-at-maximum");

      expect(alarm).toMatchObject({ ...TOLD, comparisonOperator: "GreaterThanOrEqualToThreshold" });
      expect(queries.map(({ id, expression }) => expression ?? id)).toEqual([
        "IF(maximum > minimum, desired - maximum, -1)",
        "desired",
        "maximum",
        "minimum",
      ]);
      for (const { metric } of some(queries.slice(1))) {
        expect(metric).toMatchObject({ dimensions: { AutoScalingGroupName: "fleet-0a1b2c3" } });
      }
    });

    test("and an alarm tells when it has fewer in service than its minimum for as long as a launch may take", () => {
      const { alarm, queries } = sizeAlarm("fleet-below-minimum");

      expect(alarm).toMatchObject({
        ...TOLD,
        name: "fleet-0a1b2c3-below-minimum",
        comparisonOperator: "LessThanThreshold",
      });
      expect(queries.map(({ id, expression }) => expression ?? id)).toEqual([
        "inservice - minimum",
        "inservice",
        "minimum",
      ]);
      expect(queries.slice(1).map(({ metric }) => metric)).toMatchObject(
        ["GroupInServiceInstances", "GroupMinSize"].map((metricName) => ({
          metricName,
          dimensions: { AutoScalingGroupName: "fleet-0a1b2c3" },
        })),
      );
    });

    // PutMetricAlarm: an id begins with a lower-case letter and has letters, digits and underscores.
    test("by queries whose ids CloudWatch takes", () => {
      const ids = made
        .all("MetricAlarm")
        .flatMap(({ inputs }) => ((inputs.metricQueries ?? []) as { id: string }[]).map(({ id }) => id));

      expect(some(ids).filter((id) => !/^[a-z]\w{0,254}$/.test(id))).toEqual([]);
    });

    test("by metrics that the group publishes", () => {
      expect(group().enabledMetrics).toEqual(
        expect.arrayContaining(["GroupDesiredCapacity", "GroupMaxSize", "GroupInServiceInstances", "GroupMinSize"]),
      );
    });
  });

  describe("is reached", () => {
    test("on three ports by the load balancer alone", () => {
      const rules = made.all("SecurityGroupIngressRule").map(({ inputs: { description: _, ...inputs } }) => inputs);
      const on = (port: number) => ({
        region: REGION,
        securityGroupId: "id-of-fleet",
        referencedSecurityGroupId: "sg-of-door",
        ipProtocol: "tcp",
        fromPort: port,
        toPort: port,
      });

      expect(rules).toEqual([on(8089), on(8080), on(8443)]);
    });

    test("by rules that come in pairs: what nodes take, the load balancer may send", () => {
      const half = (inputs: Alone["registrations"][number]["inputs"], to: string, from: string) =>
        JSON.stringify([inputs[to], inputs[from], inputs.ipProtocol, inputs.fromPort, inputs.toPort]);
      const taken = made
        .all("SecurityGroupIngressRule")
        .map(({ inputs }) => half(inputs, "securityGroupId", "referencedSecurityGroupId"));
      const sent = made
        .all("SecurityGroupEgressRule")
        .filter(({ inputs }) => inputs.securityGroupId === "sg-of-door")
        .map(({ inputs }) => half(inputs, "referencedSecurityGroupId", "securityGroupId"));

      expect(sent.sort()).toEqual(taken.sort());
    });
  });

  test("reaches 443 and the origins' ports of both families, S3 by its prefix list, and nothing else", () => {
    const out = made
      .all("SecurityGroupEgressRule")
      .filter(({ inputs }) => inputs.securityGroupId === "id-of-fleet")
      .map(({ inputs: { region: _, securityGroupId: __, description: ___, ...inputs } }) => inputs);
    const tcp = (port: number) => ({ ipProtocol: "tcp", fromPort: port, toPort: port });

    expect(out).toEqual([
      { ...tcp(443), cidrIpv4: "0.0.0.0/0" },
      { ...tcp(443), cidrIpv6: "::/0" },
      { ...tcp(80), cidrIpv4: "0.0.0.0/0" },
      { ...tcp(80), cidrIpv6: "::/0" },
      { ...tcp(8443), cidrIpv4: "0.0.0.0/0" },
      { ...tcp(8443), cidrIpv6: "::/0" },
      { ...tcp(443), prefixListId: "pl-s3" },
    ]);
  });

  test("asks its own nodes, and is asked by them, at one port, unless each is a cache of its own", async () => {
    const one = await fleet({ cluster: undefined });
    const among = (each: Alone) =>
      [...each.all("SecurityGroupIngressRule"), ...each.all("SecurityGroupEgressRule")]
        .filter(({ inputs }) => inputs.referencedSecurityGroupId === inputs.securityGroupId)
        .map(({ inputs: { description: _, ...inputs } }) => inputs);
    const rule = {
      region: REGION,
      securityGroupId: "id-of-fleet",
      referencedSecurityGroupId: "id-of-fleet",
      ipProtocol: "tcp",
      fromPort: 8444,
      toPort: 8444,
    };

    expect(among(one)).toEqual([rule, rule]);
    expect(among(made)).toEqual([]);
  });

  test("describes every rule, and has none within a security group", () => {
    const rules = [...made.all("SecurityGroupIngressRule"), ...made.all("SecurityGroupEgressRule")];

    expect(rules.filter(({ inputs }) => typeof inputs.description !== "string")).toEqual([]);
    expect(made.inputs("SecurityGroup", "fleet")).toEqual({
      region: REGION,
      vpcId: "vpc-1",
      description: "Nodes: reached by the load balancer only",
    });
  });

  test("has a role that EC2 alone assumes, with one inline policy and no managed one", () => {
    expect(made.inputs("Role", "fleet")).toEqual({
      description: `Nodes of footprint europe in ${REGION}`,
      assumeRolePolicy: JSON.stringify({
        Version: "2012-10-17",
        Statement: [{ Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" }],
      }),
    });
    expect(made.names("RolePolicy")).toEqual(["fleet"]);
    expect(made.all("RolePolicyAttachment")).toEqual([]);
    expect(made.inputs("InstanceProfile", "fleet")).toEqual({ role: "fleet-0a1b2c3" });
    expect(template().iamInstanceProfile).toEqual({ arn: ARN });
  });

  test("is ready when its group stands", () => {
    expect(made.outputs).toEqual({
      groupName: "fleet-0a1b2c3",
      securityGroupId: "id-of-fleet",
      ready: [made.one("Group", "fleet").urn],
    });
  });
});

test("nodes with direct egress get public IPv4 addresses", async () => {
  const made = await fleet({ publicAddresses: true });

  expect(made.inputs("LaunchTemplate", "fleet").networkInterfaces).toMatchObject([
    { associatePublicIpAddress: "true" },
  ]);
});

test("a fleet without Spot is on demand entirely", async () => {
  const made = await fleet({ spotShare: 0 });

  expect(made.inputs("Group", "fleet").mixedInstancesPolicy).toMatchObject({
    instancesDistribution: { onDemandBaseCapacity: 0, onDemandPercentageAboveBaseCapacity: 100 },
  });
});

test("origins on 443 alone open no other port", async () => {
  const made = await fleet({ originPorts: [443] });

  const ports = made.all("SecurityGroupEgressRule").map(({ inputs }) => inputs.fromPort);
  // Three to the nodes, 443 in both families and to S3.
  expect(ports.map(Number).sort((a, b) => a - b)).toEqual([443, 443, 443, 8080, 8089, 8443]);
});

// terraform-provider-aws, group.go: any change of `mixed_instances_policy` starts an instance refresh.
test("resizing a fleet without Spot starts no instance refresh", async () => {
  const [before, after] = [await fleet({ spotShare: 0 }), await fleet({ spotShare: 0, min: 9, max: 40 })];
  const policy = (made: Alone) => made.inputs("Group", "fleet").mixedInstancesPolicy;

  expect(policy(before)).toBeDefined();
  expect(policy(after)).toEqual(policy(before));
});

test("resizing a fleet changes its group alone", async () => {
  const [before, after] = [await fleet(), await fleet({ min: 9, max: 40 })];

  const changed = after.registrations.filter(
    (each, i) => JSON.stringify(each) !== JSON.stringify(before.registrations[i]),
  );
  expect(changed.map(({ type, name }) => [type, name])).toEqual([["aws:autoscaling/group:Group", "fleet"]]);
});

test("rejects user data that EC2 would not take", async () => {
  await expect(fleet({ footprint: "f".repeat(16_384) })).rejects.toThrow(
    /^user data: must be at most 16384 bytes, got \d{5}: shorten the footprint's name$/,
  );
});
