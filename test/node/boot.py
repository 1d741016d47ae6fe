"""Runs a node's user data with everything outside of it stood in for: reads the scenario as JSON from stdin, writes
what happened as JSON to stdout.

Scenario: userData (cloud-config), answers (by URL, one after the other; null is a connection that is closed, the last
one is given again and again), now (seconds since 1970).
"""
import datetime, io, json, re, sys, textwrap, time, urllib.error, urllib.request

scenario = json.load(sys.stdin)
happened = {"requests": [], "pauses": [], "end": None}


def urlopen(request, timeout):
    happened["requests"].append({"method": request.get_method(), "url": request.full_url,
                                 "headers": {k.lower(): v for k, v in request.header_items()}, "timeout": timeout})
    answers = scenario["answers"].get(request.full_url, [])
    body = answers.pop(0) if len(answers) > 1 else answers[0] if answers else None
    if body is None:
        raise urllib.error.URLError("not in the scenario")
    return io.BytesIO(body.encode())


class FixedClock(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(scenario["now"], tz)


clock = 0.0


def sleep(seconds):
    global clock
    clock += seconds
    happened["pauses"].append(seconds)


urllib.request.urlopen, datetime.datetime, time.sleep, time.monotonic = urlopen, FixedClock, sleep, lambda: clock
script = textwrap.dedent(re.search(r"    content: \|\n(.*?)^runcmd:", scenario["userData"], re.S | re.M).group(1))
said, sys.stdout = sys.stdout, io.StringIO()
try:
    exec(compile(script, "boot", "exec"), {"__name__": "__main__"})
except (SystemExit, OSError) as error:
    happened["end"] = str(error)
happened["said"], sys.stdout = sys.stdout.getvalue(), said
json.dump(happened, sys.stdout)
