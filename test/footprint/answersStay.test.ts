import * as pulumi from "@pulumi/pulumi";
import { AnswersStay } from "../../infra/answersStay";

const RECORD = "aws:route53/record:Record";

/** What the SDK makes of an id that the engine has not told: a failed create, or what was left out for it. */
const NOT_MADE: unknown = pulumi.unknown;

function seen(...records: readonly (readonly [name: string, region: string | undefined, id: unknown])[]): AnswersStay {
  const answers = new AnswersStay();
  for (const [name, setIdentifier, id] of records) {
    const props = { name, type: "A", ...(setIdentifier === undefined ? {} : { setIdentifier }) };
    const resource = resourceWith(pulumi.output(id));
    answers.transformation({ type: RECORD, name, props, opts: {}, resource });
  }
  return answers;
}

describe("answers that an update leaves a host without", () => {
  test("none while one PoP has a record", async () => {
    const answers = seen(["cdn.example.com", "eu-west-1", NOT_MADE], ["cdn.example.com", "us-east-1", "id"]);

    expect(await answers.missing()).toEqual([]);
  });

  test("those that no PoP has a record of", async () => {
    const answers = seen(
      ["cdn.example.com", "eu-west-1", "id"],
      ["www.example.com", "eu-west-1", NOT_MADE],
      ["www.example.com", "us-east-1", NOT_MADE],
    );

    expect(await answers.missing()).toEqual(["www.example.com A"]);
  });

  test("records of other kinds are nobody's answer", async () => {
    expect(await seen(["eu-west-1.pop.example.com", undefined, NOT_MADE]).missing()).toEqual([]);
  });

  test("an engine that has gone says nothing, and deletes nothing", async () => {
    const answers = new AnswersStay();
    const props = { name: "cdn.example.com", type: "A", setIdentifier: "eu-west-1" };
    const id = { isKnown: Promise.reject(new Error("Resource monitor is terminating")) };
    const resource = resourceWith(id);
    answers.transformation({ type: RECORD, name: "answer", props, opts: {}, resource });

    expect(await answers.missing()).toEqual([]);
  });
});

function resourceWith(id: object): pulumi.Resource {
  return Object.assign(Object.create(pulumi.CustomResource.prototype), { id }) as pulumi.Resource;
}
