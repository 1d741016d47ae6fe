import { z } from "zod";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const artifact = z.object({ key: z.string().min(1), sha256 });
const parameter = z.object({ name: z.string().min(1), version: z.int().min(1) });
const pair = z.object({
  /** Generation of the value `current`; missing in pointers of former versions. For operators: nodes go by versions. */
  generation: z.int().min(1).optional(),
  current: parameter,
  next: parameter,
});

/** The pointer object: what the nodes of a PoP are to run and which values of the secrets they are to know. */
export const pointerSchema = z.object({
  bundle: artifact,
  parameters: z.object({ "origin-auth": pair, purge: pair }),
});

export type Pointer = z.output<typeof pointerSchema>;
/** An object of the store by its key and the SHA-256 of its content. */
export type Artifact = z.output<typeof artifact>;
/** Roles of the secrets that nodes know. */
export type SecretRole = keyof Pointer["parameters"];
export type ParameterPair = Pointer["parameters"][SecretRole];
export type ParameterVersion = z.output<typeof parameter>;

/** @throws Error saying what is wrong with it */
export function parsePointer(text: string): Pointer {
  const { data, error } = pointerSchema.safeParse(parsed(text));
  if (data === undefined) {
    throw new Error(
      `the pointer is none: ${error.issues.map(({ path, message }) => `${path.join(".")} ${message}`).join("; ")}`,
    );
  }
  return data;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
