"""Real phones: one outside registers through the gate with the PBX inside; calls both ways, with sound."""
import contextlib
import re
import time

import audio
from lab import Gate, Lab, wait_until
from peers import Baresip, Capture, Kamailio
from runner import Suite, check, equal


class Phones:
    def __init__(self, lab):
        self.lab = lab
        self.gate = Gate(lab)
        self.capture = Capture(lab.outside)
        Kamailio(lab.inside)
        self.alice = Baresip(lab.outside, "alice", "203.0.113.1", "203.0.113.11", 440)
        self.bob = Baresip(lab.inside, "bob", "198.51.100.10", "198.51.100.11", 880)
        self.alice.await_registered()
        self.bob.await_registered()
        self.calls = 0

    def call(self, caller, callee, uri):
        self.calls += 1
        caller.do("dial", uri)
        caller.await_event("CALL_ESTABLISHED", times=self.calls)
        callee.await_event("CALL_ESTABLISHED", times=self.calls)

    def hang_up(self, who, other):
        who.do("hangup")
        other.await_event("CALL_CLOSED", times=self.calls)
        self.gate.settle()

    def both_hear(self):
        for who, tone, own in ((self.alice, 880, 440), (self.bob, 440, 880)):
            path = who.recordings()[-1]
            heard = audio.heard_seconds(path, tone)
            check(heard > 1.5, f"{who.user} heard {tone} Hz for {heard:.1f} s only: {path}")
            equal(audio.heard_seconds(path, own), 0, f"seconds in which {who.user} heard himself")


@contextlib.contextmanager
def scene():
    with Lab() as lab:
        yield Phones(lab)


suite = Suite(scene)


@suite.test("a phone outside is registered through the gate")
def registered(phones):
    registrations = phones.gate.ask("registrations")
    check("alice" in str(registrations), f"sallyport registrations says {registrations}")


@suite.test("the phone outside calls the phone inside and both hear each other")
def outside_calls(phones):
    phones.call(phones.alice, phones.bob, "sip:bob@203.0.113.1")
    time.sleep(3)
    call = phones.gate.calls()[0]
    equal(call["state"], "established", "the call's state")
    check(phones.gate.pinholes(), "no pinhole is open during the call")
    wait_until(lambda: len(senders_told(phones.capture)) == 2, "both phones report by RTCP", 20, step=0.5)
    phones.hang_up(phones.alice, phones.bob)
    phones.both_hear()


@suite.test("RTCP tells alice other words than bob said")
def words(phones):
    told = senders_told(phones.capture)
    equal(told[bytes((203, 0, 113, 11))], b"sip:alice@203.0.113.1", "what alice says of herself")
    check(re.fullmatch(rb"[0-9a-f]+", told[bytes((203, 0, 113, 1))]), f"alice is told {told}")


@suite.test("the phone inside calls the registered phone behind the gate and both hear each other")
def inside_calls(phones):
    phones.call(phones.bob, phones.alice, "sip:alice@198.51.100.10")
    time.sleep(3)
    phones.hang_up(phones.bob, phones.alice)
    phones.both_hear()


def senders_told(capture):
    """The CNAME (RFC 3550, 6.5.1) that each source address has sent last."""
    told = {}
    for _, frame in capture.packets():
        found = re.search(rb"\x81\xca..(....)\x01(.)", frame[42:], re.DOTALL) if frame[23] == 17 and frame[42] >> 6 == 2 else None
        if found:
            begin = 42 + found.end()
            told[frame[26:30]] = frame[begin:begin + found[2][0]]
    return told


def to_bob(capture, since, until):
    """The sound that went from the gate to bob's phone between two moments. (baresip 1.0.0 writes none down after a resume.)"""
    sound = []
    for seconds, frame in capture.packets():
        if since <= seconds < until and frame[23] == 17 and frame[26:34] == bytes((198, 51, 100, 1, 198, 51, 100, 11)) and len(frame) == 214:
            sound += audio.from_pcmu(frame[54:])
    return sound


@suite.test("hold silences the call and resume brings the sound back")
def hold(phones):
    capture = Capture(phones.lab.inside)
    phones.call(phones.alice, phones.bob, "sip:bob@203.0.113.1")
    times = [time.time()]
    for command in ("hold", "resume", "callstat"):
        time.sleep(2)
        times.append(time.time())
        phones.alice.do(command)
        time.sleep(0.5)
    phones.hang_up(phones.bob, phones.alice)
    capture.stop()
    before, held, after = (to_bob(capture, since + 0.5, until) for since, until in zip(times, times[1:]))
    for name, sound in (("before the hold", before), ("after the resume", after)):
        check(len(sound) > audio.RATE and audio.share(sound, audio.RATE, 440) > 0.7,
              f"{name} bob was sent {len(sound) / audio.RATE:.1f} s, {audio.share(sound, audio.RATE, 440):.0%} of it alice's tone")
    check(not held, f"{len(held) / audio.RATE:.1f} s of sound went to bob while alice held")


@suite.test("nothing of the inside was seen outside")
def hidden(phones):
    found = phones.capture.stop().find(("198.51.100.", "CanaryPBX", "2001:db8:2:"))
    check(not found, f"{len(found)} hits, the first in:\n" + (found[0][1][42:].decode('utf-8', 'replace')[:1500] if found else ""))
