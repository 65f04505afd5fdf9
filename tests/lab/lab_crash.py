"""When it dies the wall stays shut; the next start reconciles; what it cannot do it says in one line."""
import contextlib
import os
import socket
import time

from agent import Agent, end, established
from lab import (GATE_IN, GATE_OUT, INSIDE, OUTSIDE, Gate, Lab, program, wait_until)
from peers import INSIDE_PORT
from rtp import RtpEnd
from runner import Suite, check, equal

FOREIGN = """table inet foreign {
	set guests {
		type ipv4_addr
		elements = { 192.0.2.1, 192.0.2.2 }
	}
	chain input {
		type filter hook input priority 10; policy accept;
		ip saddr @guests counter drop
	}
}
"""


@contextlib.contextmanager
def scene():
    with Lab() as lab:
        lab.gate.run("nft", "-f", lab.write("foreign.nft", FOREIGN))
        yield lab


suite = Suite(scene)


def short_policy(lab):
    """A gate whose pinholes outlive it for five seconds only."""
    return Gate(lab, inside_port=INSIDE_PORT, enforce='enforce"\npinhole_timeout = "5s')


@contextlib.contextmanager
def call(lab):
    caller = Agent(lab.outside, OUTSIDE, 5060, (GATE_OUT, 5060))
    callee = Agent(lab.inside, INSIDE, INSIDE_PORT, (GATE_IN, 5060))
    try:
        yield established(caller, callee)
    finally:
        caller.close()
        callee.close()


def foreign(lab):
    return lab.gate.run("nft", "list", "table", "inet", "foreign").stdout


@suite.test("after kill -9 of all its processes the table stays, is closed, and its elements time out")
def killed(lab):
    before = foreign(lab)
    gate = short_policy(lab)
    with call(lab) as (a, b):
        check(gate.elements() > 0, "no element is in the table during a call")
        gate.kill()
        equal(gate.pids(), [], "processes left")
        check("chain" in gate.table(), "the table went away with the processes")
        wait_until(lambda: gate.elements() == 0, "the elements time out", 12, 0.25)
        probe = RtpEnd(lab.outside, "203.0.113.66", 40000)
        with lab.gate.entered():
            victim = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        victim.bind((GATE_OUT, a.sends_to[1]))
        victim.settimeout(0.5)
        probe.send((GATE_OUT, a.sends_to[1]), 20)
        try:
            victim.recv(2048)
            check(False, "a packet to a media port passed the table of a dead daemon")
        except socket.timeout:
            pass
        victim.close()
    equal(foreign(lab), before, "the foreign table")
    lab.dead_table = gate.table()


@suite.test("the next start reconciles and leaves another's table alone")
def next_start(lab):
    before = foreign(lab)
    gate = short_policy(lab)
    with call(lab) as (a, b):
        gate.kill()
        left = gate.elements()
        check(left > 0, "the dead daemon left no element: this would prove nothing")
        gate.start()
        wait_until(lambda: gate.elements() == len(gate.pinholes()), "the table is what the daemon says", 5, 0.1)
    equal(foreign(lab), before, "the foreign table")
    equal(gate.stop(), 0, "exit status after SIGTERM")


@suite.test("calls work after a crash and a new start")
def works_again(lab):
    gate = short_policy(lab)
    with call(lab) as (a, b):
        end(a, b)
        gate.settle()
    gate.stop()


@suite.test("a table that somebody deleted is made again within a second, and reported")
def deleted(lab):
    gate = short_policy(lab)
    with call(lab) as (a, b):
        wanted = gate.elements()
        gate.nft("delete", "table", "inet", "sallyport")
        wait_until(lambda: gate.nft("list", "tables").stdout.count("sallyport") and gate.elements() == wanted,
                   "the table is repaired with its elements", 1.5, 0.05)
        check("table" in gate.process.output(), "the log does not say it")
        end(a, b)
        gate.settle()
    gate.stop()


def fails(lab, policy=None, before=(), words=(), text=None):
    """It must end by itself with 1 and say these words; the lines it said."""
    gate = Gate.__new__(Gate)
    gate.lab, gate.socket, gate.state = lab, os.path.join(lab.directory, "other.sock"), os.path.join(lab.directory, "other")
    os.makedirs(gate.state, exist_ok=True)
    gate.policy = lab.write("policy.toml", text or gate.policy_text(inside_port=INSIDE_PORT))
    os.chmod(gate.policy, 0o644)
    process = lab.gate.start("sallyportd", *before, program("sallyportd"), "-c", gate.policy, "--foreground")
    equal(process.wait(10), 1, "exit status")
    said = process.output()
    for word in words:
        check(word in said, f"'{word}' is not in: {said}")
    return [line for line in said.splitlines() if line.strip()]


BAD_POLICY = """[node]
name = 7
colour = "red"

[zones.outside]
listen = ["udp:192.0.2.77:5060"]
media  = { address = "203.0.113.1", ports = "20000-29999" }
trusted = false

[[routes]]
name = "nowhere"
from = "outside"
to   = ["nobody"]
match = { to_user = "(" }
"""


@suite.test("a wrong policy starts nothing and shows all its errors with their places")
def wrong_policy(lab):
    lines = fails(lab, text=BAD_POLICY, words=("policy.toml:2:", "policy.toml:3:", "192.0.2.77", "nobody", "regular expression"))
    check(sum(": error: " in line for line in lines) >= 5, "\n".join(lines))
    checked = program("sallyport")
    done = lab.gate.run(checked, "check", lab.write("bad.toml", BAD_POLICY), check=False)
    equal(done.returncode, 1, "exit status of sallyport check")
    check(done.stderr.count(": error: ") >= 5, done.stderr)


@suite.test("a port in use is one clear line")
def port_in_use(lab):
    with lab.gate.entered():
        taken = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    taken.bind((GATE_OUT, 5060))
    lines = fails(lab, words=("203.0.113.1:5060",))
    taken.close()
    clear = [line for line in lines if "203.0.113.1:5060" in line and "use" in line]
    equal(len(clear), 1, "lines that name the port: " + "\n".join(lines))


@suite.test("a missing privilege is one clear line that says what to do")
def no_privilege(lab):
    before = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all")
    lines = fails(lab, before=before, words=("CAP_NET_ADMIN",))
    check(len(lines) <= 2, "more than a line:\n" + "\n".join(lines))
