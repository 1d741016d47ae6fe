import { nodeFiles } from "../../../components/node/files";
import { OPTIONS } from "./options";

const FILES = nodeFiles(OPTIONS);

describe("a node's files", () => {
  test.each(Object.keys(FILES))("%s of two sites", (path) => {
    expect(FILES[path]).toMatchSnapshot();
  });

  test("are the same for the same options", () => {
    expect(nodeFiles(structuredClone(OPTIONS))).toEqual(FILES);
  });

  test("end with one newline, and have no trailing spaces", () => {
    const odd = Object.entries(FILES).filter(([, text]) => !/[^\n]\n$/.test(text) || /[ \t]$/m.test(text));

    expect(odd.map(([path]) => path)).toEqual([]);
  });

  test("name no other place of a script than the one that is executable", () => {
    const scripts = Object.entries(FILES).filter(([, text]) => text.startsWith("#!"));

    expect(scripts.length).toBe(8);
    expect(scripts.filter(([path]) => !path.startsWith("/usr/local/lib/footprint/"))).toEqual([]);
  });

  test("with another site, differ in HAProxy's origins and maps alone", () => {
    const other = nodeFiles({ ...OPTIONS, sites: OPTIONS.sites.slice(1) });

    expect(Object.keys(FILES).filter((path) => other[path] !== FILES[path])).toEqual([
      "/etc/haproxy/haproxy.cfg",
      "/etc/haproxy/sites.map",
      "/etc/footprint/sites.json",
    ]);
  });
});
