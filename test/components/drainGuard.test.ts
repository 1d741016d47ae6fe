import { DrainGuard } from "../../components/drainGuard";
import { alone } from "./alone";

describe("a drain guard", () => {
  test("refuses to go and says by its name what to do first", async () => {
    const made = await alone(() => new DrainGuard("eu-central-1", { protection: true }));

    expect(made.registrations).toEqual([
      expect.objectContaining({
        type: "footprint:drainGuard:DrainGuard",
        name: "eu-central-1-drain-before-removing",
        custom: false,
        inputs: {},
        options: { protect: true },
      }),
    ]);
  });

  test("guards a zone by its id", async () => {
    const made = await alone(() => new DrainGuard("eu-central-1", { protection: true, zone: "euc1-az2" }));

    expect(made.component("eu-central-1-drain-before-removing-euc1-az2").options).toEqual({ protect: true });
  });

  test("guards a network by its block", async () => {
    const made = await alone(() => new DrainGuard("eu-central-1", { protection: true, cidr: "10.64.80.0/20" }));

    expect(made.component("eu-central-1-drain-before-removing-10.64.80.0_20").options).toEqual({ protect: true });
  });

  test("lets go of a PoP that is not protected", async () => {
    const made = await alone(() => new DrainGuard("eu-central-1", { protection: false }));

    expect(made.component("eu-central-1-drain-before-removing").options).toEqual({});
  });
});
