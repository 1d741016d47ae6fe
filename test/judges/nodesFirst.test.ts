import * as pulumi from "@pulumi/pulumi";
import { AutoScalingClient, CreateAutoScalingGroupCommand } from "@aws-sdk/client-auto-scaling";
import { CreateLaunchTemplateCommand, CreateSubnetCommand, CreateVpcCommand, EC2Client } from "@aws-sdk/client-ec2";
import { CreateTargetGroupCommand, ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import { nodesAreThere } from "../../infra/nodesFirst";
import { describeWith } from "../support/requirements";
import { JUDGES } from "./judges";
import { Moto } from "./moto";

const region = "eu-central-1";

// moto's own reading of Auto Scaling and Elastic Load Balancing.
describeWith([JUDGES], "whether nodes are there, asked of moto", () => {
  let moto: Moto;

  beforeAll(async () => {
    moto = await Moto.start();
    const ec2 = new EC2Client({ region });
    const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: "10.0.0.0/16" }));
    const { Subnet } = await ec2.send(new CreateSubnetCommand({ VpcId: Vpc?.VpcId, CidrBlock: "10.0.0.0/24" }));
    const template = async (name: string, AssociatePublicIpAddress: boolean) =>
      ec2.send(
        new CreateLaunchTemplateCommand({
          LaunchTemplateName: name,
          LaunchTemplateData: {
            ImageId: "ami-0f00f00f00f00f00f",
            InstanceType: "m7gd.large",
            NetworkInterfaces: [{ DeviceIndex: 0, AssociatePublicIpAddress }],
          },
        }),
      );
    const targetGroup = async (Name: string): Promise<string> => {
      const { TargetGroups } = await new ElasticLoadBalancingV2Client({ region }).send(
        new CreateTargetGroupCommand({ Name, Protocol: "TCP", Port: 443, VpcId: Vpc?.VpcId }),
      );
      return TargetGroups?.[0]?.TargetGroupArn ?? "";
    };
    const [https, publicly] = [await targetGroup("https"), await targetGroup("public")];
    for (const [name, TargetGroupARNs] of [
      ["nodes", [https]],
      ["public", [publicly]],
    ] as const) {
      const { LaunchTemplate } = await template(name, name === "public");
      await new AutoScalingClient({ region }).send(
        new CreateAutoScalingGroupCommand({
          AutoScalingGroupName: name,
          MinSize: 2,
          MaxSize: 4,
          VPCZoneIdentifier: Subnet?.SubnetId,
          TargetGroupARNs: [...TargetGroupARNs],
          LaunchTemplate: { LaunchTemplateId: LaunchTemplate?.LaunchTemplateId, Version: "1" },
        }),
      );
    }
  });

  afterAll(async () => {
    await moto.stop();
  });

  const nodes = (min: number, group = "nodes", direct = false) => ({
    region,
    group: pulumi.output(group),
    min,
    direct,
  });

  test("they are, as many as there are", async () => {
    await expect(nodesAreThere(nodes(2))).resolves.toBeUndefined();
  });

  test("rejects more than there are", async () => {
    await expect(nodesAreThere(nodes(3))).rejects.toThrow(
      "eu-central-1: 2 of 3 nodes are healthy in the load balancer, so no client is sent to it.",
    );
  });

  test("where they have to reach origins by themselves, those that were launched with a public address are", async () => {
    await expect(nodesAreThere(nodes(2, "public", true))).resolves.toBeUndefined();
    await expect(nodesAreThere(nodes(2, "nodes", true))).rejects.toThrow(
      "eu-central-1: 2 nodes still go by the NAT gateway, which this update takes away, so no client is sent to it.",
    );
  });
});
