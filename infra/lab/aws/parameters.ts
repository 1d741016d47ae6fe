import type { Answer, Request } from "./wire";

/** Values of each parameter by `<region> <name>`, the first version first. */
export type Parameters = Map<string, string[]>;

interface Asked {
  readonly Name?: string;
  readonly Names?: readonly string[];
  readonly WithDecryption?: boolean;
}

/** Systems Manager's parameters: GetParameter and GetParameters, with versions (`name:3`). */
export function parameters(all: Parameters, target: string, { body, region }: Request): Answer {
  const asked = JSON.parse(body.toString()) as Asked;
  const found = (selector: string) => {
    const [name = "", version] = selector.split(":");
    const values = all.get(`${region} ${name}`) ?? [];
    const number = version === undefined ? values.length : Number(version);
    const value = values[number - 1];
    return value === undefined
      ? undefined
      : {
          Name: name,
          Type: "SecureString",
          // Without WithDecryption AWS gives the ciphertext.
          Value: asked.WithDecryption === true ? value : "ciphertext",
          Version: number,
          ...(version === undefined ? {} : { Selector: `:${version}` }),
        };
  };
  switch (target) {
    case "AmazonSSM.GetParameter": {
      const parameter = found(asked.Name ?? "");
      return parameter === undefined
        ? json(400, { __type: "ParameterNotFound", message: asked.Name })
        : json(200, { Parameter: parameter });
    }
    case "AmazonSSM.GetParameters": {
      const names = asked.Names ?? [];
      if (names.length === 0 || names.length > 10) {
        return json(400, { __type: "ValidationException", message: "names: 1 to 10" });
      }
      return json(200, {
        Parameters: names.flatMap((name) => found(name) ?? []),
        InvalidParameters: names.filter((name) => found(name) === undefined),
      });
    }
    default:
      return json(400, { __type: "UnknownOperationException", message: target });
  }
}

function json(status: number, body: unknown): Answer {
  return { status, headers: { "content-type": "application/x-amz-json-1.1" }, body: JSON.stringify(body) };
}
