import { ACCOUNT } from "./kind";
import { text, valuesAt, type Values } from "./values";
import type { Entity, World } from "./world";

/** What AWS does of itself when something is created or changed. */
const EFFECTS: Readonly<Record<string, (world: World, entity: Entity) => void>> = {
  "aws:ec2/flowLog:FlowLog": (world, { properties, region }) => {
    deliverLogs(world, text(properties.logDestination).split(":").at(-1) ?? "", `vpcflowlogs/${text(region)}`);
  },
  "aws:lb/loadBalancer:LoadBalancer": (world, { properties, region }) => {
    for (const bucket of valuesAt(properties, "accessLogs.bucket")) {
      deliverLogs(world, text(bucket), `elasticloadbalancing/${text(region)}`);
    }
  },
  "aws:acm/certificateValidation:CertificateValidation": (world, { region, properties }) => {
    for (const certificate of world.inRegion("aws:acm/certificate:Certificate", region)) {
      if (certificate.id === properties.certificateArn) {
        const issued: Values = { ...certificate.properties, renewalEligibility: "ELIGIBLE", status: "ISSUED" };
        world.put({ ...certificate, properties: issued });
      }
    }
  },
};

export function takeEffect(world: World, entity: Entity): void {
  EFFECTS[entity.type]?.(world, entity);
}

/** Logs begin at once: from now on the bucket is not empty. */
function deliverLogs(world: World, bucketName: string, folder: string): void {
  const key = `AWSLogs/${ACCOUNT}/${folder}/log`;
  for (const bucket of world.ofType("aws:s3/bucket:Bucket").filter(({ id }) => id === bucketName)) {
    world.put({ ...bucket, objects: [...new Set([...(bucket.objects ?? []), key])] });
  }
}
