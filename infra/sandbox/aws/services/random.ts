import { below, type Kinds } from "../kind";
import { canonical, text } from "../values";

const LOWER = "abcdefghijklmnopqrstuvwxyz";
const SPECIAL = "!@#$%&*()-_=+[]{}<>:?";

/** Passwords of the package `random`: made once, kept in the engine's state only, replaced by any change. */
export const random: Kinds = {
  "random:index/randomPassword:RandomPassword": {
    regional: false,
    stateOnly: true,
    defaults: {
      lower: true,
      minLower: 0,
      minNumeric: 0,
      minSpecial: 0,
      minUpper: 0,
      number: true,
      numeric: true,
      special: true,
      upper: true,
    },
    id: () => "none",
    computed: ({ inputs, hex }) => {
      const alphabet = [
        inputs.lower === false ? "" : LOWER,
        inputs.upper === false ? "" : LOWER.toUpperCase(),
        inputs.numeric === false ? "" : "0123456789",
        inputs.special === false ? "" : text(inputs.overrideSpecial ?? SPECIAL),
      ].join("");
      // Other arguments, another password: a replacement must not bring the former one back.
      const arguments_ = canonical(inputs);
      const result = Array.from({ length: Number(inputs.length) }, (_, i) =>
        alphabet.charAt(below(alphabet.length, hex(`character ${i} ${arguments_}`, 12))),
      ).join("");
      return { result, bcryptHash: `$2a$10$${hex(`hash ${arguments_}`, 53)}` };
    },
    secretOutputs: ["result", "bcryptHash"],
  },
};
