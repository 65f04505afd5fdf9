"""Two real phones whose registrar is stopped and started again: they stay registered, call each other without it with sound
both ways, and go through it again afterwards."""
import contextlib
import re
import time

import audio
from lab import Gate, Lab, wait_until
from lab_registrations import answer_of, register
from peers import Baresip, Kamailio
from runner import Suite, check, equal

RULES = 'register = { client_expires = "20s", registrar_expires = "1h", survive = { for = "1h", expires = "12s" } }'


class Branch:
    def __init__(self, lab):
        self.lab = lab
        self.gate = Gate(lab, outside_keys=RULES, workers=2)
        self.registrar = Kamailio(lab.inside)
        self.alice = Baresip(lab.outside, "alice", "203.0.113.1", "203.0.113.11", 440)
        self.bob = Baresip(lab.outside, "bob", "203.0.113.1", "203.0.113.12", 880, control=4445)
        self.alice.await_registered()
        self.bob.await_registered()
        self.made = 0

    def call(self, caller, callee, seconds=10):
        """A call with sound; answers what the gate said of it."""
        self.made += 1
        caller.do("dial", f"sip:{callee.user}@203.0.113.1")
        for phone in (caller, callee):
            phone.await_event("CALL_ESTABLISHED", seconds, times=self.made)
        time.sleep(3)
        calls = self.gate.calls()
        check(self.gate.pinholes(), "no pinhole is open during the call")
        caller.do("hangup")
        callee.await_event("CALL_CLOSED", times=self.made)
        self.gate.settle()
        for phone, tone in ((self.alice, 880), (self.bob, 440)):
            heard = audio.heard_seconds(phone.recordings()[-1], tone)
            check(heard > 1.5, f"{phone.user} heard {tone} Hz for {heard:.1f} s only")
        return calls

    def gone(self):
        return self.gate.ask("status")["registrars_gone"]

    def log(self, word):
        return len(re.findall(word, self.gate.process.output()))

    def surviving(self):
        return [binding["surviving"] for binding in self.gate.ask("registrations")]

    def none_failed(self):
        for phone in (self.alice, self.bob):
            check(not phone.saw("REGISTER_FAIL"), f"a refresh of {phone.user} failed")


@contextlib.contextmanager
def scene():
    with Lab() as lab:
        yield Branch(lab)


suite = Suite(scene)


@suite.test("with the registrar there, a call goes through it")
def before(branch):
    calls = branch.call(branch.alice, branch.bob)
    equal(sorted(call["peer_b"] for call in calls), ["", "pbx"], "who was called")
    equal(branch.gone(), [], "registrars that are gone")
    equal(branch.surviving(), [False, False], "phones that survive theirs")


@suite.test("the first call after its end reaches the other phone, and the gate knows that it is gone")
def first_call(branch):
    branch.registrar.stop()
    calls = branch.call(branch.alice, branch.bob)
    equal([call["peer_b"] for call in calls], [""], "who was called")
    wait_until(lambda: branch.gone() == ["pbx"], "the gate finds that the registrar is gone", 10, 0.2)
    equal(branch.surviving(), [True, True], "phones that survive theirs")
    equal(branch.log("registrar_gone"), 1, "lines in the log")
    check("pbx" in branch.gate.command("status").stdout, "sallyport status does not name it")


@suite.test("phones stay registered without it for longer than they were given, and call each other at once")
def meanwhile(branch):
    before = branch.gate.ask("stats")
    time.sleep(45)
    after = branch.gate.ask("stats")
    check(after["registers_survived"] >= before["registers_survived"] + 4, f"refreshes: {after['registers_survived']}")
    equal(branch.surviving(), [True, True], "phones that survive theirs")
    branch.none_failed()
    equal([call["peer_b"] for call in branch.call(branch.bob, branch.alice, 3)], [""], "who was called")
    check(branch.gate.ask("stats")["calls_survived"] >= 2, "the calls are not counted")


@suite.test("a phone that it never took is refused, and a stranger calls nobody")
def strangers(branch):
    with branch.lab.outside.udp("203.0.113.66") as eve:
        eve.sendto(register(eve.getsockname(), "eve"), ("203.0.113.1", 5060))
        equal(answer_of(eve)[0], 480, "the answer to her REGISTER")
        request = register(eve.getsockname(), "alice").decode()
        request = request.replace("REGISTER sip:203.0.113.1", "INVITE sip:bob@203.0.113.1", 1).replace("1 REGISTER", "1 INVITE")
        eve.sendto(request.encode(), ("203.0.113.1", 5060))
        equal(answer_of(eve)[0], 480, "the answer to her call")
    check(not branch.gate.calls(), "she calls somebody")


@suite.test("the gate dies meanwhile and knows its phones all the same")
def crash(branch):
    branch.gate.kill()
    branch.gate.start()
    equal(len(branch.gate.ask("registrations")), 2, "phones after the crash")
    wait_until(lambda: branch.gone() == ["pbx"], "the gate finds that the registrar is gone", 30, 0.5)
    branch.call(branch.alice, branch.bob)
    branch.none_failed()


@suite.test("once it is back all phones are with it again in the time that they were given, and calls go through it")
def afterwards(branch):
    branch.registrar = Kamailio(branch.lab.inside)
    wait_until(lambda: not branch.gone(), "the gate finds that the registrar is back", 10, 0.2)
    relayed = branch.gate.ask("stats")["registers_relayed"]
    wait_until(lambda: branch.gate.ask("stats")["registers_relayed"] >= relayed + 2, "the phones go through", 15, 0.2)
    time.sleep(3)
    equal(branch.surviving(), [False, False], "phones that survive theirs")
    calls = branch.call(branch.bob, branch.alice)
    equal(sorted(call["peer_b"] for call in calls), ["", "pbx"], "who was called")
    branch.none_failed()
    equal(branch.log("registrar_back"), 1, "lines in the log")
    equal(branch.log("registrar_gone"), 1, "lines in the log since the crash")
