"""Runs a node's user data with everything outside of it stood in for: reads the scenario as JSON from stdin, writes
what happened as JSON to stdout.

Scenario: userData, files (text by path), answers (body by URL), now (seconds since 1970), root (folder that stands for /).
"""
import datetime, io, json, pathlib, subprocess, sys, time, urllib.error, urllib.request

scenario = json.load(sys.stdin)
happened = {"requests": [], "commands": [], "end": None}


def urlopen(request, timeout):
    happened["requests"].append({"method": request.get_method(), "url": request.full_url,
                                 "headers": {k.lower(): v for k, v in request.header_items()}, "timeout": timeout})
    body = scenario["answers"].get(request.full_url)
    if body is None:
        raise urllib.error.HTTPError(request.full_url, 404, "not in the scenario", None, io.BytesIO())
    return io.BytesIO(body.encode())


class FixedClock(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(scenario["now"], tz)


def rooted(path):
    return Real(scenario["root"] + path)


def run(command, **settings):
    happened["commands"].append(list(command))


urllib.request.urlopen, datetime.datetime, subprocess.run, time.sleep = urlopen, FixedClock, run, lambda _: None
pathlib.Path, Real = rooted, pathlib.PosixPath
rooted("/etc").mkdir()
for path, text in scenario["files"].items():
    rooted(path).parent.mkdir(parents=True, exist_ok=True)
    rooted(path).write_text(text)
try:
    exec(compile(scenario["userData"], "user data", "exec"), {"__name__": "__main__"})
except (SystemExit, urllib.error.HTTPError) as error:
    happened["end"] = str(error)
files = [path for path in rooted("").rglob("*") if path.is_file()]
happened["files"] = {"/" + str(path.relative_to(scenario["root"])): path.read_text() for path in files}
json.dump(happened, sys.stdout)
