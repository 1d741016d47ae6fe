import { destinationOf, HEADER_LENGTH, proxyHeader } from "../../infra/lab/proxyHeader";

test("the header is as the PROXY protocol's document has it for a connection over IPv4 (section 2.2)", () => {
  const ends = {
    remoteAddress: "::ffff:192.0.2.7",
    remotePort: 56324,
    localAddress: "127.66.1.2",
    localPort: 443,
  };

  // Signature, version 2 with the command PROXY, TCP over IPv4, twelve bytes: two addresses and two ports.
  expect(proxyHeader(ends).toString("hex")).toBe(
    "0d0a0d0a000d0a515549540a" + "21" + "11" + "000c" + "c0000207" + "7f420102" + "dc04" + "01bb",
  );
  expect(proxyHeader(ends)).toHaveLength(HEADER_LENGTH);
  expect(destinationOf(proxyHeader(ends))).toBe("127.66.1.2");
});
