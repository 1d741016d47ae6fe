import { join } from "node:path";
import { htmlDocument } from "../../page/document";
import type { PageData } from "./data";

/**
 * The page of a plan, as one file.
 *
 * @throws Error when its program cannot be bundled
 */
export function pageHtml(data: PageData): Promise<string> {
  const client = join(__dirname, "client");
  return htmlDocument({
    title: `${data.title}: users and PoPs`,
    withoutScript: "This page draws its map with a script that is in it.",
    program: join(client, "main.ts"),
    styles: join(client, "page.css"),
    data,
  });
}
