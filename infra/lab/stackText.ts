import { isMap, isScalar } from "yaml";
import { parseStackFile, PROJECT, qualified } from "../config/stackFile";

/**
 * The text of a stack file in which something has another value, such as `["pops", "eu-west-1", "state"]`.
 *
 * @param value undefined: it is not there any more
 * @throws ConfigError for what is no sound YAML
 */
export function withValue(text: string, [section = "", ...path]: readonly string[], value: unknown): string {
  const document = parseStackFile(text, "the stack file");
  const config = document.get("config", true);
  const names = isMap(config) ? config.items.map(({ key }) => (isScalar(key) ? String(key.value) : "")) : [];
  const wanted = `${PROJECT}:${section}`;
  const own = ["config", names.find((name) => qualified(name) === wanted) ?? wanted, ...path];
  if (value === undefined) {
    document.deleteIn(own);
  } else {
    document.setIn(own, value);
  }
  return document.toString();
}
