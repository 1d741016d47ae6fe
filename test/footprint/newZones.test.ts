import { looksOf } from "../../infra/newZones";

const ZONES: Readonly<Record<string, string>> = {
  "cdn.example.com": "cdn.example.com",
  "www.example.com": "example.com",
};

/** What an update makes, in its order; each is looked at before. */
function made(...resources: readonly (readonly [type: string, inputs: Readonly<Record<string, string>>])[]): void {
  const looks = looksOf((host) => ZONES[host]);
  for (const [type, inputs] of resources) {
    looks[type]?.(inputs);
  }
}

const zone = (name: string) => ["aws:route53/zone:Zone", { name }] as const;
const certificate = (region: string, domainName: string) =>
  ["aws:acm/certificate:Certificate", { region, domainName }] as const;
const answer = (name: string, setIdentifier: string | undefined) =>
  ["aws:route53/record:Record", { name, ...(setIdentifier === undefined ? {} : { setIdentifier }) }] as const;

describe("a host's answer in a zone that the update makes", () => {
  test("rejects a host that is served already", () => {
    expect(() => {
      made(zone("cdn.example.com"), answer("cdn.example.com", "eu-west-1"));
    }).toThrow("cdn.example.com: the hosted zone cdn.example.com is made by this update, and nobody asks it before");
  });

  test("rejects it where another host, or the host in another region, is new", () => {
    for (const other of [certificate("eu-west-1", "www.example.com"), certificate("us-east-1", "cdn.example.com")]) {
      expect(() => {
        made(zone("cdn.example.com"), other, answer("cdn.example.com", "eu-west-1"));
      }).toThrow("nobody asks it before it is delegated");
    }
  });

  test("is made for a host whose certificate is: it waits until the zone is delegated", () => {
    expect(() => {
      made(
        zone("cdn.example.com"),
        certificate("eu-west-1", "cdn.example.com"),
        answer("cdn.example.com", "eu-west-1"),
      );
    }).not.toThrow();
  });

  test("is no affair of hosts of other zones, and of names that are nobody's host", () => {
    expect(() => {
      made(zone("cdn.example.com"), answer("www.example.com", "eu-west-1"));
      made(zone("cdn.example.com"), answer("cdn.example.com", undefined));
      made(zone("cdn.example.com"), answer("eu-west-1.pop.example.com", "eu-west-1"));
    }).not.toThrow();
  });
});
