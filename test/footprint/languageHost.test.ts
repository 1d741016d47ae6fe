import { preview, shipped, small, valuesOf } from "../support/stacks";
import { previewAsLanguageHost } from "../support/languageHost";

describe("the program under Pulumi's own language host", () => {
  // The other stacks on the real engine: test/engine/offlinePlan.test.ts.
  test("registers for sandbox what the plan says, byte for byte (P46, as far as it goes without an engine)", async () => {
    const input = shipped("sandbox");

    const run = await previewAsLanguageHost("sandbox", valuesOf(input));

    expect({ exitCode: run.exitCode, errors: run.errors }).toEqual({ exitCode: 0, errors: [] });
    const byUrn = (each: { urn: string }, other: { urn: string }) => (each.urn < other.urn ? -1 : 1);
    const planned = await preview(input, "sandbox");
    expect([...run.registrations].sort(byUrn)).toEqual([...planned.registrations].sort(byUrn));
  });

  test("rejects a stack file with mistakes before anything is registered: all of them, no stack trace, exit code 32 (P10)", async () => {
    const broken = valuesOf({ ...small({ "eu-west-1": {} }), supernet: "ten", protection: "perhaps" });

    const run = await previewAsLanguageHost("broken", broken);

    expect(run).toEqual({
      exitCode: 32,
      errors: [
        'protection: must be true or false, got "perhaps"\nsupernet: must be an IPv4 block such as 10.64.0.0/14, got "ten"',
      ],
      registrations: [],
    });
  });
});
