import * as pulumi from "@pulumi/pulumi";

test("an Output coerced to a string throws", () => {
  // eslint-disable-next-line @typescript-eslint/no-base-to-string -- the mistake this is about
  expect(() => String(pulumi.output("value"))).toThrow(/toString/);
});
