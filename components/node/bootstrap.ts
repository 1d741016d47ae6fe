/**
 * What a new node does after its user data: install HAProxy and Varnish, take up the configuration bundle, report for
 * service.
 *
 * It runs in the interpreter of the user data and uses its `IDENTITY`, `metadata`, `store` and `aws_request`. It is the
 * same text for every PoP. Changing a byte of it replaces the nodes, a few at a time; configuration belongs into the
 * bundle, which running nodes adopt.
 */
export const BOOTSTRAP = `# Footprint bootstrap: install, configure, report for service.
import os, pathlib, subprocess, time


def run(*command):
    subprocess.run(command, check=True, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})


def mirrors_by_https():
    """A node may go out on 443 only; Debian's mirrors speak HTTPS too."""
    for source in pathlib.Path("/etc/apt").rglob("*"):
        if source.suffix in (".list", ".sources"):
            source.write_text(source.read_text().replace("http://", "https://"))


def adopt(bundle):
    for path, text in bundle["files"].items():
        target = pathlib.Path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        target.chmod(0o755 if path.startswith("/usr/local/lib/footprint/") else 0o644)


def verified_bundle():
    pointer = json.loads(store(IDENTITY["pointer"]))
    content = store(pointer["bundle"]["key"])
    if hashlib.sha256(content).hexdigest() != pointer["bundle"]["sha256"]:
        raise SystemExit("the bundle is not the one that the pointer names")
    return json.loads(content)


def report_for_service():
    region, instance = IDENTITY["region"], metadata("instance-id")
    group = metadata("tags/instance/aws:autoscaling:groupName")
    aws_request("autoscaling", f"autoscaling.{region}.amazonaws.com", "/", query={
        "Action": "CompleteLifecycleAction", "Version": "2011-01-01", "AutoScalingGroupName": group,
        "LifecycleHookName": "launching", "LifecycleActionResult": "CONTINUE", "InstanceId": instance})


def healthy(port, path):
    try:
        http("GET", f"http://127.0.0.1:{port}{path}", timeout=2)
        return True
    except OSError:
        return False


pathlib.Path("/etc/footprint").mkdir(exist_ok=True)
pathlib.Path("/etc/footprint/identity.json").write_text(json.dumps(IDENTITY, indent=2) + "\\n")
mirrors_by_https()
run("apt-get", "-qq", "update")
run("apt-get", "-qq", "install", "--yes", "--no-install-recommends",
    "haproxy", "varnish", "varnish-modules", "logrotate", "socat")
bundle = verified_bundle()
adopt(bundle)
for check in bundle["checks"]:
    run(*check)
run("sysctl", "--quiet", "--system")
run("systemctl", "daemon-reload")
for unit in bundle["units"]:
    run("systemctl", "enable", unit)
    run("systemctl", "restart", unit)
for _ in range(60):
    if healthy(bundle["health"]["port"], bundle["health"]["path"]):
        break
    time.sleep(1)
else:
    raise SystemExit("all units run, but HAProxy does not answer health")
report_for_service()
`;
