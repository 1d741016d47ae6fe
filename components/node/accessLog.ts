import { CONFINED } from "./confined";
import type { NodeFiles } from "./nodeFiles";
import { ACCESS_LOG, ACCESS_LOG_FOLDER, HAPROXY } from "./processes";

/**
 * Where HAProxy sends the lines of its access log, each as a datagram. Not standard output: there its threads wait for
 * each other, and give a line up when the other takes too long (`fd_write_frag_line` in HAProxy's src/fd.c). For datagrams
 * each has a socket of its own.
 */
export const ACCESS_LOG_SOCKET = "/run/access-log";

/** Lines of the access log that may wait for their writer (net.unix.max_dgram_qlen): HAProxy drops and counts those above. */
export const LINES_WAITING = 4096;

/**
 * Size of a file of the access log, MB, and how many are kept. Their product is all that clients can ever fill: 1.5 GB
 * of the root volume's 8, if they fill it faster than former files are compressed.
 */
export const ACCESS_LOG_FILES = { megabytes: 64, kept: 24 } as const;

/** Takes what comes to the socket, its standard input, and gives it to the command that is its arguments. */
export const TAKE_ACCESS_LOG = "/usr/local/lib/footprint/take-access-log";

const WRITE = "/usr/local/lib/footprint/write-access-log";
const KEEP = "/usr/local/lib/footprint/keep-access-log";

/** Renders what takes HAProxy's access log, and keeps it small. */
export function accessLogFiles(): NodeFiles {
  return {
    "/etc/systemd/system/access-log.socket": SOCKET,
    "/etc/systemd/system/access-log.service": SERVICE,
    [TAKE_ACCESS_LOG]: TAKER,
    [WRITE]: WRITER,
    [KEEP]: KEEPER,
  };
}

const SOCKET = `[Unit]
Description=Footprint: socket for the access log

[Socket]
# systemd holds it open, so HAProxy never waits for a reader: a line that finds no room is dropped, and counted by it. What
# waits here is bounded by net.unix.max_dgram_qlen.
ListenDatagram=${ACCESS_LOG_SOCKET}
SocketUser=${HAPROXY.user}
SocketMode=0600

[Install]
WantedBy=sockets.target
`;

const SERVICE = `[Unit]
Description=Footprint: write the access log
# Stopped after it.
Before=${HAPROXY.unit}.service
StartLimitIntervalSec=0

[Service]
# Files, because a journal that takes thousands of lines a second costs more than the proxy.
ExecStart=${TAKE_ACCESS_LOG} ${WRITE}
StandardInput=socket
StandardOutput=journal
Restart=always
RestartSec=1s
# It takes what waits, and what it has taken is written to its end.
KillMode=process
User=${HAPROXY.user}
Group=${HAPROXY.group}
UMask=0027
LogsDirectory=haproxy
LogsDirectoryMode=0750
CapabilityBoundingSet=
PrivateNetwork=yes
${CONFINED}
`;

/** Milliseconds from the first line until all that wait are taken. At 100,000 lines a second half of LINES_WAITING. */
const GATHER_MS = 20;

const TAKER = `#!/usr/bin/perl
# Gives the lines of the access log, which are datagrams at standard input, to a program: many at once, because to wake
# a reader for each of thousands a second takes more of the processors than the lines.
use strict;
use warnings;
use Socket qw(MSG_DONTWAIT);

my $stopping = 0;
$SIG{TERM} = sub { $stopping = 1 };
open(my $program, "|-", @ARGV) or die "$ARGV[0]: $!";

sub hand_over {
    my ($lines, $line) = ("");
    $lines .= $line while length $lines < 1_000_000 and defined recv(STDIN, $line, 65_536, MSG_DONTWAIT);
    while (length $lines) {
        # A signal may interrupt it. That of a closed pipe is ignored, as systemd has it for all services.
        my $taken = syswrite($program, $lines) // ($!{EINTR} ? 0 : die "$ARGV[0]: $!\\n");
        substr($lines, 0, $taken, "");
    }
}

until ($stopping) {
    vec(my $waiting = "", fileno(STDIN), 1) = 1;
    next if select($waiting, undef, undef, 1) < 1;
    select(undef, undef, undef, ${String(GATHER_MS / 1000)});
    hand_over();
}
hand_over();
close($program) or die "$ARGV[0] has failed";
`;

const WRITER = `#!/bin/sh
# Takes the access log from standard input, in files of whole lines. What clients can fill is bounded here: no look at a
# clock, no copy.
set -eu
cd ${ACCESS_LOG_FOLDER}
# systemd names the user's shell, and it has none.
export SHELL=/bin/sh
exec split --line-bytes=${String(ACCESS_LOG_FILES.megabytes)}MB --numeric-suffixes --suffix-length=9 --filter=${KEEP} -
`;

const KEEPER = `#!/bin/sh
# One file of the access log, from standard input, named by when it began, since the agent goes by names when it ships
# them; ${ACCESS_LOG} leads to it. The one before it is compressed, and of all the oldest go.
set -eu
now="access-$(date -u +%Y%m%dT%H%M%S.%N).json"
if [ -L ${ACCESS_LOG} ]; then
    # In vain when it is one of those that go.
    nice gzip -1 "${ACCESS_LOG_FOLDER}/$(readlink ${ACCESS_LOG})" 2> /dev/null &
elif [ -e ${ACCESS_LOG} ]; then
    # Of a node that was made before files kept their names.
    mv ${ACCESS_LOG} "${ACCESS_LOG_FOLDER}/$now"
    now="\${now%.json}1.json"
fi
# One that is being compressed has two names, and is one.
find ${ACCESS_LOG_FOLDER} -name 'access-*' | sed 's/[.]gz$//' | sort -ru | tail -n +${String(ACCESS_LOG_FILES.kept)} |
    sed 'p; s/$/.gz/' | xargs -r rm -f
# A folder that takes no more may take no link either.
ln -sf "$now" ${ACCESS_LOG} || true
cat > "${ACCESS_LOG_FOLDER}/$now" || echo "access log: $(wc -c) bytes dropped, because ${ACCESS_LOG_FOLDER} takes no more" >&2
`;
