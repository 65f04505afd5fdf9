"""What the benchmarks share: CPU time as the scheduler counted it, cores, calls that are held, and how a result is said."""
import argparse
import contextlib
import json
import os
import platform
import statistics
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(HERE)
sys.path.insert(0, os.path.join(TOP, "tests", "lab"))
sys.dont_write_bytecode = True

import ladder
from lab import GATE_OUT, INSIDE, OUTSIDE, LabError, wait_until
from peers import Sipp


def built(name):
    """The path of a program of the benchmarks: from $SALLYPORT_BUILD, or from build/ in the source tree."""
    build = os.environ.get("SALLYPORT_BUILD", os.path.join(TOP, "build"))
    path = os.path.join(build, name)
    if not os.access(path, os.X_OK):
        raise LabError(f"{path} is not built: run ./configure and make {name} in {build}")
    return path


def cpu_ns(pid):
    """Of all threads of the process."""
    total = 0
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as stat:
                total += int(stat.read().split()[0])
    return total


def pin(pid, core):
    """The process has this core, and precedence there over the machine's other work: a busy neighbour would make its
    sockets overflow, and its wake-ups look cheap."""
    for task in map(int, os.listdir(f"/proc/{pid}/task")):
        os.sched_setaffinity(task, {core})
        os.sched_setscheduler(task, os.SCHED_RR, os.sched_param(1))


def memory_bytes(pid):
    """What the process alone adds to the machine's use: its proportional share of all that it maps."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as rollup:
        return next(int(line.split()[1]) * 1024 for line in rollup if line.startswith("Pss:"))


def anonymous_bytes(pid):
    """The part of it that is no file: what goes to the disk only by swapping."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as rollup:
        return next(int(line.split()[1]) * 1024 for line in rollup if line.startswith("Pss_Anon:"))


def machine():
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as info:
        model = next((line.split(":")[1].strip() for line in info if line.startswith("model name")), platform.machine())
    return f"{os.cpu_count()} cores, {model}, Linux {platform.release()}"


class HeldCalls:
    """Calls that SIPp sets up through what stands in the gate, and holds until it is stopped: `most` at once. Who answers
    them answers others too, where `answers` is more than that."""

    def __init__(self, lab, most, rate, media_port=10000, media=True, answers=None):
        self.lab, self.rate, self.calls, self.calling = lab, rate, 0, []
        with open(os.path.join(HERE, "held.ladder"), encoding="utf-8") as drawn:
            path = lab.write("held.ladder", drawn.read() if media else drawn.read().replace(" sdp", ""))
        _, a, b = ladder.compile_both(path, None)
        self.scenario = lab.write("held-a.xml", a)
        self.options = {"limit": most, "timeout": 3600, "recv_timeout": 3600000, "media_port": media_port,
                        "more": ["-buff_size", "4194304"]}
        self.answering = Sipp(lab.inside, lab.write("held-b.xml", b), INSIDE, port=5060, calls=answers or most, **self.options)

    def add(self, calls):
        """So many more; each addition calls from ports of its own."""
        place = 10 * len(self.calling)
        options = dict(self.options, media_port=self.options["media_port"] + place)
        self.calling.append(Sipp(self.lab.outside, self.scenario, OUTSIDE, GATE_OUT, port=5060 + place, calls=calls,
                                 rate=self.rate, **options))
        self.calls += calls

    def pids(self):
        return [sipp.process.pid for sipp in (self.answering, *self.calling)]

    def check(self):
        for sipp in (self.answering, *self.calling):
            if not sipp.process.running():
                raise LabError(f"SIPp ended: {sipp.report()}")

    def await_established(self, gate):
        def established():
            self.check()
            return gate.ask("status")["calls_answered"] >= self.calls
        wait_until(established, f"{self.calls} calls are established", 30 + self.calls / self.rate, 0.3)


def arguments(description, **more):
    """The command line; `more`: name of an option to (default, what it is)."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one object, for programs")
    parser.add_argument("--runs", type=int, default=5, help="ours and the baseline by turns, so many times")
    for name, (default, text) in more.items():
        parser.add_argument(f"--{name}", type=type(default), default=default, help=text)
    return parser.parse_args()


def repeat(given, one_run):
    """The results of all runs, each shown as it comes."""
    runs = []
    for number in range(given.runs):
        runs.append(one_run(given))
        print(f"run {number + 1}: {runs[-1]}", file=sys.stderr, flush=True)
    return runs


def median(runs, *keys):
    """Of a figure that stands under these keys in each run; nothing where a run has none."""
    values = [value for value in (figure(run, keys) for run in runs) if value is not None]
    return round(statistics.median(values), 3) if values else None


def spread(runs, *keys):
    values = [value for value in (figure(run, keys) for run in runs) if value is not None]
    return [min(values), max(values)] if values else None


def figure(run, keys):
    for key in keys:
        run = run[key]
    return run


def say(given, result, sentence):
    """`result` already has bench, unit, ours, baseline and runs."""
    ours, baseline = result["ours"], result["baseline"]["value"]
    result["ratio"] = round(ours / baseline, 3) if ours is not None and baseline else None
    result["machine"] = machine()
    print(json.dumps(result, ensure_ascii=False) if given.json else sentence)


def main(run):
    try:
        sys.exit(run())
    except LabError as e:
        sys.exit(f"{sys.argv[0]}: {e}")
