"""Peers by name (RFC 3263): a real DNS server, dnsmasq, in the inside; SIPp calls from outside and answers behind the
targets. Priorities, weights, targets that are dead in every way, records that change, a name server that dies; then
what else decides where a call goes: probes, draining, limits, emergency calls."""
import collections
import contextlib
import os
import re
import time

import ladder
from agent import Agent, end, established
from lab import GATE_IN, GATE_OUT, INSIDE6, OUTSIDE, Gate, Lab, wait_until
from peers import FLOWS, INSIDE_PORT, Sipp
from runner import Suite, check, equal

ONE, TWO, THREE, NOBODY = (f"198.51.100.{n}" for n in (10, 11, 12, 66))
DNS = "198.51.100.66"
TTL = 2

MORE = f"""
[dns]
servers      = ["{DNS}"]
timeout      = "300ms"
min_ttl      = "1s"
negative_ttl = "1s"
retry        = "1s"
[peers.farm]
zone = "inside"
uri  = "sip:farm.example"
blacklist = "3s"
"""
ROUTE = 'to   = ["farm"]\nfailover = { on = [503], after = "500ms" }'


def srv(priority, weight, host, proto="udp", port=INSIDE_PORT):
    return f"srv-host=_sip._{proto}.farm.example,{host}.farm.example,{port},{priority},{weight}"


def host(name, address):
    return f"host-record={name}.farm.example,{address}"


def naptr(order, preference, service, proto):
    return f"naptr-record=farm.example,{order},{preference},s,{service},,_sip._{proto}.farm.example"


HOSTS = (host("one", ONE), host("two", TWO), host("three", THREE), host("nobody", NOBODY))
UDP = (naptr(10, 10, "SIP+D2U", "udp"), *HOSTS)


class Scene:
    def __init__(self, lab):
        self.lab, self.dns, self.gate = lab, None, None
        self.processes = []

    def serve(self, *records):
        """dnsmasq with these records, and no others."""
        self.silence()
        config = self.lab.write("dnsmasq.conf", "\n".join((
            "no-resolv", "no-hosts", "bind-interfaces", f"listen-address={DNS}", "local=/example/", "user=root",
            f"local-ttl={TTL}", "pid-file=", *records)) + "\n")
        self.dns = self.lab.inside.start("dnsmasq", "dnsmasq", "--no-daemon", f"--conf-file={config}")
        def listening():
            check(self.dns.running(), self.dns.output())
            return self.lab.inside.run("ss", "-lunH", "sport", "=", "53").stdout
        wait_until(listening, "dnsmasq listens")

    def silence(self):
        if self.dns:
            self.dns.stop()

    def start(self, *records, more=MORE):
        self.serve(*records)
        self.gate = GateByName(self.lab, more)

    def answer_at(self, *addresses, transport="u1"):
        """SIPp behind each address."""
        _, _, text = ladder.compile_both(os.path.join(FLOWS, "basic.ladder"), {"A": GATE_OUT, "B": GATE_IN}, "B")
        path = self.lab.write("answer.xml", text)
        started = [Sipp(self.lab.inside, path, a, calls=100000, timeout=300, recv_timeout=60000, transport=transport,
                        media_port=47110 + 10 * i) for i, a in enumerate(addresses)]
        self.processes += [s.process for s in started]
        return started

    def call(self, calls, rate=50):
        """SIPp from outside; all must succeed. How many each target answered."""
        before = self.answered()
        _, text, _ = ladder.compile_both(os.path.join(FLOWS, "basic.ladder"), {"A": GATE_OUT, "B": GATE_IN}, "B")
        caller = Sipp(self.lab.outside, self.lab.write("call.xml", text), OUTSIDE, GATE_OUT, calls=calls, rate=rate)
        caller.finish()
        return self.answered() - before

    def answered(self):
        return collections.Counter(re.findall(r"call_answered.*target=(\S+?):\d+", self.gate.process.output()))

    def target(self, address):
        for target in self.peer()["targets"]:
            if target["address"].startswith(address + ":"):
                return target
        return None

    def peer(self, name="farm"):
        return next(p for p in self.gate.ask("peers") if p["name"] == name)

    def await_targets(self, *addresses, seconds=8):
        def there():
            return [t["address"].rsplit(":", 1)[0] for t in self.peer()["targets"]] == list(addresses)
        wait_until(there, f"the targets are {addresses}", seconds, 0.1)

    def one_call_gets(self):
        """What a single caller hears."""
        agent = Agent(self.lab.outside, OUTSIDE, 5070, (GATE_OUT, 5060))
        try:
            dialog = agent.call("4755667788")
            answer = dialog.expect("final", 12)
            dialog.ack(answer)
            if answer.status == 200:
                dialog.bye()
            return answer.status
        finally:
            agent.close()

    def end(self):
        for process in self.processes:
            process.stop(seconds=1)
        if self.gate:
            self.gate.stop()
        self.silence()


class GateByName(Gate):
    """The usual gate, but what comes from outside goes to the peer by name."""

    def __init__(self, lab, more):
        self.more = more
        super().__init__(lab)

    def policy_text(self, **values):
        text = super().policy_text(more=self.more, inside_port=INSIDE_PORT, **values)
        return text.replace('name = "everything from outside goes to the PBX"\nfrom = "outside"\nto   = ["pbx"]',
                            'name = "by name"\nfrom = "outside"\n' + ROUTE)


@contextlib.contextmanager
def scene():
    with Lab() as lab:
        yield lab


suite = Suite(scene)


def story(sentence):
    def add(function):
        def run(lab):
            here = Scene(lab)
            try:
                function(here)
            finally:
                here.end()
        suite.add(sentence, run)
        return function
    return add


@story("NAPTR chooses the transport, SRV the server: the lowest priority gets every call")
def priorities(here):
    here.start(*UDP, srv(20, 0, "two"), srv(10, 0, "one"))
    here.await_targets(ONE, TWO)
    here.answer_at(ONE, TWO)
    equal(dict(here.call(30)), {ONE: 30}, "calls by target")


@story("NAPTR that prefers TCP is followed over TCP")
def tcp(here):
    here.start(naptr(10, 10, "SIP+D2T", "tcp"), naptr(20, 10, "SIP+D2U", "udp"), *HOSTS, srv(1, 0, "one", "tcp"),
               srv(1, 0, "two"))
    here.await_targets(ONE)
    equal(here.peer()["targets"][0]["transport"], "tcp", "the transport")
    here.answer_at(ONE, transport="t1")
    equal(dict(here.call(10)), {ONE: 10}, "calls by target")


@story("weights share the calls out")
def weights(here):
    here.start(*UDP, srv(10, 75, "one"), srv(10, 25, "two"), srv(20, 65535, "three"))
    here.await_targets(ONE, TWO, THREE)
    here.answer_at(ONE, TWO, THREE)
    got = here.call(200)
    equal(got[THREE], 0, "calls at the higher priority")
    check(125 <= got[ONE] <= 175, f"of 200 calls at 75 to 25, {got[ONE]} went to the first")


def dead_first(here, proto="udp"):
    """The second target answers every call; the first is passed over after the first of them."""
    here.await_targets(NOBODY, TWO)
    here.answer_at(TWO, transport="u1" if proto == "udp" else "t1")
    equal(dict(here.call(5, rate=5)), {TWO: 5}, "calls by target")
    dead = here.target(NOBODY)
    equal(dead["state"], "passed_over", "the first target")
    check(dead["why"], "it says why")
    started = time.monotonic()
    equal(dict(here.call(20)), {TWO: 20}, "calls by target")
    check(time.monotonic() - started < 2.5, "no call waits for the dead target any more")
    return dead["why"]


@story("a first target that never answers is left after the time of the route, then passed over")
def silent(here):
    here.start(*UDP, srv(1, 0, "nobody"), srv(2, 0, "two"))
    socket = here.lab.inside.udp(NOBODY, INSIDE_PORT)
    try:
        equal(dead_first(here), "no answer in time", "why")
    finally:
        socket.close()


@story("a first target whose host refuses the datagram is left at once")
def icmp_refused(here):
    here.start(*UDP, srv(1, 0, "nobody"), srv(2, 0, "two"))
    equal(dead_first(here), "the transport failed", "why")


@story("a first target that refuses the connection is left at once")
def tcp_refused(here):
    here.start(naptr(10, 10, "SIP+D2T", "tcp"), *HOSTS, srv(1, 0, "nobody", "tcp"), srv(2, 0, "two", "tcp"))
    equal(dead_first(here, "tcp"), "the transport failed", "why")


@story("503 goes to the next target, and Retry-After is heeded")
def busy(here):
    here.start(*UDP, srv(1, 0, "one"), srv(2, 0, "two"))
    here.await_targets(ONE, TWO)
    here.answer_at(TWO)
    full = Agent(here.lab.inside, ONE, INSIDE_PORT, (GATE_IN, 5060))
    try:
        caller = Agent(here.lab.outside, OUTSIDE, 5071, (GATE_OUT, 5060))
        dialog = caller.call("1")
        invite = full.incoming().invite
        full.answer(invite, 503)
        equal(dialog.expect("final").status, 200, "the caller hears")
        equal(here.target(ONE)["state"], "unknown", "503 alone concerns one call")
        caller.close()
        text = ["SIP/2.0 503 Full"]
        caller = Agent(here.lab.outside, OUTSIDE, 5072, (GATE_OUT, 5060))
        dialog = caller.call("2")
        invite = full.incoming().invite
        text += [f"{k}: {v}" for k, v in invite.headers if k.lower() in ("via", "from", "call-id", "cseq")]
        full.send(text + [f"To: {invite.header('To')};tag=full", "Retry-After: 60"], to=invite.source)
        equal(dialog.expect("final").status, 200, "the caller hears")
        equal(here.target(ONE)["state"], "passed_over", "the target that asked for it")
        caller.close()
    finally:
        full.close()
    equal(dict(here.call(10)), {TWO: 10}, "calls by target")


@story("a changed record is followed when the old one's time is over")
def changed(here):
    here.start(*UDP, srv(1, 0, "one"))
    here.await_targets(ONE)
    here.answer_at(ONE, TWO)
    equal(dict(here.call(5)), {ONE: 5}, "calls by target")
    here.serve(*UDP, srv(1, 0, "two"))
    here.await_targets(TWO, seconds=TTL + 4)
    equal(dict(here.call(5)), {TWO: 5}, "calls by target")


@story("a name that is gone is nowhere, until it is there again")
def gone(here):
    here.start(*UDP, srv(1, 0, "one"))
    here.await_targets(ONE)
    here.answer_at(ONE)
    here.serve(host("x", ONE))
    here.await_targets(seconds=TTL + 4)
    equal(here.peer()["state"], "down", "the peer")
    equal(here.one_call_gets(), 480, "a call")
    here.serve(*UDP, srv(1, 0, "one"))
    here.await_targets(ONE)
    equal(dict(here.call(3)), {ONE: 3}, "calls by target")


@story("a name with IPv6 addresses alone is reached over IPv6")
def v6(here):
    here.start(srv(1, 0, "six"), f"host-record=six.farm.example,{INSIDE6}")
    wait_until(lambda: here.peer()["targets"], "the target is found", 8)
    equal(here.peer()["targets"][0]["address"], f"[{INSIDE6}]:{INSIDE_PORT}", "the target")
    caller = Agent(here.lab.outside, OUTSIDE, 5073, (GATE_OUT, 5060))
    callee = Agent(here.lab.inside, INSIDE6, INSIDE_PORT, ("2001:db8:2::1", 5060))
    a, b = established(caller, callee)
    end(a, b)
    caller.close(), callee.close()


@story("a name server that dies takes nothing with it")
def dead_server(here):
    here.start(*UDP, srv(1, 0, "one"), srv(2, 0, "two"))
    here.await_targets(ONE, TWO)
    here.answer_at(ONE, TWO)
    here.silence()
    time.sleep(2 * TTL + 2)
    here.await_targets(ONE, TWO, seconds=1)
    equal(dict(here.call(20)), {ONE: 20}, "calls by target")
    here.serve(*UDP, srv(1, 0, "two"))
    here.await_targets(TWO)


@story("a name server that is dead at the start is asked until it answers")
def late_server(here):
    here.start(*UDP, srv(1, 0, "one"))
    here.silence()
    here.gate.stop()
    here.gate.start()
    equal(here.peer()["why"], "no address is known", "why the peer is down")
    here.serve(*UDP, srv(1, 0, "one"))
    here.await_targets(ONE)


@story("probes put each target down and up, and say so")
def probes(here):
    here.start(*UDP, srv(1, 0, "one"), srv(2, 0, "two"),
               more=MORE + 'probe = { every = "1s", down_after = 1, up_after = 2 }\n')
    here.await_targets(ONE, TWO)
    one = Agent(here.lab.inside, ONE, INSIDE_PORT, (GATE_IN, 5060))
    two = Agent(here.lab.inside, TWO, INSIDE_PORT, (GATE_IN, 5060))

    def serve_probes(status, wanted):
        """Answers OPTIONS at both until the first target's state is the wanted one."""
        deadline = time.monotonic() + 12
        while here.target(ONE)["state"] != wanted:
            check(time.monotonic() < deadline, f"the target is {here.target(ONE)}, not {wanted}")
            for agent, code in ((one, status), (two, 200)):
                agent.pump(0.1)
                while agent.inbox:
                    agent.answer(agent.inbox.pop(), code)
    serve_probes(200, "up")
    serve_probes(503, "down")
    equal((here.peer()["state"], here.target(TWO)["state"]), ("up", "up"), "the peer and its other target")
    check(here.target(ONE)["why"], "it says why")
    serve_probes(200, "up")
    one.close(), two.close()
    check("PASSED_OVER" not in here.gate.command("peers").stdout.upper(), "the view for people")


@story("a drained peer gets no new call and keeps those that it has")
def draining(here):
    here.start(*UDP, srv(1, 0, "one"))
    here.await_targets(ONE)
    caller = Agent(here.lab.outside, OUTSIDE, 5074, (GATE_OUT, 5060))
    callee = Agent(here.lab.inside, ONE, INSIDE_PORT, (GATE_IN, 5060))
    a, b = established(caller, callee)
    here.gate.command("drain", "farm")
    equal((here.peer()["draining"], here.target(ONE)["calls"]), (True, 1), "the peer")
    equal(here.one_call_gets(), 480, "a new call")
    end(a, b)
    here.gate.command("undrain", "farm")
    a, b = established(caller, callee)
    end(a, b)
    check(here.gate.command("drain", "nobody", check=False).returncode == 1, "a peer that is not there is an error")
    caller.close(), callee.close()


@story("an emergency call goes through limits and draining, and every view says what it is")
def emergency(here):
    here.start(*UDP, srv(1, 0, "one"),
               more='[emergency]\nnumbers = ["112"]\nto = ["farm"]\n' + MORE + "limits = { calls_out = 0 }\n")
    here.await_targets(ONE)
    here.gate.command("drain", "farm")
    here.gate.command("drain")
    equal(here.one_call_gets(), 503, "a usual call")
    caller = Agent(here.lab.outside, OUTSIDE, 5075, (GATE_OUT, 5060))
    callee = Agent(here.lab.inside, ONE, INSIDE_PORT, (GATE_IN, 5060))
    a = caller.call("112")
    b = callee.incoming()
    callee.answer(b.invite, 200, b.local, callee.sdp(41000))
    a.ack(a.expect(200))
    callee.expect("ACK")
    equal([c["emergency"] for c in here.gate.calls()], [True], "the view of calls")
    end(a, b)
    check(re.search(r"call_started.*emergency=true", here.gate.process.output()), "the log of its start")
    check(re.search(r"call_ended.*emergency=true", here.gate.process.output()), "the log of its end")
    caller.close(), callee.close()
