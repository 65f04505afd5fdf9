"""The laboratory: an outside, a gate and an inside as network namespaces, and what runs in them.

    outside 203.0.113.0/24, 2001:db8:1::/64  --  gate  --  inside 198.51.100.0/24, 2001:db8:2::/64

Everything is named after the process id of the run and goes away with it: at the end, on an exception, on SIGTERM,
and what a killed run left behind goes at the next start. Only processes that were started here are ended, by id.
"""
import atexit
import contextlib
import ctypes
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PREFIX = "splab"
CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL("libc.so.6", use_errno=True)

OUTSIDE, INSIDE = "203.0.113.10", "198.51.100.10"
OUTSIDE6, INSIDE6 = "2001:db8:1::10", "2001:db8:2::10"
GATE_OUT, GATE_IN = "203.0.113.1", "198.51.100.1"
GATE_OUT6, GATE_IN6 = "2001:db8:1::1", "2001:db8:2::1"


class LabError(Exception):
    """The laboratory itself failed: no privilege, a program that does not start, an answer that does not come."""


def command(*argv, check=True, says=""):
    """What a program answers to these words on its standard input."""
    done = subprocess.run(argv, input=says, capture_output=True, text=True)
    if check and done.returncode != 0:
        raise LabError(f"{' '.join(argv)}: {done.stderr.strip() or done.stdout.strip()}")
    return done


def wait_until(condition, what, seconds=10.0, step=0.02):
    """The first true value of condition(); LabError after so many seconds."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise LabError(f"{what}: not within {seconds:g} s")
        time.sleep(step)


def die_with_parent():
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


class Process:
    """A program in a namespace, its output in a file."""

    def __init__(self, name, argv, log, env=None):
        self.name, self.log = name, log
        with open(log, "ab") as out:
            self.popen = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                                          preexec_fn=die_with_parent, process_group=0, cwd=os.path.dirname(log),
                                          env=dict(os.environ, TERM="xterm", LC_ALL="C", **(env or {})))

    @property
    def pid(self):
        return self.popen.pid

    def running(self):
        return self.popen.poll() is None

    def output(self):
        with open(self.log, encoding="utf-8", errors="replace") as text:
            return text.read()

    def wait(self, seconds):
        try:
            return self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            raise LabError(f"{self.name} did not end within {seconds:g} s: {self.output()[-600:]}") from None

    def stop(self, how=signal.SIGTERM, seconds=5.0):
        if self.running():
            self.popen.send_signal(how)
            try:
                self.popen.wait(seconds)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait()
        return self.popen.returncode


class Host:
    """One namespace."""

    def __init__(self, lab, role):
        self.lab, self.role, self.name = lab, role, f"{PREFIX}{os.getpid()}-{role}"
        command("ip", "netns", "add", self.name)
        self.ip("link", "set", "lo", "up")

    def inside(self, argv):
        """The command as one in this namespace. `ip netns exec` would mount /sys anew, and in a chroot it cannot."""
        return ["nsenter", f"--net=/run/netns/{self.name}", *argv]

    def ip(self, *words):
        self.run("ip", *words)

    def address(self, *addresses, dev):
        for a in addresses:
            self.ip("address", "add", a, "dev", dev, *(["nodad"] if ":" in a else []))

    def sysctl(self, key, value):
        self.run("sh", "-c", f"echo {value} > /proc/sys/{key.replace('.', '/')}")

    def run(self, *argv, check=True, says=""):
        return command(*self.inside(argv), check=check, says=says)

    def start(self, name, *argv, env=None):
        process = Process(name, self.inside(argv), self.lab.file(f"{name}.log"), env)
        self.lab.processes.append(process)
        return process

    @contextlib.contextmanager
    def entered(self):
        """Sockets made inside this block by this thread belong to the namespace, and stay there."""
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        there = os.open(f"/run/netns/{self.name}", os.O_RDONLY)
        try:
            if LIBC.setns(there, CLONE_NEWNET) != 0:
                raise LabError(f"setns {self.name}: {os.strerror(ctypes.get_errno())}")
            yield
        finally:
            LIBC.setns(home, CLONE_NEWNET)
            os.close(there)
            os.close(home)

    def udp(self, address, port=0):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with self.entered():
            s = socket.socket(family, socket.SOCK_DGRAM)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        s.bind((address, port))
        return s

    def pids(self):
        return [int(p) for p in command("ip", "netns", "pids", self.name, check=False).stdout.split()]

    def kill_all(self):
        for pid in self.pids():
            if pid != os.getpid():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


class Lab:
    """The three hosts, their links, a directory for files. Use as a context."""

    def __init__(self):
        if os.geteuid() != 0:
            raise LabError("the laboratory needs root: it makes network namespaces")
        remove_leftovers()
        self.keep_files = bool(os.environ.get("LAB_KEEP"))
        self.processes, self.hosts = [], []
        self.directory = tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-")
        os.chmod(self.directory, 0o755)
        self.count = 0
        atexit.register(self.close)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        try:
            self.build()
        except BaseException:
            self.close()
            raise

    def build(self):
        for role in ("outside", "gate", "inside"):
            host = Host(self, role)
            setattr(self, role, host)
            self.hosts.append(host)
        self.link(self.outside, "out")
        self.link(self.inside, "in")
        self.gate.sysctl("net.ipv4.ip_local_reserved_ports", "20000-39999")
        self.gate.address("203.0.113.1/24", "2001:db8:1::1/64", dev="out")
        self.gate.address("198.51.100.1/24", "2001:db8:2::1/64", dev="in")
        self.outside.address("2001:db8:1::10/64", "2001:db8:1::66/64", *(f"203.0.113.{n}/24" for n in (10, 11, 12, 66)), dev="eth0")
        self.inside.address("2001:db8:2::10/64", "2001:db8:2::66/64", *(f"198.51.100.{n}/24" for n in (10, 11, 12, 66)), dev="eth0")

    def link(self, host, device):
        self.gate.ip("link", "add", device, "type", "veth", "peer", "name", "eth0", "netns", host.name)
        self.gate.ip("link", "set", device, "up")
        host.ip("link", "set", "eth0", "up")

    def file(self, name):
        """A fresh path in the run's directory."""
        self.count += 1
        return os.path.join(self.directory, f"{self.count:03}-{name}")

    def write(self, name, text):
        path = self.file(name)
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        return path

    def close(self):
        atexit.unregister(self.close)
        for process in reversed(self.processes):
            process.stop(seconds=3)
        for host in self.hosts:
            host.kill_all()
            command("ip", "netns", "del", host.name, check=False)
        self.processes, self.hosts = [], []
        if self.keep_files:
            print(f"kept: {self.directory}", flush=True)
        else:
            shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def remove_leftovers():
    """Namespaces and directories of runs whose process is gone."""
    for line in command("ip", "netns", "list", check=False).stdout.splitlines():
        name = line.split()[0]
        pid = name.removeprefix(PREFIX).partition("-")[0]
        if name.startswith(PREFIX) and pid.isdigit() and not os.path.exists(f"/proc/{pid}"):
            for left in command("ip", "netns", "pids", name, check=False).stdout.split():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(left), signal.SIGKILL)
            command("ip", "netns", "del", name, check=False)
    for name in os.listdir(tempfile.gettempdir()):
        pid = name.removeprefix(PREFIX).partition("-")[0]
        if name.startswith(PREFIX) and pid.isdigit() and not os.path.exists(f"/proc/{pid}"):
            shutil.rmtree(os.path.join(tempfile.gettempdir(), name), ignore_errors=True)


def program(name):
    """The path of a program of ours: from $SALLYPORT_BUILD, or from build/ in the source tree."""
    build = os.environ.get("SALLYPORT_BUILD", os.path.join(TOP, "build"))
    for folder in ("daemon", "cli", "."):
        path = os.path.join(build, folder, name)
        if os.access(path, os.X_OK) and os.path.isfile(path):
            return path
    raise LabError(f"{name} is not built in {build}: run ./check, or set SALLYPORT_BUILD")


def rows(answer):
    """The list in a command's answer, which may stand alone or under the command's name."""
    if isinstance(answer, list):
        return answer
    return next((v for v in answer.values() if isinstance(v, list)), [])


class Gate:
    """sallyportd in the gate, with a policy made of tests/lab/policy.toml and the changes a test asks for."""

    def __init__(self, lab, policy=None, wait=True, **values):
        self.lab = lab
        self.socket = os.path.join(lab.directory, "control.sock")
        self.state = lab.file("state")     # calls of another gate are not taken back
        os.makedirs(self.state, exist_ok=True)
        self.policy = lab.write("policy.toml", policy or self.policy_text(**values))
        self.start(wait)

    def policy_text(self, **values):
        with open(os.path.join(TOP, "tests", "lab", "policy.toml"), encoding="utf-8") as text:
            policy = text.read()
        for key, value in dict(STATE=self.state, CONTROL=self.socket, **values).items():
            policy = policy.replace(f"@{key.upper()}@", str(value))
        for line, default in (("@WORKERS@", "2"), ("@RATE@", "20000/s burst 20000"), ("@INSIDE_PORT@", "5060"),
                              ("@OUTSIDE_PORT@", "5060"), ("@TRANSPORT@", "udp"), ("@ENFORCE@", "enforce"),
                              ("@INSIDE@", INSIDE), ("@OUTSIDE@", OUTSIDE), ("@MORE@", ""), ("@OUTSIDE_DOORS@", ""), ("@OUTSIDE_KEYS@", "")):
            policy = policy.replace(line, default)
        return policy

    def start(self, wait=True):
        self.process = self.lab.gate.start("sallyportd", program("sallyportd"), "-c", self.policy, "--foreground")
        if wait:
            wait_until(lambda: self.answers() or not self.process.running(), "sallyportd starts")
            if not self.process.running():
                raise LabError(f"sallyportd ended at once: {self.process.output()[-2000:]}")

    def answers(self):
        return os.path.exists(self.socket) and self.command("status", "--json", check=False).returncode == 0

    def command(self, *words, check=True):
        return command(program("sallyport"), *words, "--socket", self.socket, check=check)

    def ask(self, *words):
        """What `sallyport WORDS --json` answers."""
        text = self.command(*words, "--json").stdout
        try:
            return json.loads(text)
        except ValueError:
            raise LabError(f"sallyport {' '.join(words)} --json is no JSON: {text[:200]}") from None

    def calls(self):
        return rows(self.ask("calls"))

    def pinholes(self):
        return rows(self.ask("pinholes"))

    def streams(self):
        return rows(self.ask("streams"))

    def records(self):
        """Every call record."""
        with open(os.path.join(self.state, "records", "calls.jsonl"), encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]

    def nft(self, *words, check=True):
        return self.lab.gate.run("nft", *words, check=check)

    def table(self):
        return self.nft("list", "table", "inet", "sallyport").stdout

    def elements(self):
        """Number of pinholes in the kernel: elements of the sets for them, not of those that limit or ban sources."""
        sets = re.findall(r"(?ms)^\tset (\w+) \{(.*?)^\t\}", self.table())
        return sum(body.count(" expires ") for name, body in sets if re.match("exact|address|zone", name))

    def pids(self):
        """Of warden and engine: whatever of ours runs in the gate."""
        ours = os.path.realpath(program("sallyportd"))
        found = []
        for pid in self.lab.gate.pids():
            with contextlib.suppress(OSError):
                if os.path.realpath(f"/proc/{pid}/exe") == ours:
                    found.append(pid)
        return found

    def descriptors(self):
        return sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in self.pids())

    def cpu_seconds(self):
        return sum(process_seconds(pid) for pid in self.pids())

    def settle(self, seconds=10, ended=False):
        """Waits until no call and no pinhole is left. With `ended` a call may still be terminating: where an INVITE
        forked, another fork may answer for 64*T1 (RFC 3261, 13.2.2.4)."""
        def left():
            return [(c["id"], c["state"]) for c in self.calls() if not (ended and c["state"] == "terminating")]
        try:
            wait_until(lambda: not left() and not self.pinholes() and self.elements() == 0, "", seconds, 0.2)
        except LabError:
            raise LabError(f"{seconds} s after the end there are left: calls {left()}, {len(self.pinholes())} pinholes, "
                           f"{self.elements()} elements") from None

    def kill(self):
        for pid in self.pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.popen.wait()

    def stop(self):
        return self.process.stop(seconds=15)


def process_seconds(pid):
    """User and system time of all threads of a process."""
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
