import { ConfigError } from "../../infra/config/problems";
import { stackConfigFromText } from "../../infra/config/stackFile";
import { withEntries } from "../../infra/config/stackFileEdit";

const FILE = "Pulumi.test.yaml";

type Entries = Readonly<Record<string, string>>;

function edited(text: string, entries: Entries): string {
  return withEntries(text, FILE, "image", new Map(Object.entries(entries)));
}

/** `image` as the program gets it. */
function imageOf(text: string): unknown {
  return JSON.parse(stackConfigFromText(text, FILE)["footprint:image"] ?? "{}");
}

interface Edit {
  readonly title: string;
  readonly before: string;
  readonly entries: Entries;
  readonly after: string;
}

const EDITS: readonly Edit[] = [
  {
    title: "values, in whatever order they are given, and nothing beside them",
    before: 'config:\n  footprint:image:   # ids\n    b: ami-1   # of b\n    a:   "ami-2"\n\n    c: ami-3\n',
    entries: { c: "ami-33", b: "ami-111", a: "ami-2" },
    after: "config:\n  footprint:image:   # ids\n    b: ami-111   # of b\n    a:   ami-2\n\n    c: ami-33\n",
  },
  {
    title: "a value that was not there behind its key",
    before: "config:\n  footprint:image:\n    a:\n    b: ami-1\n",
    entries: { a: "ami-2" },
    after: "config:\n  footprint:image:\n    a: ami-2\n    b: ami-1\n",
  },
  {
    title: "a new entry behind the last one, as far to the right, and behind its comment",
    before: "config:\n  footprint:image:\n      b: ami-1\n      a: ami-2 # of a\n\n  # others\n  footprint:pops: {}\n",
    entries: { d: "ami-4", a: "ami-22", c: "ami-3" },
    after:
      "config:\n  footprint:image:\n      b: ami-1\n      a: ami-22 # of a\n      d: ami-4\n      c: ami-3\n\n  # others\n  footprint:pops: {}\n",
  },
  {
    title: "a new entry behind one that has no value",
    before: "config:\n  footprint:image:\n    a: ami-1\n    b:\n  footprint:pops: {}\n",
    entries: { c: "ami-3" },
    after: "config:\n  footprint:image:\n    a: ami-1\n    b:\n    c: ami-3\n  footprint:pops: {}\n",
  },
  {
    title: "a new entry at the end of a file that ends in no new line",
    before: "config:\n  footprint:image:\n    a: ami-1",
    entries: { b: "ami-2" },
    after: "config:\n  footprint:image:\n    a: ami-1\n    b: ami-2",
  },
  {
    title: "a map that stands in one line",
    before: "config:\n  footprint:image: { a: ami-1, b: ami-2 } # two\n",
    entries: { c: "ami-3", d: "ami-4", a: "ami-11" },
    after: "config:\n  footprint:image: { a: ami-11, b: ami-2, c: ami-3, d: ami-4 } # two\n",
  },
  {
    title: "a map in one line whose last entry has no value",
    before: "config:\n  footprint:image: {a: ami-1, b}\n",
    entries: { c: "ami-3" },
    after: "config:\n  footprint:image: {a: ami-1, b, c: ami-3}\n",
  },
  {
    title: "a map of none",
    before: "config:\n  footprint:image: {}\n  footprint:pops: {}\n",
    entries: { a: "ami-1", b: "ami-2" },
    after: "config:\n  footprint:image: { a: ami-1, b: ami-2 }\n  footprint:pops: {}\n",
  },
  {
    title: "a key that has no value yet",
    before: 'config:\n  aws:region: eu-west-1\n  "footprint:image": # none yet\n  footprint:pops: {}\n',
    entries: { a: "ami-1", b: "ami-2" },
    after:
      'config:\n  aws:region: eu-west-1\n  "footprint:image": { a: ami-1, b: ami-2 } # none yet\n  footprint:pops: {}\n',
  },
  {
    title: "a section of one entry that was not there, first of all",
    before: "# ours\nconfig: # all\n    footprint:pops: {}\n",
    entries: { a: "ami-1" },
    after: "# ours\nconfig: # all\n    footprint:image: { a: ami-1 }\n    footprint:pops: {}\n",
  },
  {
    title: "a section of several entries that was not there",
    before: "encryptionsalt: v1\nconfig:\n  # PoPs\n  footprint:pops: {}\n  other:image: {}\n",
    entries: { b: "ami-2", a: "ami-1" },
    after:
      "encryptionsalt: v1\nconfig:\n  footprint:image:\n    b: ami-2\n    a: ami-1\n  # PoPs\n  footprint:pops: {}\n  other:image: {}\n",
  },
  {
    title: "a section in a file of one line",
    before: "config: { footprint:pops: {} }\n",
    entries: { a: "ami-1", b: "ami-2" },
    after: "config: { footprint:pops: {}, footprint:image: { a: ami-1, b: ami-2 } }\n",
  },
  {
    title: "a section in a file without any",
    before: "config: {} # empty\n",
    entries: { a: "ami-1" },
    after: "config: { footprint:image: { a: ami-1 } } # empty\n",
  },
  {
    title: "what stands behind an alias where it is written",
    before: "x: &ids { a: ami-1 }\nall: &all\n  footprint:image: *ids\nconfig: *all\n",
    entries: { a: "ami-11", b: "ami-2" },
    after: "x: &ids { a: ami-11, b: ami-2 }\nall: &all\n  footprint:image: *ids\nconfig: *all\n",
  },
  ...["image", "footprint:config:image"].map((key) => ({
    title: `the key ${key}`,
    before: `config:\n  other:image: { a: ami-0 }\n  ${key}: { a: ami-1 }\n`,
    entries: { a: "ami-11" },
    after: `config:\n  other:image: { a: ami-0 }\n  ${key}: { a: ami-11 }\n`,
  })),
];

describe("an edit of a stack file sets", () => {
  test.each(EDITS.map((edit) => [edit.title, edit] as const))("%s", (_title, { before, entries, after }) => {
    expect(edited(before, entries)).toBe(after);
    expect(imageOf(after)).toEqual({ ...(imageOf(before) as object), ...entries });
  });
});

describe("an edit of a stack file", () => {
  test("that sets what is there changes nothing", () => {
    const text = "config:\n  footprint:image: { a: ami-1,b: ami-2 }\n";

    expect(edited(text, { b: "ami-2", a: "ami-1" })).toBe(text);
    expect(edited(text, {})).toBe(text);
  });

  test("rejects a file without a map of configuration, and what is no YAML", () => {
    for (const text of ["", "config: [a]\n", "config: text\n", "footprint:image: {}\n"]) {
      expect(() => edited(text, { a: "ami-1" })).toThrow(new Error(`${FILE} has no map \`config\``));
    }
    expect(() => edited("config: {\n", { a: "ami-1" })).toThrow(ConfigError);
  });
});
