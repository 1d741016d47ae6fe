import { CONFINED } from "./confined";
import type { NodeFiles } from "./nodeFiles";
import { ACCESS_LOG, HAPROXY } from "./processes";

/** What HAProxy writes its access log to. */
export const ACCESS_LOG_PIPE = "/run/access-log";

const FOLDER = "/var/log/haproxy";

/** Renders what takes HAProxy's access log, and keeps it small. */
export function accessLogFiles(): NodeFiles {
  return {
    "/etc/systemd/system/access-log.socket": PIPE,
    "/etc/systemd/system/access-log.service": WRITER,
    "/etc/systemd/system/access-log-rotation.service": ROTATION,
    "/etc/systemd/system/access-log-rotation.timer": TIMER,
    "/etc/footprint/access-log.conf": RULES,
  };
}

const PIPE = `[Unit]
Description=Footprint: pipe for the access log

[Socket]
# systemd holds it open, so HAProxy never waits for a reader: a line that finds no room is dropped, and counted by it.
ListenFIFO=${ACCESS_LOG_PIPE}
SocketMode=0600
PipeSize=1M

[Install]
WantedBy=sockets.target
`;

const WRITER = `[Unit]
Description=Footprint: write the access log
# Stopped after it.
Before=${HAPROXY.unit}.service
StartLimitIntervalSec=0

[Service]
# A file, because a journal that takes thousands of lines a second costs more than the proxy. Not HAProxy's own standard
# output: it would not append to it but go on where it was, and leave a hole as large as what was rotated away.
ExecStart=/bin/sh -c "exec cat >> ${ACCESS_LOG}"
StandardInput=socket
StandardOutput=journal
Restart=always
RestartSec=1s
${confined()}`;

const ROTATION = `[Unit]
Description=Footprint: rotate the access log

[Service]
Type=oneshot
ExecStart=/usr/sbin/logrotate --state ${FOLDER}/rotation.state /etc/footprint/access-log.conf
${confined()}`;

const TIMER = `[Unit]
Description=Footprint: look at the size of the access log

[Timer]
# What it rotates it copies, so there must be room for it once more: 25,000 requests a second are 0.7 GB in a minute.
OnCalendar=*:0/1
AccuracySec=5s

[Install]
WantedBy=timers.target
`;

const RULES = `# A busy node must not fill its disk: by its load these are minutes or weeks, and 3 GB at the worst.
${ACCESS_LOG} {
    size 256M
    rotate 12
    compress
    missingok
    notifempty
    # Its writer keeps the file open, and appends.
    copytruncate
}
`;

function confined(): string {
  return `User=${HAPROXY.user}
Group=${HAPROXY.group}
UMask=0027
# Of both units: the writer starts with the first line, which may be long after the first look at the log's size.
LogsDirectory=haproxy
LogsDirectoryMode=0750
CapabilityBoundingSet=
PrivateNetwork=yes
${CONFINED}
`;
}
