"""When it dies the calls live on and the wall stays shut; the next start reconciles; what it cannot do it says in one
line. LAB_KILLS says how often the engine is killed under load (10)."""
import contextlib
import json
import os
import signal
import socket
import time

from agent import Agent, end, established
from lab import (GATE_IN, GATE_OUT, INSIDE, OUTSIDE, Gate, Lab, LabError, program, wait_until)
from lab_load import level
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
        equal((len(gate.calls()), gate.elements()), (1, left), "calls and pinholes that were taken back")
        end(a, b)
        gate.settle()
    equal(foreign(lab), before, "the foreign table")
    equal(gate.stop(), 0, "exit status after SIGTERM")


@suite.test("calls work after a crash and a new start")
def works_again(lab):
    gate = short_policy(lab)
    with call(lab) as (a, b):
        end(a, b)
        gate.settle()
    gate.stop()


CALLS = 100
KILLS = int(os.environ.get("LAB_KILLS", 10))
PACKETS_A_SECOND = 50


class Crowd:
    """A gate, and calls between two agents that come and go through it."""

    def __init__(self, lab, calls):
        self.lab, self.gate = lab, Gate(lab, inside_port=INSIDE_PORT)
        self.caller = Agent(lab.outside, OUTSIDE, 5060, (GATE_OUT, 5060))
        self.callee = Agent(lab.inside, INSIDE, INSIDE_PORT, (GATE_IN, 5060))
        end(*self.new_call(0))
        self.gate.settle()
        self.level = level(self.gate)
        self.calls = [self.new_call(n) for n in range(calls)]
        self.pinholes = self.gate.elements()

    def new_call(self, n):
        return established(self.caller, self.callee, 40000 + 2 * n, 45000 + 2 * n)

    def close(self):
        self.caller.close()
        self.callee.close()
        self.gate.stop()

    def engine(self):
        return next(pid for pid in self.gate.pids() if pid != self.gate.process.pid)

    def is_back(self):
        try:
            return {c["state"] for c in self.gate.calls()} == {"established"} and len(self.gate.calls()) == len(self.calls)
        except LabError:
            return False

    def kill_engine(self):
        """How long until all calls are there again."""
        engine, start = self.engine(), time.monotonic()
        os.kill(engine, signal.SIGKILL)
        wait_until(lambda: engine not in self.gate.pids() and self.is_back(), "every call is taken back", 5, 0.005)
        return time.monotonic() - start

    def start_rtp(self, seconds):
        when, peers = int(time.time()) + 2, []
        for host, address, side in ((self.lab.outside, OUTSIDE, 0), (self.lab.inside, INSIDE, 1)):
            flows = "".join(f"{address} {pair[side].media_port} {pair[side].sends_to[0]} {pair[side].sends_to[1]}\n"
                            for pair in self.calls)
            path = self.lab.write(f"flows-{host.role}", flows)
            peers.append(host.start(f"rtp-{host.role}", "sh", "-c",
                                    f"exec {program('tests/lab/rtp_peer')} {seconds} {PACKETS_A_SECOND} {when} < {path}"))
        time.sleep(max(0, when + 1 - time.time()))
        return peers

    @staticmethod
    def counts(peers, seconds):
        for peer in peers:
            peer.wait(seconds + 30)
        return [json.loads(peer.output().splitlines()[-1]) for peer in peers]

    def reinvite(self, pair):
        a, b = pair
        a.send("INVITE", self.caller.sdp(a.media_port, "a=sendonly\r\n"))
        request = b.expect("INVITE")
        self.callee.answer(request, 200, b.local, self.callee.sdp(b.media_port, "a=recvonly\r\n"))
        ok = a.expect(200)
        equal(ok.media(), a.sends_to, "where the caller is to send")
        a.ack(ok)
        b.expect("ACK")

    def talk(self, pair):
        """RTP both ways; the callee's side is known by its address and port, the caller's by where it sent from."""
        a, b = pair
        outside, inside = RtpEnd(self.lab.outside, OUTSIDE, a.media_port), RtpEnd(self.lab.inside, INSIDE, b.media_port)
        outside.send(a.sends_to, 20)
        equal(len(inside.collect(1, 20)), 20, "packets heard inside")
        inside.send(b.sends_to, 20)
        equal(len(outside.collect(1, 20)), 20, "packets heard outside")
        outside.close()
        inside.close()

    def end_all(self):
        """Half by their callers, half by their callees, each answered 200; then everything is where it was."""
        for n, (a, b) in enumerate(self.calls):
            if n % 2:
                end(a, b)
                continue
            b.send("BYE")
            a.agent.answer(a.expect("BYE"), 200)
            b.expect(200)
        self.gate.settle(20)
        now = level(self.gate)
        equal(now, self.level, "the level")


@contextlib.contextmanager
def crowd(lab, calls):
    it = Crowd(lab, calls)
    try:
        yield it
    finally:
        it.close()


@suite.test(f"{CALLS} calls with RTP outlive {KILLS} times kill -9 of the engine, and leave nothing at their end")
def engine_killed(lab):
    with crowd(lab, CALLS) as it:
        usual = max(c["pause_ms"] for c in it.counts(it.start_rtp(3), 3))    # of this machine, as it is now
        seconds = KILLS * 2 + 3
        peers = it.start_rtp(seconds)
        times = []
        for n in range(KILLS):
            times.append(it.kill_engine())
            it.reinvite(it.calls[n % CALLS])
            time.sleep(max(0, 1.5 - times[-1]))
        counts = it.counts(peers, seconds)
        wait_until(lambda: it.gate.elements() == len(it.gate.pinholes()), "the table is what the daemon says", 5, 0.1)
        lost = sum(c["sent"] for c in counts) - sum(c["received"] for c in counts)
        pauses = [c["pause_ms"] for c in counts]
        print(f"    back after {min(times):.3f} to {max(times):.3f} s; longest pause of a stream {max(pauses)} ms "
              f"({usual} without a kill); "
              f"{lost} of {sum(c['sent'] for c in counts)} packets lost", flush=True)
        check(max(times) <= 1, f"back only after {max(times):.2f} s")
        check(max(pauses) <= 500 + usual, f"a stream paused for {max(pauses)} ms")
        equal([c["silent"] for c in counts], [0, 0], "silent streams")
        it.end_all()


@suite.test("calls outlive kill -9 of both processes, and leave nothing at their end")
def both_killed(lab):
    with crowd(lab, 20) as it:
        it.talk(it.calls[0])
        before = it.gate.elements()
        it.gate.kill()
        check(it.gate.elements() > 0, "the table is empty at once: this would prove nothing")
        it.gate.start()
        wait_until(it.is_back, "every call is taken back", 5, 0.02)
        wait_until(lambda: it.gate.elements() == before, "the pinholes are there", 5, 0.1)
        it.talk(it.calls[0])
        it.talk(it.calls[1])
        for pair in it.calls[:5]:
            it.reinvite(pair)
        it.end_all()


@suite.test("calls outlive a new life in the program on the disk (SIGUSR2), in the same process")
def new_life(lab):
    with crowd(lab, 20) as it:
        engine = it.engine()
        it.gate.process.popen.send_signal(signal.SIGUSR2)
        wait_until(lambda: engine not in it.gate.pids() and it.is_back(), "every call is taken back", 5, 0.02)
        check(it.gate.process.running(), "the process ended")
        it.talk(it.calls[0])
        equal(it.gate.elements(), it.pinholes, "pinholes")
        it.reinvite(it.calls[0])
        it.end_all()


@suite.test("a new life waits for a policy without errors")
def no_new_life(lab):
    with crowd(lab, 2) as it:
        engine = it.engine()
        with open(it.gate.policy, "a", encoding="utf-8") as policy:
            policy.write("\nnonsense\n")
        it.gate.process.popen.send_signal(signal.SIGUSR2)
        wait_until(lambda: "new_life_refused" in it.gate.process.output(), "the log says it")
        check(engine in it.gate.pids() and it.is_back(), "the engine ended")
        it.end_all()


@suite.test("a call that only rings is lost with the engine: its pinholes close, its far end hears 481, its record is written")
def ringing(lab):
    with crowd(lab, 1) as it:
        it.caller.call("4755667788", 42000)
        lost = it.callee.incoming()
        it.callee.answer(lost.invite, 180, lost.local)
        wait_until(lambda: it.gate.elements() > it.pinholes, "the call that rings has pinholes", 2)
        it.kill_engine()
        wait_until(lambda: it.gate.elements() == it.pinholes, "its pinholes are closed", 2, 0.02)
        lost.send("BYE")
        lost.expect(481)
        record = it.gate.records()[-1]
        equal((record["why"], record["ended_by"], record["answered"]), ("process_died", "us", None), "its record's end")
        equal((bool(record["ringing"]), record["b"]["call_id"]), (True, lost.invite.header("Call-ID")), "its record's call")
        it.end_all()


def register(phone, registrar):
    """The phone's REGISTER through the gate; the Contact that the registrar was told."""
    aor, call_id = f"<sip:anna@{GATE_OUT}>", f"{os.urandom(8).hex()}@{OUTSIDE}"
    phone.send([f"REGISTER sip:{GATE_OUT} SIP/2.0", f"Via: SIP/2.0/UDP {phone.host_port};branch=z9hG4bK{os.urandom(8).hex()};rport",
                f"From: {aor};tag=1", f"To: {aor}", f"Call-ID: {call_id}", "CSeq: 1 REGISTER", "Max-Forwards: 70",
                f"Contact: <sip:anna@{phone.host_port}>", "Expires: 600"])
    request = registrar.expect("REGISTER")
    contact = request.header("Contact").split(";expires")[0]
    registrar.send(["SIP/2.0 200 OK"] + [f"{k}: {v}" for k, v in request.headers if k.lower() in ("via", "from", "call-id", "cseq")]
                   + [f"To: {request.header('To')};tag=2", f"Contact: {contact};expires=600"], to=request.source)
    phone.expect(200)
    return contact.strip("<>").partition(">")[0]


@suite.test("a registered phone is called after kill -9 of the engine")
def registered(lab):
    with crowd(lab, 1) as it:
        uri = register(it.caller, it.callee)
        equal(len(it.gate.ask("registrations")), 1, "registrations")
        it.kill_engine()
        equal(len(it.gate.ask("registrations")), 1, "registrations after the crash")
        dialog = it.callee.call(uri.partition(":")[2].partition("@")[0])
        phone = it.caller.incoming()
        check("anna@" in phone.invite.start, f"not the phone's own Contact: {phone.invite.start}")
        it.caller.answer(phone.invite, 486, phone.local)
        equal(dialog.expect("final").status, 486, "what the caller inside hears of the phone")
        end(*it.calls[0])
        it.gate.settle()


@suite.test("after a clean end the journal is empty")
def clean_end(lab):
    with crowd(lab, 3) as it:
        equal(it.gate.stop(), 0, "exit status")
        it.gate.start()
        equal((it.gate.calls(), it.gate.elements()), ([], 0), "calls and elements after the next start")
        equal(it.gate.ask("status")["journal_dropped"], 0, "records dropped")


@suite.test("a damaged journal is set aside, and said")
def damaged(lab):
    gate = Gate(lab, inside_port=INSIDE_PORT)
    gate.stop()
    with open(os.path.join(gate.state, "journal", "data.mdb"), "wb") as data:
        data.write(b"nonsense" * 2048)
    gate.start()
    check("journal_damaged" in gate.process.output(), "the log does not say it")
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


@suite.test("a state folder that cannot be made is one clear line")
def no_state(lab):
    text = Gate.policy_text(Stateless(lab), inside_port=INSIDE_PORT)
    lines = fails(lab, text=text, words=("node.state_dir", "/proc/nowhere"))
    equal(len([line for line in lines if "node.state_dir" in line]), 1, "lines: " + "\n".join(lines))


class Stateless:
    """Enough of a gate to write its policy."""

    def __init__(self, lab):
        self.state, self.socket = "/proc/nowhere", os.path.join(lab.directory, "stateless.sock")
