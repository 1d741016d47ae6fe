import { readFileSync } from "node:fs";
import { runtime } from "@pulumi/pulumi";
import { isRecord, plain, text, type Values } from "../sandbox/aws/values";

/** The bytes of an object as the program gives it: as text, or as a file of this machine. */
export function contentOf({ content, source }: Values): Buffer {
  if (isRecord(source) && source[runtime.specialSigKey] === runtime.specialAssetSig) {
    return typeof source.path === "string" ? readFileSync(source.path) : Buffer.from(text(source.text));
  }
  return Buffer.from(text(plain(content ?? "")));
}
