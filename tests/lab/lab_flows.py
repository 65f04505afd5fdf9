"""Every flow through the gate, both ways; and nothing of the inside is seen outside."""
import contextlib

import flows
from agent import end, established, two_agents
from lab import Gate, Lab
from peers import INSIDE_PORT, Capture, run_flow
from runner import Suite, check, equal


@contextlib.contextmanager
def scene():
    with Lab() as lab:
        lab.gate_process = Gate(lab, inside_port=INSIDE_PORT)
        lab.capture = Capture(lab.outside)
        yield lab


suite = Suite(scene)


def passes(lab, name, way):
    run_flow(name, way(lab))
    lab.gate_process.settle(ended=True)


for flow in flows.names():
    suite.add(f"from outside, {flows.title(flow)}", passes, flow, flows.outside_to_inside)
for flow in flows.names():
    suite.add(f"from inside, {flows.title(flow)}", passes, flow, flows.inside_to_outside)


@suite.test("two BYE that cross are both answered")
def crossing_bye(lab):
    with two_agents(lab) as (caller, callee):
        a, b = established(caller, callee)
        a.send("BYE")
        b.send("BYE")
        for dialog in (a, b):
            with contextlib.suppress(Exception):     # the far BYE need not come: the gate may have ended that side
                dialog.agent.answer(dialog.expect("BYE", 0.5), 200)
        for dialog in (a, b):
            check(dialog.expect("final").status in (200, 481), "a BYE was neither accepted nor found too late")


@suite.test("a CANCEL that crosses the 200 leaves no call behind")
def crossing_cancel(lab):
    with two_agents(lab) as (caller, callee):
        for cancel_first in (False, True):
            a = caller.call("4755667788")
            branch = a.sent_branch
            b = callee.incoming()
            callee.answer(b.invite, 180, b.local)
            a.expect(180)
            sends = [lambda: callee.answer(b.invite, 200, b.local, callee.sdp(41000)),
                     lambda: a.send("CANCEL", branch=branch, cseq=1)]
            for send in reversed(sends) if cancel_first else sends:
                send()
            cancelled = next(m for m in (a.expect("final"), a.expect("final")) if not settle_invite(a, m))
            equal(cancelled.status, 200, "the answer to the CANCEL")
            callee.expect("ACK")
            with contextlib.suppress(Exception):
                callee.answer(b.expect("BYE", 2), 200)
            if a.accepted:
                a.expect(200)


def settle_invite(dialog, message):
    """ACKs a final response to the INVITE, and ends the call where it was accepted; False: it is another's response."""
    if message.method != "INVITE":
        return False
    dialog.ack(message)
    dialog.accepted = message.status == 200
    if dialog.accepted:
        dialog.send("BYE")
    return True


@suite.test("offers that cross are refused with 491 and a later one succeeds")
def glare(lab):
    with two_agents(lab) as (caller, callee):
        a, b = established(caller, callee)
        a.send("INVITE", caller.sdp(40000, "a=sendonly\r\n"))
        b.send("INVITE", callee.sdp(41000, "a=sendonly\r\n"))
        for dialog in (a, b):
            with contextlib.suppress(Exception):
                late = dialog.expect("INVITE", 0.5)
                dialog.agent.answer(late, 491)
                dialog.expect("ACK")
        answers = [dialog.expect("final") for dialog in (a, b)]
        for dialog, answer in zip((a, b), answers):
            dialog.ack(answer)
        check(any(m.status == 491 for m in answers), f"no 491 but {answers}")
        a.send("INVITE", caller.sdp(40000))
        again = b.expect("INVITE")
        callee.answer(again, 200, body=callee.sdp(41000))
        a.ack(a.expect(200))
        b.expect("ACK")
        end(a, b)


@suite.test("after all of them nothing is left")
def nothing_left(lab):
    lab.gate_process.settle(40)


@suite.test("nothing of the inside was seen outside")
def hidden(lab):
    found = lab.capture.stop().find()
    seen = {canary for canary, _ in found}
    example = found[0][1][42:].decode("utf-8", "replace")[:1500] if found else ""
    check(len(list(lab.capture.packets())) > 500, "the capture is empty: this would prove nothing")
    check(not found, f"{len(found)} hits of {seen}, the first in:\n{example}")
