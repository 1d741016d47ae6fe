import js from "@eslint/js";
import { defineConfig } from "eslint/config";
import prettier from "eslint-config-prettier";
import tseslint from "typescript-eslint";

/** Habits that hide mistakes here, each with what to write instead. */
const habits = [
  {
    selector: "CallExpression[callee.property.name='localeCompare']",
    message: "Sorts by the machine's locale. Compare with < and >, so that every machine gives the same order.",
  },
  {
    selector: "TSAsExpression > TSAsExpression[typeAnnotation.type='TSUnknownKeyword']",
    message: "`as unknown as` switches the type check off. Narrow the value, or change the type it comes from.",
  },
  {
    selector:
      ":matches(VariableDeclarator, Property, AssignmentExpression, ReturnStatement) > LogicalExpression[operator='||'] > :matches(Literal, TemplateLiteral, ObjectExpression, ArrayExpression).right",
    message: "As a default, `||` also replaces 0, false and the empty string. Write `??`.",
  },
];

/** Expectations that hold of nothing at all. */
const hollow = [
  ...[
    "ForOfStatement[right.type='CallExpression']:not([right.callee.name='some']):has(CallExpression[callee.name='expect'])",
    "CallExpression[callee.name='expect'] > CallExpression[callee.property.name='every']:not([callee.object.callee.name='some'])",
  ].map((selector) => ({ selector, message: "True when there is none. Write `some(...)` around what it goes over." })),
  {
    selector:
      "CallExpression[callee.object.property.name='not'][callee.property.name='toBe'] > Literal[raw=/^(true|false|null)$/]",
    message: "True of nothing at all, too. Say what it is instead of what it is not.",
  },
];

/** A component knows no stack: it could be published as a package tomorrow. */
const readsStack = "/^(Config|getStack|getProject|getOrganization|StackReference)$/";
const stackReaders = [
  `MemberExpression[object.name='pulumi'][property.name=${readsStack}]`,
  `ImportDeclaration[source.value='@pulumi/pulumi'] > ImportSpecifier[imported.name=${readsStack}]`,
].map((selector) => ({ selector, message: "Components never know stacks: take the value as an argument." }));

const infraFromComponents = {
  regex: "(^|/)infra(/|$)",
  message: "Nothing flows back: components never import infra.",
};

export default defineConfig(
  { ignores: ["node_modules/", "coverage/", "components/dist/"] },
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  js.configs.recommended,
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: {
        project: ["./tsconfig.json", "./infra/page/client/tsconfig.json"],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      "no-restricted-syntax": ["error", ...habits],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-unused-vars": ["error", { ignoreRestSiblings: true }],
      "@typescript-eslint/prefer-nullish-coalescing": "error",
      "@typescript-eslint/prefer-optional-chain": "error",
      "@typescript-eslint/prefer-readonly": "error",
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      // Numbers are what addresses and messages here are made of.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
    },
  },
  {
    files: ["components/**/*.ts"],
    rules: {
      "no-restricted-imports": ["error", { patterns: [infraFromComponents] }],
      "no-restricted-syntax": ["error", ...habits, ...stackReaders],
    },
  },
  {
    files: ["infra/config/**/*.ts"],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            {
              // What a site is, how its fields may be named, what may be measured and which TLS policies there are is said
              // once, where it is used.
              regex: "(^|/)(components(?!/(node/(site|fieldNames)|metrics|tlsPolicies)$)|plan)(/|$)",
              message: "Configuration comes first: it imports neither components nor the plan.",
            },
          ],
        },
      ],
    },
  },
  {
    files: ["test/**/*.ts"],
    rules: {
      "no-restricted-syntax": ["error", ...habits, ...hollow],
      // `expect(object.method)` never calls it, and a test may lean on what it has just set up.
      "@typescript-eslint/unbound-method": "off",
      "@typescript-eslint/no-non-null-assertion": "off",
    },
  },
  {
    files: ["**/*.js"],
    languageOptions: {
      sourceType: "commonjs",
      globals: {
        __dirname: "readonly",
        Atomics: "readonly",
        console: "readonly",
        module: "writable",
        process: "readonly",
        require: "readonly",
        SharedArrayBuffer: "readonly",
      },
    },
    rules: { "no-unused-vars": ["error", { ignoreRestSiblings: true }] },
  },
  prettier,
);
