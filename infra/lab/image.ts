import { DEBIAN } from "../../components/node/debian";
import type { DebianRecipe } from "../edge/debianRoot";

/**
 * What the lab's nodes are started from: an image of Debian for the cloud that has a node's packages already, as
 * `footprint images` advises to make one. Beside these the programs that the lab itself runs in it: dnsmasq stands for a
 * VPC's resolver, unbound for those that clients ask, and dig asks as they do.
 */
export const LAB_ROOT: DebianRecipe = {
  packages: [
    ...DEBIAN.packages,
    ...["cloud-init", "dbus", "iproute2", "kmod", "libpam-systemd", "openssl", "procps", "systemd-sysv", "udev"],
    ...["e2fsprogs", "dnsmasq-base", "unbound", "bind9-dnsutils"],
  ],
  updated: true,
};
