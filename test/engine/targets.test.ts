import { describeWith } from "../support/requirements";
import { Engine, PULUMI_CLI, STORY, tiny, type Run } from "./engine";
import { lines, nameOf } from "./steps";

const STACK = "one";
const POP = "eu-west-1";
const ALARM = `${POP}-nodes-below-minimum`;
const MADE_ZONE = tiny({ [POP]: {} }, { zones: { "example.com": { create: true } } });
const NEW_IMAGE = tiny({ [POP]: {} }, { image: { [POP]: "ami-0fedcba9876543210" } });

/** The steps that the documents name, each a part of a stack by `--target`. */
describeWith([PULUMI_CLI], "a part of a stack on the engine", () => {
  let engine: Engine;
  let zone: Run;
  let alarm: Run;
  let image: Run;

  beforeAll(async () => {
    engine = await Engine.open();
    engine.write("zone", MADE_ZONE);
    zone = await engine.done("up", "zone", "--target", "**Zone::**");

    await engine.up(STACK, tiny({ [POP]: {} }));
    await withoutAlarm();
    engine.write(STACK, NEW_IMAGE);
    alarm = await engine.done("up", STACK, "--target", "**nodes-below-minimum");
    image = await engine.done("up", STACK);
  }, STORY);

  afterAll(() => {
    engine.close();
  });

  /** As a former version has left it: the group has no alarm on too few nodes. */
  async function withoutAlarm(): Promise<void> {
    const [urn = ""] = (await engine.resources(STACK)).map((each) => each.urn).filter((each) => nameOf(each) === ALARM);
    const { status, stderr } = await engine.pulumi("state", "delete", urn, "--stack", STACK, "--yes");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    engine.tamper((entity) => (entity.urn === urn ? undefined : entity));
  }

  test("a zone is made alone, and its name servers are said while it is (stacks/README.md)", () => {
    expect(lines(zone.steps).filter((line) => /^create (?!Stack)[A-Z]\w+ .*example/.test(line))).toEqual([
      "create Zone footprint-zones-example.com",
    ]);
    expect(zone.steps.filter(({ type }) => type === "aws:acm/certificate:Certificate")).toEqual([]);
    expect(zone.stdout).toMatch(/example\.com must be delegated to \S+, \S+/);
  });

  test("the alarm that stops a refresh is made before the group names it (CHANGELOG)", () => {
    expect(lines(alarm.steps)).toEqual([`create MetricAlarm ${ALARM}`]);
    expect(lines(image.steps)).toEqual([
      `update Group ${POP}-nodes mixedInstancesPolicy`,
      `update LaunchTemplate ${POP}-nodes imageId`,
    ]);
  });
});
