import { keysIn, settingIn, withValue } from "../../infra/lab/stackText";

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

test("what a stack file said brings it back to what it was", () => {
  const changed = [
    [["image", "eu-west-1"], "ami-2"],
    [["pops", "eu-west-1", "state"], "drained"],
    [["pops", "us-east-1"], {}],
  ] as const;

  const former = changed.map(([path]) => settingIn(FILE, path));
  const edited = changed.reduce((text, [path, value]) => withValue(text, path, value), FILE);

  expect(former.map(({ value }) => value)).toEqual(["ami-1", undefined, undefined]);
  expect(settingIn(edited, ["pops"]).value).toEqual({ "eu-west-1": { state: "drained" }, "us-east-1": {} });
  expect(former.reduce((text, { path, value }) => withValue(text, path, value), edited)).toBe(FILE);
});

test("what a stack file names somewhere is in its order, and nothing where it names nothing", () => {
  expect(keysIn(FILE, ["pops"])).toEqual(["eu-west-1"]);
  expect(keysIn(FILE, ["sites"])).toEqual([]);
  expect(keysIn(FILE, ["image", "eu-west-1"])).toEqual([]);
});
