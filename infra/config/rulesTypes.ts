import { instanceType, instanceTypeNames } from "./instanceTypes";
import { didYouMean, type Path } from "./problems";
import { twice, type Rule, type RuleContext } from "./rule";

interface GivenTypes {
  readonly path: Path;
  readonly types: readonly string[];
}

/** The lists of instance types that the file has. */
function lists({ input }: RuleContext): readonly GivenTypes[] {
  const shared = input.defaults.nodes?.types;
  return [
    ...(shared === undefined ? [] : [{ path: ["defaults", "nodes", "types"], types: shared }]),
    ...Object.entries(input.pops).flatMap(([code, pop]) =>
      pop.nodes?.types === undefined ? [] : [{ path: ["pops", code, "nodes", "types"], types: pop.nodes.types }],
    ),
  ];
}

/** A rule about each type of a list. */
function typeRule(id: string, message: (type: string) => string | undefined): Rule {
  return {
    id,
    check: (context) =>
      lists(context).flatMap(({ path, types }) =>
        types.flatMap((type, position) => {
          const text = message(type);
          return text === undefined ? [] : [{ path: [...path, position], message: text }];
        }),
      ),
  };
}

const typesKnown = typeRule("types-known", (type) =>
  instanceType(type) === undefined
    ? `unknown instance type "${type}"${didYouMean(type, instanceTypeNames()) || ";"} known types stand in infra/config/data/instanceTypes.json`
    : undefined,
);

/** The images are for arm64 only, and so is the closure of packages that a node installs. */
const typesArchitecture = typeRule("types-architecture", (type) => {
  const architecture = instanceType(type)?.architecture;
  return architecture === undefined || architecture === "arm64"
    ? undefined
    : `must be arm64 as the images are, got "${type}" which is ${architecture}`;
});

/** A Network Load Balancer spreads connections evenly, whatever a node's size. */
const typesEqual: Rule = {
  id: "types-equal",
  check: (context) =>
    lists(context).flatMap(({ path, types }) => {
      const sizes = types.flatMap((type) => instanceType(type)?.vcpu ?? []);
      return new Set(sizes).size <= 1
        ? []
        : [
            {
              path,
              message: `must all have the same number of vCPUs, since connections are spread evenly, got ${types.map((type) => `${type} (${String(instanceType(type)?.vcpu ?? "unknown")})`).join(", ")}`,
            },
          ];
    }),
};

const typesTwice: Rule = {
  id: "types-twice",
  check: (context) => lists(context).flatMap(({ path, types }) => twice(path, "a type", types)),
};

/** Rules about instance types. */
export const TYPE_RULES: readonly Rule[] = [typesKnown, typesArchitecture, typesEqual, typesTwice];
