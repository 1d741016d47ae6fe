import { AGENT_FILES } from "./agentFiles";
import type { PackageLock } from "./packageLock";
import { HAPROXY, VARNISH } from "./processes";
import { packagesKey } from "./protocol/storeKeys";
import { SOCKETS_GROUP } from "./sockets";

/** The unit of the agent; its file stands in the bundle. */
const AGENT_UNIT = "footprint-agent.service";

/**
 * What a new node does after its user data: install the locked packages, fetch the agent that the configuration names,
 * start it. The agent does the rest: it takes up the configuration and reports for service when the node serves.
 *
 * It runs in the interpreter of the user data and uses what that defines. It is the same text for every PoP, and can be
 * run again: what is there is left alone, so one script serves a plain Debian image and one that has the packages.
 * Changing a byte of it, or the lock, replaces the nodes, a few at a time; configuration belongs into the bundle, which
 * running nodes adopt.
 */
export function bootstrap({
  archive,
  packages,
  ssmAgent,
}: Pick<PackageLock, "archive" | "packages" | "ssmAgent">): string {
  const own = [...packages.filter(({ base }) => !base), ...(ssmAgent === null ? [] : [ssmAgent])];
  const versions = own
    .map(({ name, version }) => `    ${JSON.stringify(name)}: ${JSON.stringify(version)},\n`)
    .join("");
  return `# Footprint bootstrap: install the locked packages, start the agent.
import os, pathlib, shutil, subprocess, tarfile

ARCHIVE = ${JSON.stringify(packagesKey(archive.sha256))}
ARCHIVE_SHA256 = ${JSON.stringify(archive.sha256)}
AGENT, AGENT_UNIT = ${JSON.stringify(AGENT_FILES.program)}, ${JSON.stringify(AGENT_UNIT)}
# What the node must have, at these versions at least. The rest of the archive is what they depend on and any Debian
# has: that stays as the image has it, unless one of these needs another version.
PACKAGES = {
${versions}}
WORK = pathlib.Path("/var/lib/footprint/packages")
VERIFY = """
const { createPublicKey, verify } = require("node:crypto");
const { keys, text, signature } = JSON.parse(require("node:fs").readFileSync(0));
const isBy = (key) => verify(null, Buffer.from(text), createPublicKey({ key: Buffer.from(key, "base64"), format: "der", type: "spki" }),
                             Buffer.from(signature, "base64"));
process.exitCode = keys.some(isBy) ? 0 : 1;
"""


def run(*command):
    subprocess.run(command, check=True, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})


def write(path, content, mode=0o644):
    """In one step: whoever reads it finds the former content or this one."""
    target = pathlib.Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    new = target.with_name(target.name + ".new")
    new.write_bytes(content)
    new.chmod(mode)
    new.replace(target)


def missing():
    """What is not installed, or older than locked."""
    listed = subprocess.run(["dpkg-query", "--show", "--showformat", "\${Package}\\\\t\${db:Status-Status}\\\\t\${Version}\\\\n"],
                            check=True, capture_output=True, text=True).stdout
    entries = (line.split("\\t") for line in listed.splitlines())
    installed = {name: version for name, status, version in entries if status == "installed"}
    older = lambda name, version: installed.get(name) != version and (name not in installed or subprocess.run(
        ["dpkg", "--compare-versions", installed[name], "lt", version]).returncode == 0)
    return [f"{name}={version}" for name, version in PACKAGES.items() if older(name, version)]


def download():
    """To disk, and refused before it is looked into when it is not the archive of the lock."""
    digest = hashlib.sha256()
    with open_store(ARCHIVE) as answer, open(WORK / "archive.tar", "wb") as file:
        while chunk := answer.read(1 << 20):
            digest.update(chunk)
            file.write(chunk)
        if answer.length:
            raise OSError(f"{ARCHIVE} is cut off: {answer.length} bytes are missing")
    if digest.hexdigest() != ARCHIVE_SHA256:
        raise SystemExit(f"{ARCHIVE} has another SHA-256 than {ARCHIVE_SHA256}: it is not used")


def install(wanted):
    """By apt, from the archive alone. Nothing that it installs is started: the agent does that, configured."""
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    with part("packages fetched"):
        patiently(download)
    with part("packages installed"):
        with tarfile.open(WORK / "archive.tar", "r:") as archive:
            archive.extractall(WORK, filter="data")
        (WORK / "archive.tar").unlink()
        # Trusted, because it is verified: its hash stands in this script, whose own stands in the user data.
        (WORK / "sources.list").write_text(f"deb [trusted=yes] file:{WORK} ./\\n")
        # The lock wins over an image that is newer, but only where a locked package wants that very version.
        (WORK / "preferences").write_text("Package: *\\nPin: origin \\"\\"\\nPin-Priority: 1001\\n")
        (WORK / "state").mkdir()
        (WORK / "nothing").mkdir()
        options = [f"Dir::Etc::SourceList={WORK}/sources.list", f"Dir::Etc::SourceParts={WORK}/nothing", f"Dir::Etc::PreferencesParts={WORK}/nothing",
                   f"Dir::Etc::Preferences={WORK}/preferences", f"Dir::State::Lists={WORK}/state", "Dir::Cache::pkgcache=",
                   "Dir::Cache::srcpkgcache=", "APT::Sandbox::User=root", "APT::Install-Recommends=false",
                   "DPkg::Lock::Timeout=300", "Acquire::Languages=none",
                   # What is installed here is installed anew on another machine if this one fails meanwhile.
                   "DPkg::Options::=--force-unsafe-io", "DPkg::Options::=--force-confold"]
        apt = ["apt-get", "--quiet", *(word for option in options for word in ("--option", option))]
        policy = pathlib.Path("/usr/sbin/policy-rc.d")
        write(policy, b"#!/bin/sh\\nexit 101\\n", 0o755)
        try:
            run(*apt, "update")
            run(*apt, "install", "--yes", "--no-install-recommends", "--allow-downgrades", *wanted)
        finally:
            policy.unlink()
    shutil.rmtree(WORK)


def turn_off(*units):
    """What the image would start, unless the node has a unit of its own by that name."""
    for unit in units:
        if not pathlib.Path("/etc/systemd/system", unit).exists():
            # What systemd knows of units it reads once, when all have their places.
            subprocess.run(["systemctl", "disable", "--now", "--no-reload", unit], capture_output=True)


def signed_pointer():
    """The pointer, refused unless the program has signed it for this region. By Node.js: Python has no Ed25519."""
    stored = store(IDENTITY["pointer"])
    try:
        sealed = json.loads(stored)
        body, signature = str(sealed["body"]), str(sealed["signature"])
    except (ValueError, TypeError, KeyError):
        # That of a version which did not sign, or nothing of ours.
        body, signature = "", ""
    asked = {"keys": IDENTITY["configurationKeys"], "signature": signature,
             "text": f"pointer\\n{IDENTITY['region']}\\n{body}"}
    if subprocess.run(["/usr/bin/node", "--eval", VERIFY], input=json.dumps(asked), text=True).returncode != 0:
        raise SystemExit(f"{IDENTITY['pointer']} is not signed by this footprint's program for this region: it is not used")
    return json.loads(body)


def start_agent():
    with part("agent fetched"):
        pointer = signed_pointer()
        bundle = json.loads(store(pointer["bundle"]["key"], pointer["bundle"]["sha256"]))
        agent = store(bundle["agent"]["key"], bundle["agent"]["sha256"])
    # HAProxy and Varnish meet at sockets of this group; neither is in the other's.
    run("groupadd", "--system", "--force", ${JSON.stringify(SOCKETS_GROUP)})
    with part("agent started"):
        write("/etc/footprint/identity.json", (json.dumps(IDENTITY, indent=2) + "\\n").encode())
        write(AGENT, agent, 0o755)
        unit = "/etc/systemd/system/" + AGENT_UNIT
        write(unit, bundle["files"][unit].encode())
        run("systemctl", "daemon-reload")
        run("systemctl", "enable", "--now", "--no-reload", AGENT_UNIT)


# Debian's own updates would change what runs under the lock, and wait in vain for port 80.
turn_off("apt-daily.timer", "apt-daily-upgrade.timer")
wanted = missing()
say(packages=len(PACKAGES), missing=len(wanted))
if wanted:
    install(wanted)
# As Debian configures them they would run before the agent at each start of the machine, in the place of the node's own.
turn_off(${[HAPROXY, VARNISH].map(({ unit }) => JSON.stringify(`${unit}.service`)).join(", ")})
if "amazon-ssm-agent" in PACKAGES:
    run("systemctl", "enable", "--now", "amazon-ssm-agent.service")
start_agent()
`;
}
