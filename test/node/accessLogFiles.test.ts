import { basename } from "node:path";
import { accessLogFiles, TAKE_ACCESS_LOG } from "../../components/node/accessLog";
import { modeOf } from "../../components/node/modes";
import { ACCESS_LOG } from "../../components/node/processes";
import { debianRootFolder } from "../../infra/edge/debianRoot";
import { PrivateRoot } from "../../infra/edge/privateRoot";
import { describeWith } from "../support/requirements";
import { DEBIAN } from "./debianRoot";
import { until } from "./origin/until";

const FOLDER = "/var/log/haproxy";
const MB = 1024 * 1024;
/** As rendered, and in the tests' copy: what is kept is smaller. */
const [SIZE, SMALL] = ["--line-bytes=64MB", "--line-bytes=1MB"];
const [KEPT, FEW] = ["tail -n +24", "tail -n +3"];

/** A line for each number. */
const line = (n: number): string => `{"n":${String(n)},"path":"${"x".repeat(80)}"}`;

describeWith([DEBIAN], "the writer of the access log", () => {
  let root: PrivateRoot;

  afterEach(async () => {
    await root.stop();
  });

  /** Has it write so many lines to a disk of a size, beside files that are there. */
  const write = async (lines: number, disk: number, there: readonly string[] = []) => {
    root = await PrivateRoot.start(debianRootFolder(), { [FOLDER]: disk });
    for (const [file, text] of Object.entries(accessLogFiles())) {
      root.write(file, text.replace(SIZE, SMALL).replace(KEPT, FEW), modeOf(file));
    }
    for (const file of there) {
      root.write(`${FOLDER}/${file}`, "{}\n", 0o640);
    }
    const made = `awk 'BEGIN { for (n = 1; n <= ${String(lines)}; n++) print "{\\"n\\":" n ",\\"path\\":\\"${"x".repeat(80)}\\"}" }'`;
    return root.exec("sh", "-c", `${made} | /usr/local/lib/footprint/write-access-log`);
  };

  test("keeps as many files as it may, the newest, and no line in parts", async () => {
    const lines = 60_000;
    const { status, stderr } = await write(lines, 20 * MB);
    await until("the end of compression", () => root.processes().every(({ name }) => name !== "gzip"));
    const { stdout: names } = await root.exec("sh", "-c", `ls ${FOLDER}`);
    const { stdout: newest } = await root.exec("tail", "-n", "1", ACCESS_LOG);
    const { stdout: text } = await root.exec("sh", "-c", `for f in ${FOLDER}/access-*; do zcat -f "$f"; done`);

    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    // Those, and the link to the newest.
    const [link, ...files] = names.trim().split("\n").sort().reverse();
    expect([link, files.length]).toEqual([basename(ACCESS_LOG), 3]);
    expect(newest).toBe(`${line(lines)}\n`);
    const kept = text.trimEnd().split("\n");
    expect(kept.length).toBeGreaterThan(20_000);
    expect(kept.length).toBeLessThan(lines);
    expect(kept).toEqual(Array.from({ length: kept.length }, (_, i) => line(lines - kept.length + i + 1)));
  });

  test("takes a file that is being compressed for one, and what goes goes under both names", async () => {
    const [old, older, oldest] = ["access-20260102T000000.2", "access-20260102T000000.1", "access-20260101T000000.1"];
    const there = [old, older, oldest].flatMap((name) => [`${name}.json`, `${name}.json.gz`]);

    await write(1, 20 * MB, there);

    const { stdout } = await root.exec("sh", "-c", `ls ${FOLDER} | grep 20260`);
    expect(stdout.trim().split("\n").sort()).toEqual([...there.slice(0, 4)].sort());
  });

  test("drops what the disk does not take, says how much, and goes on", async () => {
    // Less than one file, so that no compression is fast enough to make room.
    const { status, stderr } = await write(60_000, 0.5 * MB);

    expect(status).toBe(0);
    expect(stderr).toMatch(/^access log: \d{6,} bytes dropped, because \/var\/log\/haproxy takes no more$/m);
  });
});

/** Lines that come when the first has been seen, and with them the word to end; what was taken goes to standard output. */
const LINES_AND_END = `
  pipe(my $from, my $to) or die;
  socketpair(my $ours, my $its, AF_UNIX, SOCK_DGRAM, 0) or die;
  my $taker = fork;
  if ($taker == 0) {
    open(STDIN, "<&", $its) and open(STDOUT, ">&", $to) or die;
    exec @ARGV;
  }
  close($to);
  send($ours, "first\n", 0);
  print scalar <$from>;
  send($ours, "$_\n", 0) for 1 .. 8;
  kill(TERM => $taker);
  print <$from>;
  waitpid($taker, 0);
  print "ended with $?\n";
`;

/** A program that takes nothing, with signals as systemd leaves them to services (systemd.exec(5), IgnoreSIGPIPE). */
const NOBODY_READS = `
  $SIG{PIPE} = "IGNORE";
  socketpair(my $ours, my $its, AF_UNIX, SOCK_DGRAM, 0) or die;
  my $taker = fork;
  if ($taker == 0) {
    open(STDIN, "<&", $its) or die;
    exec "sh", "-c", 'ulimit -t 5; exec "$@"', "sh", @ARGV;
  }
  for (1 .. 600) {
    send($ours, "line\n", MSG_DONTWAIT);
    last if waitpid($taker, WNOHANG) == $taker;
    select(undef, undef, undef, 0.1);
  }
  print $? & 127, "\n";
`;

describeWith([DEBIAN], "who takes the access log", () => {
  test("ends when what it gives it to has ended, so that systemd starts both again", async () => {
    const root = await PrivateRoot.start(debianRootFolder());
    root.write(TAKE_ACCESS_LOG, accessLogFiles()[TAKE_ACCESS_LOG] ?? "", modeOf(TAKE_ACCESS_LOG));
    const run = await root.exec("perl", "-MSocket", "-MPOSIX=WNOHANG", "-e", NOBODY_READS, TAKE_ACCESS_LOG, "true");
    await root.stop();

    // By itself, and by no signal.
    expect(run).toEqual({
      status: 0,
      stderr: "true: Broken pipe\n",
      stdout: "0\n",
    });
  });

  test("takes what waits when it is told to end", async () => {
    const root = await PrivateRoot.start(debianRootFolder());
    root.write(TAKE_ACCESS_LOG, accessLogFiles()[TAKE_ACCESS_LOG] ?? "", modeOf(TAKE_ACCESS_LOG));
    const run = await root.exec("perl", "-MSocket", "-e", LINES_AND_END, TAKE_ACCESS_LOG, "cat");
    await root.stop();

    expect(run).toEqual({ status: 0, stderr: "", stdout: "first\n1\n2\n3\n4\n5\n6\n7\n8\nended with 0\n" });
  });
});
