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
  test("are a role's generation, the one after it, and the one before", async () => {
    expect((await secrets(1, 4)).names("RandomPassword")).toEqual([
      "secrets-configuration-1",
      "secrets-configuration-2",
      "secrets-origin-auth-1",
      "secrets-origin-auth-2",
      "secrets-purge-3",
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

  const urns = (one: Alone) => one.all("RandomPassword").map(({ urn }) => urn.split("::").at(-1));
  const guarded = (one: Alone) =>
    one.all("RandomPassword").flatMap(({ name, options }) => (options.protect ? [name] : []));

  test("rotate by one generation: the former next stays and is current, and the way back has what was current", async () => {
    const [before, after, next] = [await secrets(1, 1), await secrets(2, 1), await secrets(3, 1)];

    expect(urns(after)).toEqual([...urns(before), "secrets-origin-auth-3"].sort());
    expect(urns(after).filter((name) => !urns(next).includes(name))).toEqual(["secrets-origin-auth-1"]);
    expect(after.inputs("RandomPassword", "secrets-origin-auth-2")).toEqual(
      before.inputs("RandomPassword", "secrets-origin-auth-2"),
    );
  });

  test.each([
    [1, 2, []],
    [2, 3, []],
    [3, 2, []],
    [1, 3, ["secrets-purge-1"]],
    [2, 5, ["secrets-purge-2"]],
    [3, 1, ["secrets-purge-3"]],
  ])("generation %i becomes %i: what is protected and would go is %j", async (was, is, refused) => {
    const [before, after] = [await secrets(1, was), await secrets(1, is)];

    expect(guarded(before).filter((name) => !urns(after).includes(name))).toEqual(refused);
  });

  test("may leap where nothing is protected", async () => {
    const made = await alone(() => {
      new Secrets("secrets", { originAuth: 1, purge: 1, protection: false });
      return {};
    });

    expect(guarded(made)).toEqual([]);
  });
});
