import { lockedStatus } from "../../infra/lab/lockedStatus";

const STATUS = `Package: haproxy
Status: install ok installed
Architecture: amd64
Version: 3.0.11-1+deb13u1
Description: proxy
 Version: in here is none

Package: varnish
Status: install ok installed
Version: 7.7.0-3
`;

test("packages have the versions of the lock, and what the list lacks is in it", () => {
  expect(lockedStatus(STATUS, { haproxy: "3.0.11-1+deb13u2", libjemalloc2: "5.3.0-3" })).toBe(`Package: haproxy
Status: install ok installed
Architecture: amd64
Version: 3.0.11-1+deb13u2
Description: proxy
 Version: in here is none

Package: varnish
Status: install ok installed
Version: 7.7.0-3

Package: libjemalloc2
Status: install ok installed
Maintainer: nobody
Architecture: all
Version: 5.3.0-3
Description: has this version in the lab by name alone
`);
});
