import * as fs from "node:fs";
import * as path from "node:path";
import * as ts from "typescript";
import { repository } from "../support/tree";

/** What a reader finds of every component, from the schema and so from the docstrings. */
export const REFERENCE_FILE = path.join(repository, "components", "REFERENCE.md");

interface Property {
  readonly type?: string;
  readonly $ref?: string;
  readonly items?: Property;
  readonly additionalProperties?: Property;
  readonly plain?: boolean;
  readonly optional?: boolean;
  readonly description?: string;
}

type Properties = Readonly<Record<string, Property>>;

interface Schema {
  readonly resources: Readonly<
    Record<
      string,
      { readonly description: string; readonly inputProperties?: Properties; readonly properties?: Properties }
    >
  >;
  readonly types: Readonly<
    Record<
      string,
      {
        readonly properties?: Properties;
        readonly enum?: readonly { readonly value: string | number; readonly description?: string }[];
      }
    >
  >;
}

/** @param schema the checked-in schema, as Pulumi's analyzer reads it from the sources */
export function reference(schema: string): string {
  const { resources, types } = JSON.parse(schema) as Schema;
  const errors = thrown();
  const components = Object.entries(resources).map(([token, { description, inputProperties, properties }]) => {
    const name = nameOf(token);
    return [
      `## ${name}`,
      description.trim(),
      ...(errors.get(name) ?? []).map((error) => `Throws ${error}.`),
      ...section("Arguments", inputProperties),
      ...section("Outputs", properties),
    ].join("\n\n");
  });
  const parts = Object.entries(types).map(([token, { properties, enum: values }]) =>
    [
      `### ${nameOf(token)}`,
      ...(properties === undefined ? [] : [list(properties, true)]),
      ...(values === undefined
        ? []
        : [values.map(({ value, description }) => `- \`${String(value)}\`${said(description)}`).join("\n")]),
    ].join("\n\n"),
  );
  return `${[HEAD, ...components, "## Types of arguments", ...parts].join("\n\n")}\n`;
}

const HEAD = `# Reference of the components

Written by \`npm run schema\` from the docstrings; a test compares. An argument may be an output of another
resource where that is said; all others are plain values.`;

function section(title: "Arguments" | "Outputs", properties: Properties = {}): string[] {
  return Object.keys(properties).length === 0 ? [] : [`${title}:`, list(properties, title === "Arguments")];
}

function list(properties: Properties, argument: boolean): string {
  return Object.entries(properties)
    .map(([name, property]) => {
      const given = argument && property.optional !== true ? ", required" : "";
      const output = argument && property.plain !== true ? ", may be an output" : "";
      return `- \`${name}\` (${typeOf(property)}${given}${output})${said(property.description)}`;
    })
    .join("\n");
}

function typeOf({ type = "", $ref, items, additionalProperties }: Property): string {
  if ($ref !== undefined) {
    const name = nameOf($ref);
    return `[${name}](#${name.toLowerCase()})`;
  }
  if (items !== undefined) {
    return `list of ${typeOf(items)}`;
  }
  return additionalProperties === undefined ? type : `map of ${typeOf(additionalProperties)}`;
}

function said(description: string | undefined): string {
  return description === undefined ? "" : `: ${description.trim().replaceAll("\n", " ")}`;
}

function nameOf(token: string): string {
  return token.slice(token.lastIndexOf(":") + 1);
}

/** By class what its docstring says that it throws, which the analyzer leaves out. */
function thrown(): ReadonlyMap<string, readonly string[]> {
  const folder = path.join(repository, "components");
  const classes = fs
    .readdirSync(folder)
    .filter((file) => file.endsWith(".ts"))
    .map((file) =>
      ts.createSourceFile(file, fs.readFileSync(path.join(folder, file), "utf8"), ts.ScriptTarget.Latest, true),
    )
    .flatMap((source) => source.statements.filter(ts.isClassDeclaration));
  return new Map(
    classes.map((declaration) => [
      declaration.name?.text ?? "",
      ts
        .getJSDocTags(declaration)
        .filter((tag) => tag.tagName.text === "throws")
        .map((tag) => (ts.getTextOfJSDocComment(tag.comment) ?? "").replaceAll("\n", " ")),
    ]),
  );
}
