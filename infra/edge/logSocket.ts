import { setTimeout as sleep } from "node:timers/promises";
import { ACCESS_LOG_SOCKET, LINES_WAITING, TAKE_ACCESS_LOG } from "../../components/node/accessLog";
import { HAPROXY } from "../../components/node/processes";
import type { PrivateRoot } from "./privateRoot";
import { Service } from "./service";

/** Time for the socket to be there, on a machine that has other work. */
const PATIENCE_MS = 30_000;

/**
 * What systemd does for the unit of the socket: it makes it, and gives it to a program as its standard input. How many
 * datagrams may wait is a setting of the network that a socket is made in, so it is made in one of its own; which
 * network a socket is of is nothing to those who know its path.
 */
const LISTEN = `
mount -o remount,bind,rw /proc/sys
echo ${String(LINES_WAITING)} > /proc/sys/net/unix/max_dgram_qlen
exec perl -MSocket -e '
  my ($path, $user, @program) = @ARGV;
  socket(my $socket, AF_UNIX, SOCK_DGRAM, 0) or die "$!";
  bind($socket, pack_sockaddr_un("$path.new")) or die "$path: $!";
  chown((getpwnam $user)[2, 3], "$path.new") == 1 or die "$path: $!";
  chmod(0600, "$path.new") == 1 or die "$path: $!";
  open(STDIN, "<&", $socket) or die "$!";
  rename("$path.new", $path) or die "$path: $!";
  exec @program;
' "$@"
`;

/** Takes HAProxy's access log, line by line, or lets it go where nobody wants it. Resolves when HAProxy can be started. */
export async function takeAccessLog(root: PrivateRoot, onLine?: (line: string) => void): Promise<void> {
  const reader = onLine === undefined ? ["sh", "-c", "exec cat > /dev/null"] : ["cat"];
  const listening = ["unshare", "--net", "--mount", "sh", "-euc", LISTEN, "sh", ACCESS_LOG_SOCKET, HAPROXY.user];
  const service = Service.start(root, "access-log", [...listening, TAKE_ACCESS_LOG, ...reader], { onLine });
  const end = Date.now() + PATIENCE_MS;
  while (!root.has(ACCESS_LOG_SOCKET)) {
    if (!service.isRunning || Date.now() > end) {
      throw new Error(`nothing takes the access log: ${service.lastWords}`);
    }
    await sleep(10);
  }
}
