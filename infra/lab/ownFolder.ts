import { createHash } from "node:crypto";
import * as net from "node:net";
import { resolve } from "node:path";
import { UserError } from "../terminal/userError";

/**
 * Takes a folder for one lab of this machine. What holds it is a name of the kernel's and no file (unix(7), "abstract"):
 * it ends with its process, however that ends.
 *
 * @returns what gives it back
 * @throws UserError where another lab has it
 */
export async function ownFolder(folder: string): Promise<() => void> {
  const path = resolve(folder);
  const name = `\0footprint-lab-${createHash("sha256").update(path).digest("hex")}`;
  const holder = net.createServer((socket) => socket.destroy()).unref();
  await new Promise<void>((taken, refused) => {
    holder.once("error", (error: NodeJS.ErrnoException) => {
      const inUse = `a lab runs already, and ${path} is its folder: end it first with Ctrl-C in its terminal; commands mean it after \`. ${path}/environment\``;
      refused(error.code === "EADDRINUSE" ? new UserError(inUse) : error);
    });
    holder.listen(name, taken);
  });
  return () => {
    holder.close();
  };
}
