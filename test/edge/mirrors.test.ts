import { mirrorsOf } from "../../infra/edge/mirrors";

describe("the mirrors of Debian", () => {
  test("are those that this machine's apt has", () => {
    const targets = [
      "Debian|Debian|https://mirror.example.org/debian/",
      "Debian|Debian|https://mirror.example.org/debian/",
      "Debian|Debian-Security|https://security.example.org/debian-security/",
      "",
    ];

    expect(mirrorsOf(targets.join("\n"))).toEqual({
      main: "https://mirror.example.org/debian/",
      security: "https://security.example.org/debian-security/",
    });
  });

  test.each([
    ["another distribution", "Ubuntu|Ubuntu|http://archive.example.org/ubuntu/\n"],
    ["other packages", ". nodistro|. nodistro|https://packages.example.org/node/\n"],
    ["a list of mirrors", "Debian|Debian|mirror+file:/etc/apt/mirrors/debian.list\n"],
    ["nothing", ""],
  ])("are Debian's own where apt has %s", (_, targets) => {
    expect(mirrorsOf(targets)).toEqual({
      main: "http://deb.debian.org/debian",
      security: "http://deb.debian.org/debian-security",
    });
  });
});
