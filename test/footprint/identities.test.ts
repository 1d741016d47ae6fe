import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { record } from "../../infra/plan/harness";
import { difference, identities, listed } from "./identities";

describe("the identity of what is deployed (P14)", () => {
  /*
   * Who has deployed the former version has these resources. One that is lost here is deleted at the next update, and
   * made anew under its new identity: give it an alias, or, where that cannot be, say in CHANGELOG.md what a user has
   * to do, with the line of the list between backticks. `npm run identities` adds what is new to the list.
   */
  test("is that of the list, over all shipped stacks", async () => {
    expect(await difference(listed())).toEqual({ lost: [], unlisted: [] });
  });

  test("is listed once each, in code-unit order", () => {
    expect(listed()).toEqual([...new Set(listed())].sort());
    expect(listed().length).toBeGreaterThan(100);
  });
});

describe("a resource with another identity", () => {
  class Group extends pulumi.ComponentResource {
    constructor(type: string, child: (parent: Group) => void, opts?: pulumi.ComponentResourceOptions) {
      super(type, "group", {}, opts);
      child(this);
    }
  }
  const TOPIC = "aws:sns/topic:Topic";
  const BELOW = `test:group:Group$${TOPIC} former`;
  const declared = async (name: string, opts: (parent: Group) => pulumi.CustomResourceOptions) =>
    identities(
      await record(() => {
        new Group("test:group:Group", (parent) => new aws.sns.Topic(name, {}, opts(parent)));
      }),
    );

  test.each<[string, string, (parent: Group) => pulumi.CustomResourceOptions, string]>([
    ["another name", "new", (parent) => ({ parent }), `test:group:Group$${TOPIC} new`],
    ["another parent", "former", () => ({}), `${TOPIC} former`],
  ])("rejects %s", async (_, name, opts, unlisted) => {
    expect(await difference([BELOW], "", declared(name, opts))).toEqual({ lost: [BELOW], unlisted: [unlisted] });
  });

  test("is taken with an alias of the former one", async () => {
    const renamed = declared("new", (parent) => ({ parent, aliases: [{ name: "former" }] }));

    expect(await difference([BELOW], "", renamed)).toMatchObject({ lost: [] });
  });

  test("is taken with an alias of its parent", async () => {
    const recording = await record(() => {
      const aliases = [{ type: "test:group:Group" }];
      new Group("test:new:Group", (parent) => new aws.sns.Topic("former", {}, { parent }), { aliases });
    });

    expect(await difference([BELOW], "", Promise.resolve(identities(recording)))).toMatchObject({ lost: [] });
  });

  test("is taken when the change log names the former one", async () => {
    const changelog = `- \`${BELOW}\` is replaced: subscribe again.`;

    expect(
      await difference(
        [BELOW],
        changelog,
        declared("former", () => ({})),
      ),
    ).toMatchObject({ lost: [] });
  });
});
