import { configurationKey } from "../../../components/node/protocol/configurationKey";
import { digestOf, sealPointer, type Pointer, type PointerContent } from "../../../components/node/protocol/pointer";

/** What the program of a test signs with. */
export const SIGNING = "signing-secret-of-the-program";

/** What its nodes verify with: of the present secret and of the next. */
export const CONFIGURATION_KEYS = [configurationKey(SIGNING), configurationKey("the-next-one")] as const;

/** Numbers pointers as the program and AWS do it: another content is another version. */
export class Serial {
  /** Values of the parameter, the first version first. */
  readonly values: string[] = [];

  constructor(private readonly name = "pop-serial") {}

  numbered(content: PointerContent): Pointer {
    const digest = digestOf(content);
    if (this.values.at(-1) !== digest) {
      this.values.push(digest);
    }
    return { ...content, serial: { name: this.name, version: this.values.length } };
  }
}

/** The pointer object, as the program writes it. */
export function sealed(region: string, pointer: Pointer): string {
  return sealPointer(SIGNING, region, pointer);
}
