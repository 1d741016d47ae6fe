import { createHash } from "node:crypto";
import { z } from "zod";
import { isSigned, signConfiguration } from "./configurationKey";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const artifact = z.object({ key: z.string().min(1), sha256 });
const parameter = z.object({ name: z.string().min(1), version: z.int().min(1) });
const pair = z.object({
  /** Generation of the value `current`. For operators: nodes go by versions. */
  generation: z.int().min(1).optional(),
  current: parameter,
  next: parameter,
});

const contentSchema = z.object({
  bundle: artifact,
  parameters: z.object({ "origin-auth": pair, purge: pair }),
  /** Where nodes put their access logs; pointers of former versions do not say it. */
  logs: z.object({ bucket: z.string().min(1) }).optional(),
});

/** What the nodes of a PoP are to run and which values of the secrets they are to know. */
export const pointerSchema = contentSchema
  .extend({
    /**
     * A parameter whose value is the digest of the rest. AWS counts its versions: a pointer with a higher one is newer.
     * Its newest value names the pointer that counts, whatever the store holds.
     */
    serial: parameter,
  })
  .refine(({ parameters }) => isApart(parameters), { message: "names one parameter for two secrets" });

export type PointerContent = z.output<typeof contentSchema>;
export type Pointer = z.output<typeof pointerSchema>;
/** An object of the store by its key and the SHA-256 of its content. */
export type Artifact = z.output<typeof artifact>;
/** Roles of the secrets that nodes know. */
export type SecretRole = keyof Pointer["parameters"];
export type ParameterPair = Pointer["parameters"][SecretRole];
export type ParameterVersion = z.output<typeof parameter>;

const signedSchema = z.object({ body: z.string(), signature: z.base64() });

/** The value of the serial's parameter for such a content. */
export function digestOf({ bundle, parameters, logs }: PointerContent): string {
  return createHash("sha256")
    .update(JSON.stringify(contentSchema.parse({ bundle, parameters, logs })))
    .digest("hex");
}

/** The pointer object. The signature covers the region, too: a pointer is good in one region only. */
export function sealPointer(secret: string, region: string, pointer: Pointer): string {
  const body = JSON.stringify(pointerSchema.parse(pointer));
  return JSON.stringify({ body, signature: signConfiguration(secret, context(region, body)) });
}

/**
 * @param keys of the program; one of them must have signed it for this region
 * @throws Error saying what is wrong with it
 */
export function openPointer(keys: readonly string[], region: string, text: string): Pointer {
  const signed = signedSchema.safeParse(parsed(text)).data;
  if (signed === undefined) {
    throw new Error("the pointer is none: it has no body and signature");
  }
  if (!isSigned(keys, context(region, signed.body), signed.signature)) {
    throw new Error(`the pointer is not signed by this footprint's program for ${region}: who can write to the store?`);
  }
  const { data, error } = pointerSchema.safeParse(parsed(signed.body));
  if (data === undefined) {
    throw new Error(
      `the pointer is none: ${error.issues.map(({ path, message }) => `${path.join(".")} ${message}`).join("; ")}`,
    );
  }
  return data;
}

function context(region: string, body: string): string {
  return `pointer\n${region}\n${body}`;
}

/** The purge key must never be sent to origins. */
function isApart(parameters: PointerContent["parameters"]): boolean {
  const names = (role: SecretRole): readonly string[] => [parameters[role].current.name, parameters[role].next.name];
  return !names("origin-auth").some((name) => names("purge").includes(name));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
