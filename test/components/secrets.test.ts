import { Secrets } from "../../components/secrets";
import { CANARY } from "../../infra/plan/harness";
import { alone, type Alone } from "./alone";
import { some } from "../support/some";

function secrets(originAuth: number, purge: number, configuration = 1): Promise<Alone> {
  return alone(() => {
    const made = new Secrets("secrets", { originAuth, purge, configuration });
    return { originAuth: made.originAuth, purge: made.purge };
  });
}

describe("secrets", () => {
  test("are two a role: the generation and the one after it", async () => {
    expect((await secrets(1, 4)).names("RandomPassword")).toEqual([
      "secrets-configuration-1",
      "secrets-configuration-2",
      "secrets-origin-auth-1",
      "secrets-origin-auth-2",
      "secrets-purge-4",
      "secrets-purge-5",
    ]);
  });

  test("are 48 letters and digits, which no header has to escape", async () => {
    for (const { inputs } of some((await secrets(1, 1)).all("RandomPassword"))) {
      expect(inputs).toEqual({ length: 48, special: false });
    }
  });

  test("are secret to Pulumi, all four", async () => {
    expect((await secrets(1, 4)).outputs).toEqual({
      originAuth: { generation: 1, current: { $secret: CANARY }, next: { $secret: CANARY } },
      purge: { generation: 4, current: { $secret: CANARY }, next: { $secret: CANARY } },
    });
  });

  test("rotate by one generation: the former next stays and is current", async () => {
    const [before, after] = [await secrets(1, 1), await secrets(2, 1)];
    const urns = (one: Alone) => one.all("RandomPassword").map(({ urn }) => urn.split("::").at(-1));

    expect(urns(before).filter((name) => !urns(after).includes(name))).toEqual(["secrets-origin-auth-1"]);
    expect(urns(after).filter((name) => !urns(before).includes(name))).toEqual(["secrets-origin-auth-3"]);
    expect(after.inputs("RandomPassword", "secrets-origin-auth-2")).toEqual(
      before.inputs("RandomPassword", "secrets-origin-auth-2"),
    );
  });
});
