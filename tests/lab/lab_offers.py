"""Callers without an offer (Cisco's usual way) towards a callee who needs one: the gate's own, with SIPp and by hand."""
import contextlib
import os
import time

from agent import end, two_agents
from lab import GATE_IN, GATE_OUT, INSIDE, OUTSIDE, TOP, Gate, Lab
from peers import INSIDE_PORT, Sipp
from rtp import RtpEnd
from runner import Suite, check, equal

CALLER = os.path.join(TOP, "tests", "lab", "late_caller.xml")
CALLEE = os.path.join(TOP, "tests", "lab", "early_only.xml")


@contextlib.contextmanager
def scene():
    with Lab() as lab:
        gate = lab.gate_process = Gate(lab, inside_port=INSIDE_PORT)
        gate.stop()
        policy = gate.policy_text(inside_port=INSIDE_PORT)
        gate.policy = lab.write("policy.toml", policy.replace('[peers.pbx]\n', '[peers.pbx]\noffer = "early"\n'))
        gate.start()
        yield lab


suite = Suite(scene)


def audio(agent, port, formats="8 0 101"):
    return (f"v=0\r\no=- 1 1 IN IP4 {agent.address}\r\ns=-\r\nc=IN IP4 {agent.address}\r\nt=0 0\r\n"
            f"m=audio {port} RTP/AVP {formats}\r\na=rtpmap:101 telephone-event/8000\r\n")


def late_call(caller):
    """A call without an offer."""
    whole = caller.sdp
    caller.sdp = lambda port, more="": ""
    try:
        return caller.call("4755667788")
    finally:
        caller.sdp = whole


def answered(caller, callee):
    """Up to the 2xx, whose ACK is owed."""
    a = late_call(caller)
    b = callee.incoming()
    check("RTP/AVP 8 0 101" in b.invite.body and GATE_IN in b.invite.body, f"the gate offers {b.invite.body!r}")
    callee.answer(b.invite, 200, b.local, audio(callee, 41000))
    ok = a.expect(200)
    check("RTP/AVP 8 0 101" in ok.body and GATE_OUT in ok.body, f"the caller is offered {ok.body!r}")
    return a, b, ok


@suite.test("SIPp calls SIPp without an offer fifty times, and takes one codec of three: a re-INVITE tells the callee")
def by_sipp(lab):
    calls = dict(calls=50, rate=25)
    callee = Sipp(lab.inside, CALLEE, INSIDE, port=INSIDE_PORT, media_port=42000, **calls)
    caller = Sipp(lab.outside, CALLER, OUTSIDE, f"{GATE_OUT}:5060", **calls)
    for sipp in (caller, callee):
        sipp.finish()
    lab.gate_process.settle(ended=True)
    equal([record["status"] for record in lab.gate_process.records()], [200] * 50, "the records' status")


@suite.test("where the caller takes it all the callee hears no more, and sound crosses from its first packet")
def agreed(lab):
    with (two_agents(lab) as (caller, callee), contextlib.closing(RtpEnd(lab.outside, OUTSIDE, 40000)) as near,
          contextlib.closing(RtpEnd(lab.inside, INSIDE, 41000)) as far):
        a, b, ok = answered(caller, callee)
        a.ack(ok, audio(caller, 40000))
        equal(callee.expect("ACK").body, "", "the callee's ACK")
        near.send(ok.media(), 10)
        far.send(b.invite.media(), 10)
        for rtp in (near, far):
            equal(len(rtp.collect(2, 10)), 10, "packets heard")
        check(not [m for m in callee.inbox if m.is_request], "the callee is asked something")
        end(a, b)


@suite.test("a callee who refuses what the caller left of its codecs: both hear BYE, with the reason")
def refused(lab):
    with two_agents(lab) as (caller, callee):
        a, b, ok = answered(caller, callee)
        a.ack(ok, audio(caller, 40000, "0"))
        callee.expect("ACK")
        again = b.expect("INVITE")
        callee.answer(again, 488)
        callee.expect("ACK")
        for dialog in (a, b):
            bye = dialog.expect("BYE")
            check("cause=488" in bye.header("Reason"), f"the BYE says why, not {bye.header('Reason')!r}")
            dialog.agent.answer(bye, 200)


@suite.test("an ACK after kill -9 still answers, and what the callee does not know is told to it")
def killed(lab):
    gate = lab.gate_process
    with two_agents(lab) as (caller, callee):
        a, b, ok = answered(caller, callee)
        time.sleep(0.3)   # the journal's thread writes
        gate.kill()
        gate.start()
        a.ack(ok, audio(caller, 40000, "0"))
        equal(callee.expect("ACK").body, "", "the callee's ACK")
        again = b.expect("INVITE")
        check("RTP/AVP 0\r\n" in again.body, f"the callee is asked for {again.body!r}")
        callee.answer(again, 200, body=audio(callee, 41000, "0"))
        callee.expect("ACK")
        end(a, b)
