// What publint and "are the types wrong" say against a package: `node lintPackage.mjs FOLDER TARBALL`. They are ES
// modules, which jest cannot load.

import * as fs from "node:fs";
import { argv, stdout } from "node:process";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";

const [, , pkgDir, tarball] = argv;
const { messages } = await publint({ pkgDir, pack: false });
const { types, problems } = await checkPackage(createPackageFromTarballData(fs.readFileSync(tarball)));
stdout.write(JSON.stringify({ publint: messages, types, attw: problems }));
