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
    const { LaunchTemplate } = await ec2.send(
      new CreateLaunchTemplateCommand({
        LaunchTemplateName: "nodes",
        LaunchTemplateData: { ImageId: "ami-0f00f00f00f00f00f", InstanceType: "m7gd.large" },
      }),
    );
    const { TargetGroups } = await new ElasticLoadBalancingV2Client({ region }).send(
      new CreateTargetGroupCommand({ Name: "https", Protocol: "TCP", Port: 443, VpcId: Vpc?.VpcId }),
    );
    const { TargetGroupArn = "" } = TargetGroups?.[0] ?? {};
    await new AutoScalingClient({ region }).send(
      new CreateAutoScalingGroupCommand({
        AutoScalingGroupName: "nodes",
        MinSize: 2,
        MaxSize: 4,
        VPCZoneIdentifier: Subnet?.SubnetId,
        TargetGroupARNs: [TargetGroupArn],
        LaunchTemplate: { LaunchTemplateId: LaunchTemplate?.LaunchTemplateId, Version: "1" },
      }),
    );
  });

  afterAll(async () => {
    await moto.stop();
  });

  const nodes = (min: number, group = "nodes") => ({ region, group: pulumi.output(group), min, direct: false });

  test("they are, as many as there are", async () => {
    await expect(nodesAreThere(nodes(2))).resolves.toBeUndefined();
  });

  test("rejects more than there are", async () => {
    await expect(nodesAreThere(nodes(3))).rejects.toThrow(
      "eu-central-1: 2 of 3 nodes are healthy in the load balancer, so no client is sent to it.",
    );
  });
});
