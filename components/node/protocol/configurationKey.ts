import { createHash, createPrivateKey, createPublicKey, sign, verify, type KeyObject } from "node:crypto";

/** What PKCS #8 (RFC 8410, section 7) has before the 32 bytes of a private key of Ed25519. */
const PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex");

/**
 * What a node checks the program's signatures with: a public key of Ed25519, as SubjectPublicKeyInfo (RFC 8410) in
 * base64. It is no secret.
 *
 * @param secret of which the private key is made; only the program knows it
 */
export function configurationKey(secret: string): string {
  return createPublicKey(privateKey(secret)).export({ format: "der", type: "spki" }).toString("base64");
}

/** Ed25519 (RFC 8032) gives the same signature for the same text each time: what did not change is not written anew. */
export function signConfiguration(secret: string, text: string): string {
  return sign(null, Buffer.from(text), privateKey(secret)).toString("base64");
}

/** Whether one of the keys belongs to the secret with which the text was signed. */
export function isSigned(keys: readonly string[], text: string, signature: string): boolean {
  return keys.some((key) => verify(null, Buffer.from(text), publicKey(key), Buffer.from(signature, "base64")));
}

function privateKey(secret: string): KeyObject {
  const seed = createHash("sha256").update(`footprint configuration key\n${secret}`).digest();
  return createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: "der", type: "pkcs8" });
}

function publicKey(key: string): KeyObject {
  return createPublicKey({ key: Buffer.from(key, "base64"), format: "der", type: "spki" });
}
