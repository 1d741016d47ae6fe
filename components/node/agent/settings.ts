import { z } from "zod";
import { AGENT_FILES } from "../agentFiles";
import { readIfThere } from "./durableFile";

/** What of a node's identity the agent needs. */
const identitySchema = z.object({
  footprint: z.string().min(1),
  region: z.string().min(1),
  bucket: z.string().min(1),
  pointer: z.string().min(1),
  configurationKeys: z.array(z.base64()).min(1),
  role: z.string().min(1),
});

export type Identity = z.output<typeof identitySchema>;

/** Reads who this node is. Throws when the bootstrap has not written it, or not so. */
export function readIdentity(file: string = AGENT_FILES.identity): Identity {
  const text = readIfThere(file);
  if (text === undefined) {
    throw new Error(`${file} is missing: the bootstrap writes it before it starts the agent`);
  }
  const { data, error } = identitySchema.safeParse(JSON.parse(text));
  if (data === undefined) {
    throw new Error(`${file} is no identity: ${z.prettifyError(error).replaceAll("\n", " ")}`);
  }
  return data;
}
