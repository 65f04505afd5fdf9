"""Calls that the gate forks itself: SIPp and agents ring at once or in turn, one answers, and nothing of the others is
left."""
import contextlib
import os

from agent import Agent, end
from lab import GATE_IN, GATE_OUT, INSIDE, OUTSIDE, TOP, Gate, Lab
from peers import INSIDE_PORT, Sipp
from runner import Suite, check, equal

PORTS = (INSIDE_PORT, INSIDE_PORT + 2, INSIDE_PORT + 4)
BRANCHES = f"""[peers.second]
zone = "inside"
uri  = "sip:{INSIDE}:{PORTS[1]}"

[peers.third]
zone = "inside"
uri  = "sip:{INSIDE}:{PORTS[2]}"

[[routes]]
name  = "all"
from  = "outside"
match = {{ request_user = "^all" }}
to    = ["pbx", "second", "third"]
fork  = "parallel"

[[routes]]
name  = "in turn"
from  = "outside"
match = {{ request_user = "^turn" }}
to    = ["pbx", "second", "third"]
fork  = "serial"
ring  = "1s"

[[routes]]
name = "everything from outside"""

WINNER = os.path.join(TOP, "tests", "lab", "winner.xml")
LOSER = os.path.join(TOP, "tests", "lab", "loser.xml")
CALLER = os.path.join(TOP, "tests", "lab", "patient.xml")


@contextlib.contextmanager
def scene():
    with Lab() as lab:
        gate = lab.gate_process = Gate(lab, inside_port=INSIDE_PORT)
        gate.stop()
        policy = gate.policy_text(inside_port=INSIDE_PORT)
        gate.policy = lab.write("policy.toml", policy.replace('[[routes]]\nname = "everything from outside', BRANCHES))
        gate.start()
        yield lab


suite = Suite(scene)


@contextlib.contextmanager
def phones(lab):
    """A caller outside, three callees inside; afterwards nothing of their calls is left at the gate."""
    agents = [Agent(lab.outside, OUTSIDE, 5060, (GATE_OUT, 5060))]
    agents += [Agent(lab.inside, INSIDE, port, (GATE_IN, 5060)) for port in PORTS]
    try:
        yield agents
    finally:
        for agent in agents:
            agent.close()
    lab.gate_process.settle(ended=True)


def cancelled(b):
    """The branch is cancelled, and says so."""
    cancel = b.expect("CANCEL")
    b.agent.answer(cancel, 200, b.local)
    b.agent.answer(b.invite, 487, b.local)
    b.agent.expect("ACK")
    return cancel


def branches(lab):
    return [(branch["peer"], branch["status"]) for branch in lab.gate_process.records()[-1]["branches"]]


@suite.test("SIPp calls three of SIPp: the fastest answers, the others are cancelled, fifty times")
def by_sipp(lab):
    calls = dict(calls=50, rate=25)
    winner = Sipp(lab.inside, WINNER, INSIDE, port=PORTS[1], media_port=42000, **calls)
    losers = [Sipp(lab.inside, LOSER, INSIDE, port=port, media_port=43000 + port % 100 * 10, **calls)
              for port in (PORTS[0], PORTS[2])]
    caller = Sipp(lab.outside, CALLER, OUTSIDE, f"{GATE_OUT}:5060", user="all", **calls)
    for sipp in (caller, winner, *losers):
        sipp.finish()
    lab.gate_process.settle(ended=True)
    records = lab.gate_process.records()
    equal(len(records), 50, "call records")
    for record in records:
        equal(record["status"], 200, "a record's status")
        equal(record["b"]["peer"], "second", "who won")
        equal(sorted((b["peer"], b["status"]) for b in record["branches"]), [("pbx", 0), ("second", 200), ("third", 0)],
              "the branches")


@suite.test("a callee who answers while the CANCEL is on its way is acknowledged and ended")
def crossing(lab):
    with phones(lab) as (caller, *callees):
        a = caller.call("all")
        b, c, d = (callee.incoming() for callee in callees)
        for x in (b, c, d):
            x.agent.answer(x.invite, 180, x.local)
        a.expect(180)
        c.agent.answer(c.invite, 200, c.local, c.agent.sdp(41000))
        b.agent.answer(b.invite, 200, b.local, b.agent.sdp(41010))
        ok = a.expect(200)
        a.ack(ok)
        for x in (b, c):
            x.agent.expect("ACK")
        b.agent.answer(b.expect("BYE"), 200)
        cancelled(d)
        end(a, c)


@suite.test("each branch has early media of its own, and ports and pinholes of the losers are closed")
def early_media(lab):
    with phones(lab) as (caller, *callees):
        a = caller.call("all")
        incoming = [callee.incoming() for callee in callees]
        heard = []
        for i, x in enumerate(incoming):
            x.agent.answer(x.invite, 183, x.local, x.agent.sdp(41000 + 10 * i))
            heard.append(a.expect(183))
        equal(len({m.media() for m in heard}), 3, "ports that the caller hears of")
        equal(len({x.invite.media() for x in incoming}), 3, "ports that the callees hear of")
        b = incoming[0]
        b.agent.answer(b.invite, 200, b.local, b.agent.sdp(41000))
        ok = a.expect(200)
        a.ack(ok)
        b.agent.expect("ACK")
        for x in incoming[1:]:
            check("Call completed elsewhere" in cancelled(x).header("Reason"), "the CANCEL does not say why")
        check(len(lab.gate_process.pinholes()) <= 5, f"pinholes of losers are open: {lab.gate_process.pinholes()}")
        end(a, b)


@suite.test("in turn: who does not answer in time is cancelled, who refuses makes way, the third answers")
def in_turn(lab):
    with phones(lab) as (caller, *callees):
        a = caller.call("turn")
        b = callees[0].incoming()
        b.agent.answer(b.invite, 180, b.local)
        a.expect(180)
        cancelled(b)
        c = callees[1].incoming()
        c.agent.answer(c.invite, 486, c.local)
        c.agent.expect("ACK")
        d = callees[2].incoming()
        d.agent.answer(d.invite, 200, d.local, d.agent.sdp(41000))
        a.ack(a.expect(200))
        d.agent.expect("ACK")
        end(a, d)
    equal(branches(lab), [("pbx", 408), ("second", 486), ("third", 200)], "the branches")


@suite.test("where all refuse, the caller hears the best of it once")
def best(lab):
    with phones(lab) as (caller, *callees):
        a = caller.call("all")
        for callee, status in zip(callees, (500, 486, 503)):
            b = callee.incoming()
            callee.answer(b.invite, status, b.local)
            callee.expect("ACK")
        equal(a.expect("final").status, 486, "what the caller hears")
        a.send("ACK", cseq=1)
