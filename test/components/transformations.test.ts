import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { requireRegion, tagged } from "../../components/transformations";
import { alone, type Alone } from "./alone";

class Parent extends pulumi.ComponentResource {
  constructor(name: string, transformation: pulumi.ResourceTransformation, child: (parent: pulumi.Resource) => void) {
    super("test:test:Parent", name, {}, { transformations: [transformation] });
    child(this);
  }
}

/** Something between the component that carries the rule and the resource. */
function grandparent(parent: pulumi.Resource): pulumi.ComponentResource {
  return new pulumi.ComponentResource("test:test:Between", "between", {}, { parent });
}

describe("below a component that requires a region", () => {
  const below = (child: (parent: pulumi.Resource) => void) =>
    alone(() => new Parent("pop", requireRegion("eu-central-1"), child));

  test("a resource of that region passes", async () => {
    const made = await below((parent) => new aws.ec2.Vpc("vpc", { region: "eu-central-1" }, { parent }));

    expect(made.names("Vpc")).toEqual(["vpc"]);
  });

  test("global resources pass", async () => {
    const made = await below((parent) => {
      new aws.iam.Role("role", { assumeRolePolicy: "{}" }, { parent });
      new aws.route53.Zone("zone", { name: "example.com" }, { parent });
      new aws.route53.HealthCheck("check", { type: "HTTPS" }, { parent });
    });

    expect(made.registrations.filter(({ custom }) => custom)).toHaveLength(3);
  });

  test("rejects a resource without a region, naming type and name", async () => {
    await expect(below((parent) => new aws.ec2.Vpc("vpc", {}, { parent }))).rejects.toThrow(
      /^aws:ec2\/vpc:Vpc "vpc": region must be "eu-central-1", got none$/,
    );
  });

  test("rejects a resource of another region, naming both", async () => {
    await expect(below((parent) => new aws.sns.Topic("t", { region: "us-east-1" }, { parent }))).rejects.toThrow(
      /^aws:sns\/topic:Topic "t": region must be "eu-central-1", got "us-east-1"$/,
    );
  });

  test("rejects a grandchild too", async () => {
    const child = (parent: pulumi.Resource) => new aws.sqs.Queue("queue", {}, { parent: grandparent(parent) });

    await expect(below(child)).rejects.toThrow(
      /^aws:sqs\/queue:Queue "queue": region must be "eu-central-1", got none$/,
    );
  });
});

describe("below a component that tags", () => {
  let made: Alone;

  beforeAll(async () => {
    made = await alone(
      () =>
        new Parent("pop", tagged({ Footprint: "europe", Pop: "eu-central-1" }), (parent) => {
          new aws.ec2.Vpc("vpc", {}, { parent: grandparent(parent) });
          new aws.sns.Topic("own", { tags: { Pop: "another", Team: "edge" } }, { parent });
          new aws.ec2.Route("route", { routeTableId: "table" }, { parent });
          new aws.s3.BucketObjectv2("object", { bucket: "bucket" }, { parent });
          new aws.s3.ObjectCopy("copy", { bucket: "bucket", key: "key", source: "bucket/key" }, { parent });
          new aws.autoscaling.Group("group", { minSize: 1, maxSize: 2 }, { parent });
          new aws.autoscaling.Group(
            "own-group",
            { minSize: 1, maxSize: 2, tags: [{ key: "Pop", value: "another", propagateAtLaunch: false }] },
            { parent },
          );
        }),
    );
  });

  test("a resource has the tags and its logical name, grandchildren too", () => {
    expect(made.inputs("Vpc", "vpc").tags).toEqual({ Name: "vpc", Footprint: "europe", Pop: "eu-central-1" });
  });

  test("what a resource says itself wins", () => {
    expect(made.inputs("Topic", "own").tags).toEqual({
      Name: "own",
      Footprint: "europe",
      Pop: "another",
      Team: "edge",
    });
  });

  test("a resource that takes no tags gets none", () => {
    expect(made.inputs("Route", "route")).not.toHaveProperty("tags");
  });

  test.each([
    ["BucketObjectv2", "object"],
    ["ObjectCopy", "copy"],
  ])("objects in buckets get none: %s", (type, name) => {
    expect(made.inputs(type, name)).not.toHaveProperty("tags");
  });

  test("an Auto Scaling group hands its tags on to its instances", () => {
    expect(made.inputs("Group", "group").tags).toEqual([
      { key: "Name", value: "group", propagateAtLaunch: true },
      { key: "Footprint", value: "europe", propagateAtLaunch: true },
      { key: "Pop", value: "eu-central-1", propagateAtLaunch: true },
    ]);
  });

  test("an Auto Scaling group's own tag is neither overridden nor doubled", () => {
    expect(made.inputs("Group", "own-group").tags).toEqual([
      { key: "Pop", value: "another", propagateAtLaunch: false },
      { key: "Name", value: "own-group", propagateAtLaunch: true },
      { key: "Footprint", value: "europe", propagateAtLaunch: true },
    ]);
  });
});

// Route 53, ChangeTagsForResource: AddTags has 10 members at most, and the provider adds all tags in one call.
describe("what Route 53 tags", () => {
  const zone = (count: number) =>
    alone(
      () =>
        new Parent(
          "edge",
          tagged(
            { Footprint: "europe" },
            Object.fromEntries(Array.from({ length: count }, (_, at) => [`own-${at}`, ""])),
          ),
          (parent) => {
            new aws.route53.Zone("example.com", { name: "example.com" }, { parent });
            new aws.sns.Topic("topic", {}, { parent });
          },
        ),
    );

  test("has the user's tags as long as ten are enough", async () => {
    const made = await zone(8);

    expect(Object.keys(made.inputs("Zone", "example.com").tags as object)).toHaveLength(10);
  });

  test("has the footprint's own alone when they are not, and everything else has all", async () => {
    const made = await zone(9);

    expect(made.inputs("Zone", "example.com").tags).toEqual({ Name: "example.com", Footprint: "europe" });
    expect(Object.keys(made.inputs("Topic", "topic").tags as object)).toHaveLength(11);
  });
});
