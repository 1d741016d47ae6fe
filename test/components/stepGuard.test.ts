import { StepGuard } from "../../components/stepGuard";
import { alone } from "./alone";

test("refuses to go, and says by its name which step comes first", async () => {
  const made = await alone(() => new StepGuard("eu-central-1-egress-both", "nat", { protection: true }));

  expect(made.registrations).toEqual([
    expect.objectContaining({
      type: "footprint:stepGuard:StepGuard",
      name: "eu-central-1-egress-both-before-removing-nat",
      custom: false,
      inputs: {},
      options: { protect: true },
    }),
  ]);
});

test("lets go after that step", async () => {
  const made = await alone(() => new StepGuard("eu-central-1-egress-both", "nat", { protection: false }));

  expect(made.component("eu-central-1-egress-both-before-removing-nat").options).toEqual({});
});
