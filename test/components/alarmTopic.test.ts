import { AlarmTopic } from "../../components/alarmTopic";
import { alone } from "./alone";

describe("an alarm topic", () => {
  test("asks every address to subscribe", async () => {
    const made = await alone(
      () => new AlarmTopic("alarms", { region: "eu-central-1", emails: ["a@example.com", "b@example.com"] }).arn,
    );

    expect(made.inputs("Topic", "alarms")).toEqual({ region: "eu-central-1" });
    expect(made.all("TopicSubscription").map(({ name, inputs }) => [name, inputs])).toEqual(
      ["a@example.com", "b@example.com"].map((endpoint) => [
        `alarms-${endpoint}`,
        { region: "eu-central-1", topic: "arn:aws:made:up:111122223333:alarms", protocol: "email", endpoint },
      ]),
    );
    expect(made.outputs).toBe("arn:aws:made:up:111122223333:alarms");
  });

  test("stands without an address", async () => {
    const made = await alone(() => new AlarmTopic("alarms", { region: "eu-central-1", emails: [] }));

    expect(made.names("Topic")).toEqual(["alarms"]);
    expect(made.all("TopicSubscription")).toEqual([]);
  });
});
