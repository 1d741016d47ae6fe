import * as path from "node:path";
import { describeWith } from "../support/requirements";
import { some } from "../support/some";
import { repository } from "../support/tree";
import { JUDGES, judged, said, type Waived } from "./judges";

interface Finding {
  readonly ident: string;
  readonly locations: readonly {
    readonly symbolic: {
      readonly kind: string;
      readonly key: { readonly Local: { readonly verbatim_path: string } };
      readonly route: { readonly route: readonly { readonly Key?: string; readonly Index?: number }[] };
    };
  }[];
}

const WAIVED: readonly Waived[] = [
  {
    finding: /anonymous-definition \w+\.yml jobs\.\w+/,
    reason: "a job's id is the name of its check, by which `main` is protected (.github/README.md)",
    date: "2026-11-28",
  },
  {
    finding: /secrets-outside-env (?:preview\.yml jobs\.preview|drift\.yml jobs\.drift)/,
    reason:
      "they read and write nothing: the token is one that reads, and an environment would have a person approve each night and each pull request",
    date: "2026-11-28",
  },
];

// https://docs.zizmor.sh/audits: what is known to go wrong in workflows. Without network, with its strictest persona.
describeWith([JUDGES], "zizmor finds in the workflows", () => {
  const folder = path.join(repository, ".github", "workflows");
  const findings = (persona: string) =>
    (
      JSON.parse(said("zizmor", ["--offline", `--persona=${persona}`, "--format=json", folder])) as readonly Finding[]
    ).flatMap(({ ident, locations }) =>
      locations
        .filter(({ symbolic }) => symbolic.kind === "Primary")
        .map(({ symbolic: { key, route } }) =>
          [
            ident,
            path.basename(key.Local.verbatim_path),
            route.route.map((part) => part.Key ?? part.Index).join("."),
          ].join(" "),
        ),
    );

  test("nothing that has no reason", () => {
    expect(judged(some(findings("auditor")), WAIVED)).toEqual({ unexplained: [], unused: [] });
  });

  test("nothing at all of what it says to everybody", () => {
    expect(findings("regular")).toEqual([]);
  });
});
