import { TARGETS_LIMIT } from "../../components/node/protocol/purgeLog";
import { entries, targets, targetText, type TargetOptions } from "../../infra/operate/targets";
import { UserError } from "../../infra/terminal/userError";

const HOSTS = ["www.example.com", "shop.example.com"];

function refusal(options: TargetOptions): { readonly message: string; readonly exitCode: number } {
  try {
    targets(options, HOSTS);
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return error as UserError;
  }
  throw new Error("it was not refused");
}

describe("a URL", () => {
  test.each([
    ["https://www.example.com", "/"],
    ["https://www.example.com/", "/"],
    ["HTTPS://WWW.Example.com./News", "/News"],
    ["http://www.example.com/a?b=c&d", "/a?b=c&d"],
    ["https://www.example.com?page=2", "/?page=2"],
    ["https://www.example.com/caf\u00e9 au lait?q=\u{1F600}", "/caf%C3%A9%20au%20lait?q=%F0%9F%98%80"],
    ["https://www.example.com/a%20b,c;d'e", "/a%20b,c;d'e"],
  ])("%s is taken as a client sends it", (url, path) => {
    expect(targets({ url: [url] }, HOSTS)).toEqual([{ kind: "url", host: "www.example.com", path }]);
  });

  test.each([
    ["www.example.com/", 'must begin with https://, got "www.example.com/"'],
    ["https://www.example.com:443/", 'must have a host without a port or a user, got "https://www.example.com:443/"'],
    ["https://me@www.example.com/", 'must have a host without a port or a user, got "https://me@www.example.com/"'],
    [
      "https://www.example.com/a#b",
      'must have no fragment (#...), which no client sends, got "https://www.example.com/a#b"',
    ],
    [
      "https://ww.example.com/",
      'must be of a site of the stack, got "ww.example.com", did you mean "www.example.com"?; there are: www.example.com, shop.example.com',
    ],
  ])("rejects %s", (url, message) => {
    expect(refusal({ url: [url] })).toMatchObject({ message: `--url: ${message}`, exitCode: 2 });
  });

  test("rejects one that no node would take", () => {
    const url = `https://www.example.com/${"a".repeat(8000)}`;
    expect(refusal({ url: [url] }).message).toBe(
      `--url: must have at most 8000 characters after the host, got "${url}"`,
    );
  });
});

test("a tag is one of each site, or of those that are named", () => {
  expect(targets({ tag: ["t"] }, HOSTS)).toEqual([
    { kind: "tag", host: "www.example.com", tag: "t" },
    { kind: "tag", host: "shop.example.com", tag: "t" },
  ]);
  expect(targets({ tag: ["t"], host: ["SHOP.example.com"] }, HOSTS)).toEqual([
    { kind: "tag", host: "shop.example.com", tag: "t" },
  ]);
});

test("a host without a tag is all of it, and all is everything", () => {
  expect(targets({ host: ["www.example.com"] }, HOSTS)).toEqual([{ kind: "host", host: "www.example.com" }]);
  expect(targets({ all: true }, HOSTS)).toEqual([{ kind: "all" }]);
});

test("each target is named once", () => {
  const url = ["https://www.example.com/a", "http://www.example.com/a"];
  expect(targets({ url, tag: ["t", "t"], host: ["www.example.com"] }, HOSTS)).toHaveLength(2);
});

test.each(["", "a b", "a,b", "a\nb", 'a"b', "\u00e9", "t".repeat(257)])("rejects the tag %j", (tag) => {
  expect(refusal({ tag: [tag] })).toMatchObject({
    message: `--tag: must be 1 to 256 letters, digits or _ . : / @ = ~ + -, got "${tag}"`,
    exitCode: 2,
  });
});

test("rejects nothing at all, and anything beside all", () => {
  expect(refusal({}).message).toBe("name what is to be purged: --url, --prefix, --tag, --host or --all");
  expect(refusal({ all: true, tag: ["t"] }).message).toBe(
    "--all: is everything there is, so that nothing can be named beside it",
  );
});

test("rejects everything that is wrong at once", () => {
  expect(refusal({ url: ["x", "y"], host: ["z"] }).message.split("\n")).toHaveLength(3);
});

test("many targets become entries that nodes take, in order", () => {
  const all = targets(
    { url: Array.from({ length: 2 * TARGETS_LIMIT + 1 }, (_, n) => `https://www.example.com/${String(n)}`) },
    HOSTS,
  );
  const parts = entries(all);
  expect(parts.map((part) => part.length)).toEqual([TARGETS_LIMIT, TARGETS_LIMIT, 1]);
  expect(parts.flat()).toEqual(all);
});

test("a target can be said in words", () => {
  const all = targets({ url: ["https://www.example.com/a"], tag: ["t"], host: ["www.example.com"] }, HOSTS);
  expect([...all, { kind: "host", host: "h" } as const, { kind: "all" } as const].map(targetText)).toEqual([
    "https://www.example.com/a",
    "what www.example.com has tagged t",
    "all of h",
    "everything of every site",
  ]);
});
