import type * as pulumi from "@pulumi/pulumi";

/**
 * Sees to it that an update which leaves a host without an answer takes nothing away. With `--continue-on-error` the
 * engine deletes at its end what the program no longer declares, whatever has failed before (deployment_executor.go,
 * `performPostSteps`): where one PoP is to take the place of another one and fails, the other one's records would go all
 * the same. It deletes nothing after a program that has ended with an error, so the program does.
 */
export class AnswersStay {
  private readonly records = new Map<string, pulumi.Resource[]>();

  /** Notes each latency record. */
  readonly transformation: pulumi.ResourceTransformation = ({ type, props, resource }) => {
    const { name, type: family, setIdentifier } = props as Readonly<Record<string, unknown>>;
    if (type === "aws:route53/record:Record" && typeof setIdentifier === "string") {
      const answer = `${String(name)} ${String(family)}`;
      this.records.set(answer, [...(this.records.get(answer) ?? []), resource]);
    }
    return undefined;
  };

  /** Names and types of which no PoP has a record, when the engine is done with all of them. */
  async missing(): Promise<readonly string[]> {
    const answers = [...this.records].map(async ([answer, records]) => {
      const made = await Promise.all(records.map(isMade));
      return made.includes(true) ? [] : [answer];
    });
    return (await Promise.all(answers)).flat();
  }
}

/**
 * Is there, as far as one can know: the engine tells no id of what it could not make, or left out for what it depends on. One
 * that is gone says nothing, and deletes nothing.
 */
function isMade(record: pulumi.Resource): Promise<boolean> {
  // The SDK has it without a type.
  const isKnown = Reflect.get(Reflect.get(record, "id") as object, "isKnown") as Promise<boolean>;
  return isKnown.catch(() => true);
}
