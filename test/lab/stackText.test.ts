import { withValue } from "../../infra/lab/stackText";

const FILE = `# of a stack
config:
  footprint:pops:
    eu-west-1: {} # near
  image:
    eu-west-1: ami-1
`;

test("something in a stack file has another value, and all else stays, comments too", () => {
  expect(withValue(FILE, ["pops", "eu-west-1", "state"], "drained")).toBe(
    FILE.replace("eu-west-1: {}", "eu-west-1: { state: drained }"),
  );
  expect(withValue(FILE, ["image", "us-east-1"], "ami-2")).toBe(`${FILE}    us-east-1: ami-2\n`);
  expect(withValue(FILE, ["protection"], false)).toBe(`${FILE}  footprint:protection: false\n`);
  expect(withValue(FILE, ["image"], undefined)).toBe(FILE.replace(/ {2}image:\n.*\n/, ""));
});
