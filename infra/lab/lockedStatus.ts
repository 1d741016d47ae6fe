/**
 * dpkg's list of what is installed, in which these packages have these versions. The lock of nodes is of arm64 and of one
 * day, the lab's Debian of this machine and of another: the bootstrap would fetch what there is no archive of. What the
 * list lacks it gets: a package that one architecture needs and the other does not.
 */
export function lockedStatus(status: string, versions: Readonly<Record<string, string>>): string {
  const seen = new Set<string>();
  const paragraphs = status.trimEnd().split("\n\n");
  const edited = paragraphs.map((paragraph) => {
    const name = /^Package: (.*)$/m.exec(paragraph)?.[1] ?? "";
    const version = versions[name];
    seen.add(name);
    return version === undefined ? paragraph : paragraph.replace(/^Version: .*$/m, `Version: ${version}`);
  });
  const lacking = Object.entries(versions)
    .filter(([name]) => !seen.has(name))
    .map(([name, version]) =>
      [
        `Package: ${name}`,
        "Status: install ok installed",
        "Maintainer: nobody",
        "Architecture: all",
        `Version: ${version}`,
        "Description: has this version in the lab by name alone",
      ].join("\n"),
    );
  return `${[...edited, ...lacking].join("\n\n")}\n`;
}
