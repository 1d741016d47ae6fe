#!/usr/bin/python3
"""Stands in for systemd where it cannot boot: runs the units as they are written, as far as this file knows their words.

Known: services (notify, exec, simple, oneshot) with their commands, user, groups, folders, environment, limits, output,
and restarts; mounts that a service requires. Timers and targets are only remembered. What confines a service beyond its
user is not done here. Calls are noted in /run/shim/calls, what services say in /run/shim/<unit>.log.
"""
import grp, json, os, pathlib, pwd, re, resource, shlex, shutil, signal, socket, subprocess, sys, time

SHIM = pathlib.Path("/run/shim")
FOLDERS = ("/etc/systemd/system", "/run/systemd/system", "/usr/lib/systemd/system")
KINDS = {"RuntimeDirectory": "/run", "StateDirectory": "/var/lib", "LogsDirectory": "/var/log", "CacheDirectory": "/var/cache"}


class Unit:
    def __init__(self, name):
        self.name = name if "." in name else name + ".service"
        file = next((p for p in (pathlib.Path(f, self.name) for f in FOLDERS) if p.exists()), None)
        if file is None:
            raise LookupError(f"Unit {self.name} not found.")
        self.file, self.values = file, {}
        for line in re.sub(r"\\\n", " ", file.read_text()).splitlines():
            key, sign, value = line.partition("=")
            if not sign or line.lstrip().startswith(("#", ";")):
                continue
            if value.strip() == "":
                self.values.pop(key.strip(), None)
            else:
                self.values.setdefault(key.strip(), []).append(value.strip())

    def all(self, key):
        return self.values.get(key, [])

    def one(self, key, default=""):
        return self.values.get(key, [default])[-1]

    def words(self, key):
        return [word for value in self.all(key) for word in shlex.split(value)]

    def path(self, suffix):
        return SHIM / (self.name + suffix)

    def state(self):
        try:
            return json.loads(self.path(".state").read_text())
        except (OSError, ValueError):
            return {"active": False, "main": None, "starts": 0}

    def set_state(self, **changes):
        new = self.path(".state.new")
        new.write_text(json.dumps({**self.state(), **changes}))
        new.replace(self.path(".state"))


def seconds(text):
    return sum(float(n) * {"ms": 0.001, "": 1, "s": 1, "min": 60, "h": 3600}[u]
               for n, u in re.findall(r"([\d.]+)\s*(ms|min|h|s|)", text))


def prepared(unit):
    """What a process of the unit starts with: environment, and a function that makes it one of the unit's user."""
    user = pwd.getpwnam(unit.one("User", "root"))
    group = grp.getgrnam(unit.one("Group")).gr_gid if unit.one("Group") else user.pw_gid
    groups = [group, *(grp.getgrnam(name).gr_gid for name in unit.words("SupplementaryGroups"))]
    environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin", "LANG": "C.UTF-8",
                   "HOME": user.pw_dir, "USER": user.pw_name}
    for kind, parent in KINDS.items():
        made = []
        for name in unit.words(kind):
            folder = pathlib.Path(parent, name)
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(int(unit.one(kind + "Mode", "0755"), 8))
            os.chown(folder, user.pw_uid, group)
            made.append(str(folder))
        if made:
            environment[re.sub("(?=D)", "_", kind).upper()] = ":".join(made)
    for word in unit.words("Environment"):
        environment.update([word.split("=", 1)])

    def become():
        for key, limit in (("LimitNOFILE", resource.RLIMIT_NOFILE), ("LimitMEMLOCK", resource.RLIMIT_MEMLOCK)):
            if unit.one(key):
                value = int(re.sub(r"\D", "", unit.one(key))) * (2 ** 20 if unit.one(key).endswith("M") else 1)
                # A test may have less than a node, and may not raise it.
                most = resource.getrlimit(limit)[1]
                value = value if most == resource.RLIM_INFINITY else min(value, most)
                resource.setrlimit(limit, (value, value))
        os.umask(int(unit.one("UMask", "0022"), 8))
        os.setgroups(groups)
        os.setgid(group)
        os.setuid(user.pw_uid)
        if unit.one("WorkingDirectory"):
            os.chdir(unit.one("WorkingDirectory").lstrip("-"))
    return environment, become


def output_of(unit):
    kind, _, path = unit.one("StandardOutput").partition(":")
    return open(path if kind in ("append", "file") else unit.path(".log"), "ab")


def run_all(unit, key, environment, become):
    """Runs commands one after the other; false when one that counts fails."""
    for line in unit.all(key):
        ignored, command = line.startswith("-"), shlex.split(line.lstrip("-+!@:"))
        command = [environment.get(word[1:], word) if word.startswith("$") else word for word in command]
        with open(unit.path(".log"), "ab") as log:
            status = subprocess.run(command, env=environment, preexec_fn=None if line.startswith("+") else become,
                                    stdin=subprocess.DEVNULL, stdout=log, stderr=log).returncode
        if status != 0 and not ignored:
            return False
    return True


def supervise(unit, ready):
    """Runs a service until it is stopped; says on `ready` how its first start went."""
    first = True

    def told(went_well):
        nonlocal first
        if first:
            first = False
            os.write(ready, b"1" if went_well else b"0")
            os.close(ready)

    while True:
        environment, become = prepared(unit)
        unit.set_state(active=False, main=None)
        went_well, kind = False, unit.one("Type", "simple")
        if run_all(unit, "ExecStartPre", environment, become):
            if kind == "oneshot":
                went_well = run_all(unit, "ExecStart", environment, become)
                unit.set_state(active=went_well and unit.one("RemainAfterExit") == "yes", starts=unit.state()["starts"] + 1)
            else:
                notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
                address = str(unit.path(".notify"))
                pathlib.Path(address).unlink(missing_ok=True)
                notify.bind(address)
                os.chmod(address, 0o777)
                if kind.startswith("notify"):
                    environment["NOTIFY_SOCKET"] = address
                [command] = unit.all("ExecStart")
                with output_of(unit) as out, open(unit.path(".log"), "ab") as log:
                    main = subprocess.Popen(shlex.split(command.lstrip("-+!@:")), env=environment, preexec_fn=become,
                                            stdin=subprocess.DEVNULL, stdout=out, stderr=log, start_new_session=True)
                unit.set_state(main=main.pid, starts=unit.state()["starts"] + 1)
                notify.settimeout(0.1)
                isReady = not kind.startswith("notify")
                while not isReady and main.poll() is None:
                    try:
                        isReady = b"READY=1" in notify.recv(4096)
                    except TimeoutError:
                        pass
                if isReady:
                    unit.set_state(active=True)
                    went_well = run_all(unit, "ExecStartPost", environment, become)
                    told(went_well)
                status = main.wait()
                went_well = status == 0
                unit.set_state(active=False, main=None, last=status)
                # What the main process leaves of its own goes with it.
                try:
                    os.killpg(main.pid, signal.SIGKILL)
                except OSError:
                    pass
        run_all(unit, "ExecStopPost", environment, become)
        stopped = unit.path(".stop").exists()
        restart = unit.one("Restart", "no")
        again = not stopped and kind != "oneshot" and (restart == "always" or restart == "on-failure" and not went_well)
        if unit.one("RuntimeDirectoryPreserve", "no") == "no" and kind != "oneshot":
            for name in unit.words("RuntimeDirectory"):
                shutil.rmtree(pathlib.Path("/run", name), ignore_errors=True)
        told(went_well)
        if not again:
            return
        time.sleep(seconds(unit.one("RestartSec", "100ms")))
        unit = Unit(unit.name)
        if unit.path(".stop").exists():
            return


def start(name):
    unit = Unit(name)
    if unit.name.endswith(".mount"):
        where = unit.one("Where")
        if not os.path.ismount(where):
            os.makedirs(where, exist_ok=True)
            subprocess.run(["mount", "-t", unit.one("Type"), "-o", unit.one("Options", "defaults"), unit.one("What"), where],
                           check=True)
    if not unit.name.endswith(".service"):
        unit.set_state(active=True)
        return 0
    if unit.state()["active"] or unit.state()["main"]:
        return 0
    for path in unit.words("RequiresMountsFor"):
        mount = path.strip("/").replace("-", "\\x2d").replace("/", "-") + ".mount"
        if any(pathlib.Path(folder, mount).exists() for folder in FOLDERS):
            start(mount)
    unit.path(".stop").unlink(missing_ok=True)
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.setsid()
        os.close(reader)
        if os.fork() == 0:
            null = os.open("/dev/null", os.O_RDWR)
            for descriptor in (0, 1):
                os.dup2(null, descriptor)
            os.dup2(os.open(unit.path(".log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND), 2)
            supervise(unit, writer)
        os._exit(0)
    os.close(writer)
    return 0 if os.read(reader, 1) == b"1" else 1


def stop(name):
    unit = Unit(name)
    if not unit.name.endswith(".service"):
        unit.set_state(active=False)
        return 0
    unit.path(".stop").touch()
    environment, become = prepared(unit)
    if unit.state()["active"]:
        run_all(unit, "ExecStop", {**environment, "MAINPID": str(unit.state()["main"])}, become)
    end = time.monotonic() + seconds(unit.one("TimeoutStopSec", "90s"))
    if unit.state()["main"]:
        os.kill(unit.state()["main"], signal.SIGTERM)
    while unit.state()["main"]:
        if time.monotonic() > end:
            os.kill(unit.state()["main"], signal.SIGKILL)
        time.sleep(0.02)
    unit.set_state(active=False)
    return 0


def reload(name):
    unit = Unit(name)
    if not unit.state()["active"]:
        return 1
    environment, become = prepared(unit)
    return 0 if run_all(unit, "ExecReload", {**environment, "MAINPID": str(unit.state()["main"])}, become) else 1


def links(unit):
    """What enabling makes, as Debian's maintainer scripts make it too."""
    return [pathlib.Path(FOLDERS[0], target + ".wants", unit.name) for target in unit.words("WantedBy")]


def enable(name):
    unit = Unit(name)
    for link in links(unit):
        link.parent.mkdir(exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(unit.file)
    return 0


def disable(name):
    for link in links(Unit(name)):
        link.unlink(missing_ok=True)
    return 0


def is_active(name):
    active = Unit(name).state()["active"]
    print("active" if active else "inactive")
    return 0 if active else 3


def is_enabled(name):
    enabled = any(link.is_symlink() for link in links(Unit(name)))
    print("enabled" if enabled else "disabled")
    return 0 if enabled else 1


def show(name):
    print(json.dumps(Unit(name).state()))
    return 0


VERBS = {"start": [start], "stop": [stop], "restart": [stop, start], "reload": [reload], "enable": [enable],
         "disable": [disable], "show": [show], "preset": [enable], "is-active": [is_active], "is-enabled": [is_enabled]}

SHIM.mkdir(exist_ok=True)
with open(SHIM / "calls", "a") as calls:
    calls.write(json.dumps(sys.argv[1:]) + "\n")
options = [word for word in sys.argv[1:] if word.startswith("-")]
verb, *names = [word for word in sys.argv[1:] if not word.startswith("-")] or ["list-units"]
if verb in ("daemon-reload", "daemon-reexec", "list-units", "is-system-running"):
    sys.exit(0)
if verb == "show" and "--value" in options:
    print()
    sys.exit(0)
if verb not in VERBS:
    sys.exit(f"systemctl {verb} is not known here")
steps = [*VERBS[verb], *([{"enable": start, "disable": stop}[verb]] if "--now" in options else [])]
status = 0
for name in names:
    try:
        for step in steps:
            status = step(name) or status
    except LookupError as error:
        print(error, file=sys.stderr)
        status = 5
sys.exit(status)
