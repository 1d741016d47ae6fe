import type { NodeOptions } from "../../../components/node/options";
import { POP_NAME, SITES } from "./site";

/** A PoP with the sites that use every setting. */
export const OPTIONS: NodeOptions = { region: "eu-west-1", popName: POP_NAME, sites: SITES };
