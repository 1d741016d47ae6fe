/** Tests that do not pass, and why they stay so. */
export const EXPECTED: readonly { readonly test: string; readonly reason: string }[] = [
  {
    test: "http2/3.5: Sends invalid connection preface",
    reason:
      "the load balancer hands over HTTP/1.1 and HTTP/2 on one port: what begins as neither gets HTTP/1.1's 400 before the end of the connection (RFC 9113, section 3.4, leaves the GOAWAY out)",
  },
  {
    test: "http2/4.2: Sends a large size HEADERS frame that exceeds the SETTINGS_MAX_FRAME_SIZE",
    reason:
      "its frame of 20 KB is within the 32 KB that HAProxy announces in its SETTINGS, which the suite does not read",
  },
];

/** How many there are, the strict ones with them. */
export const TESTS = 146;
