import * as fs from "node:fs";
import { documentOf, FILE, rows } from "./document";

// `npm run edits`
void rows().then((table) => {
  fs.writeFileSync(FILE, documentOf(table));
});
