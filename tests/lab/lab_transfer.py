"""Transfers: carried out for a real phone, relayed to one, and the dialogs that Replaces names, by hand."""
import contextlib
import re
import time
import urllib.parse

import audio
from agent import Agent, end
from lab import GATE_IN, GATE_OUT, INSIDE, OUTSIDE, Gate, Lab
from peers import INSIDE_PORT, Baresip, Capture, Kamailio
from runner import Suite, check, equal

THIRD_PORT = INSIDE_PORT + 2
THIRD = f"""[peers.third]
zone = "inside"
uri  = "sip:{INSIDE}:{THIRD_PORT}"

[[routes]]
name  = "to the third"
from  = "outside"
match = {{ request_user = "^third" }}
to    = ["third"]

[[routes]]
name = "everything from outside"""


class House:
    """Agents by hand at one gate, phones at another: a test says which it needs."""

    def __init__(self, lab):
        self.lab = lab

    @contextlib.contextmanager
    def gate(self, keys="", **values):
        gate = Gate(self.lab, **values)
        gate.stop()
        text = gate.policy_text(outside_keys=keys, **values)
        gate.policy = self.lab.write("policy.toml", text.replace('[[routes]]\nname = "everything from outside', THIRD))
        gate.start()
        self.lab.gate_process = gate
        try:
            yield gate
        finally:
            gate.settle(ended=True)
            gate.stop()

    @contextlib.contextmanager
    def agents(self):
        agents = [Agent(self.lab.outside, OUTSIDE, 5060, (GATE_OUT, 5060)), Agent(self.lab.inside, INSIDE, INSIDE_PORT, (GATE_IN, 5060)),
                  Agent(self.lab.inside, INSIDE, THIRD_PORT, (GATE_IN, 5060))]
        try:
            yield agents
        finally:
            for agent in agents:
                agent.close()


@contextlib.contextmanager
def scene():
    with Lab() as lab:
        yield House(lab)


suite = Suite(scene)


def talk(caller, callee, user, port):
    a = caller.call(user, port)
    b = callee.incoming()
    callee.answer(b.invite, 200, b.local, callee.sdp(port + 1000))
    a.ack(a.expect(200))
    callee.expect("ACK", call_id=b.call_id)
    return a, b


def tag(name_addr):
    return re.search(r"tag=([^;>\s]+)", name_addr).group(1)


def name(dialog):
    """The dialog as its own user agent would name it to others (RFC 3891)."""
    return f"{dialog.call_id};to-tag={tag(dialog.remote)};from-tag={tag(dialog.local)}"


def turned(dialog):
    return f"{dialog.call_id};to-tag={tag(dialog.local)};from-tag={tag(dialog.remote)}"


def refer(dialog, target):
    dialog.send("REFER", headers=[f"Refer-To: <{target}>"])


def told(dialog, status, state):
    notify = dialog.expect("NOTIFY")
    dialog.agent.answer(notify, 200)
    check(notify.body.startswith(f"SIP/2.0 {status} "), f"NOTIFY tells {notify.body!r}, not {status}")
    check(notify.header("Subscription-State").startswith(state), notify.header("Subscription-State"))


def replaces(message):
    found = re.search(r"Replaces=([^>]+)>", message.header("Refer-To"))
    check(found, f"no Replaces in {message.header('Refer-To')}")
    return urllib.parse.unquote(found.group(1))


@suite.test("an attended transfer that is relayed names the dialogs of the other side, whichever worker has them")
def attended(house):
    with house.gate(inside_port=INSIDE_PORT), house.agents() as (caller, callee, third):
        for _ in range(6):      # with two workers, some pairs of calls are of one and some of two
            (a1, b1), (a2, b2) = talk(caller, callee, "4755667788", 40000), talk(caller, third, "third", 40010)
            refer(a1, f"sip:third@{GATE_OUT}?Replaces={urllib.parse.quote(name(a2))}")
            got = callee.expect("REFER")
            equal(replaces(got), turned(b2), "Replaces as the third knows the call")
            callee.answer(got, 202)
            a1.expect(202)
            target = re.search(r"<(sip:[^?>]+)", got.header("Refer-To")).group(1)
            check(f"@{GATE_IN}" in target, f"the callee is led to {target}")
            invite = callee.call("x", 41010, headers=[f"Replaces: {replaces(got)}"])
            arrived = third.incoming()
            equal(arrived.invite.header("Replaces"), turned(b2), "Replaces of the INVITE")
            third.answer(arrived.invite, 200, arrived.local, third.sdp(42000))
            invite.ack(invite.expect(200))
            third.expect("ACK", call_id=arrived.call_id)
            b2.send("BYE")
            caller.answer(a2.expect("BYE"), 200)
            third.expect(200, call_id=b2.call_id)
            end(a1, b1)
            end(invite, arrived)


@suite.test("an INVITE that names no dialog of ours is refused with 481, and a REFER that the policy forbids with 603")
def refused(house):
    with house.gate(inside_port=INSIDE_PORT, keys='transfer = "refuse"'), house.agents() as (caller, callee, _):
        a, b = talk(caller, callee, "4755667788", 40000)
        refer(a, f"sip:third@{GATE_OUT}")
        a.expect(603)
        for wrong in ("nobody;to-tag=a;from-tag=b", name(a) + "x"):
            stranger = caller.call("4755667788", 40020, headers=[f"Replaces: {wrong}"])
            stranger.ack(stranger.expect(481))
        early = caller.call("4755667788", 40020, headers=[f"Replaces: {name(a)};early-only"])
        early.ack(early.expect(486))
        end(a, b)


@suite.test("a transfer is carried out, and media flows between the ends that are left")
def carried(house):
    with house.gate(inside_port=INSIDE_PORT, keys='transfer = "carry-out"'), house.agents() as (caller, callee, third):
        capture = Capture(house.lab.outside)
        a, b = talk(caller, callee, "4755667788", 40000)
        refer(a, f"sip:third@{GATE_OUT}")
        a.expect(202)
        told(a, 100, "active")
        c = third.incoming()
        check(not c.invite.body, "the target is to make the offer")
        third.answer(c.invite, 200, c.local, third.sdp(42000))
        offer = callee.expect("INVITE", call_id=b.call_id)
        callee.answer(offer, 200, body=callee.sdp(41000))
        callee.expect("ACK", call_id=b.call_id)
        answer = third.expect("ACK")
        told(a, 200, "terminated")
        caller.answer(a.expect("BYE"), 200)
        with contextlib.closing(house.lab.inside.udp(INSIDE, 41000)) as left, contextlib.closing(house.lab.inside.udp(INSIDE, 42000)) as right:
            packet = bytes((0x80, 0)) + bytes(10) + b"\xd5" * 160
            for source, target, other in ((left, offer, right), (right, answer, left)):
                other.settimeout(2)
                source.sendto(packet, target.media())
                check(other.recvfrom(2048)[1][0] == GATE_IN, "what was heard came by another way")
        equal(len(house.lab.gate_process.calls()), 1, "calls that are left")
        b.cseq += 10
        c.target = c.invite.target
        end(b, c)
        found = capture.stop().find(("198.51.100.", str(INSIDE_PORT), str(THIRD_PORT)))
        check(not found, f"the outside was told {found[:1]}")


@suite.test("who is busy is not transferred to, and the call goes on")
def busy(house):
    with house.gate(inside_port=INSIDE_PORT, keys='transfer = "carry-out"'), house.agents() as (caller, callee, third):
        a, b = talk(caller, callee, "4755667788", 40000)
        refer(a, f"sip:third@{GATE_OUT}")
        a.expect(202)
        told(a, 100, "active")
        c = third.incoming()
        third.answer(c.invite, 486, c.local)
        third.expect("ACK")
        told(a, 486, "terminated")
        end(a, b)


def tones_sent(capture, address, tones):
    """How much of each tone is in the last two seconds that the gate sent to each port of that address. (baresip 1.0.0
    writes down nothing after a re-INVITE.)"""
    sound = {}
    for _, f in capture.packets():
        if f[23] == 17 and f[26:34] == bytes((198, 51, 100, 1)) + address and len(f) == 214:
            sound.setdefault(f[36:38], []).extend(audio.from_pcmu(f[54:]))
    return [[audio.share(s[-2 * audio.RATE:], audio.RATE, tone) for tone in tones] for s in sound.values() if len(s) > audio.RATE]


@suite.test("baresip transfers its call to another phone, and those two hear each other")
def phones(house):
    with house.gate(keys='transfer = "carry-out"') as gate:
        Kamailio(house.lab.inside)
        alice = Baresip(house.lab.outside, "alice", "203.0.113.1", "203.0.113.11", 440)
        bob = Baresip(house.lab.inside, "bob", "198.51.100.10", "198.51.100.11", 880)
        carol = Baresip(house.lab.inside, "carol", "198.51.100.10", "198.51.100.11", 660, sip_port=5070, control=4446)
        for phone in (alice, bob, carol):
            phone.await_registered()
        capture = Capture(house.lab.inside)
        alice.do("dial", "sip:bob@203.0.113.1")
        alice.await_event("CALL_ESTABLISHED")
        time.sleep(1)
        alice.do("transfer", "sip:carol@203.0.113.1")
        carol.await_event("CALL_ESTABLISHED")
        alice.await_event("CALL_CLOSED")
        time.sleep(3)
        equal(len(gate.calls()), 1, "calls that are left")
        carol.do("hangup")
        bob.await_event("CALL_CLOSED")
        shares = tones_sent(capture.stop(), bytes((198, 51, 100, 11)), (660, 880))     # what bob and what carol hear
        check(len(shares) == 2 and max(a for a, _ in shares) > 0.7 and max(b for _, b in shares) > 0.7, f"the tones: {shares}")
        for phone in (alice, bob, carol):
            phone.stop()
