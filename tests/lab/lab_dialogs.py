"""How the gate keeps a call's two dialogs where one side does not speak what the other does: reliable responses,
session timers, redirections."""
import contextlib

from agent import Agent, end, two_agents
from lab import GATE_IN, INSIDE, Gate, Lab
from peers import INSIDE_PORT
from runner import Suite, check, equal

SECOND_PORT = INSIDE_PORT + 2
SECOND = f"""[peers.second]
zone = "inside"
uri  = "sip:{INSIDE}:{SECOND_PORT}"

[[routes]]
name  = "to the second"
from  = "outside"
match = {{ request_user = "^second" }}
to    = ["second"]

[[routes]]
name = "everything from outside"""


@contextlib.contextmanager
def scene():
    with Lab() as lab:
        gate = lab.gate_process = Gate(lab, inside_port=INSIDE_PORT)
        gate.stop()
        policy = gate.policy_text(inside_port=INSIDE_PORT)
        policy = policy.replace('[peers.pbx]\n', '[peers.pbx]\nsession = { expires = "10m" }\nredirects = "follow"\n')
        gate.policy = lab.write("policy.toml", policy.replace('[[routes]]\nname = "everything from outside', SECOND))
        gate.start()
        yield lab


suite = Suite(scene)


def follow(dialog, response):
    """The early dialog of a response, as its caller sees it."""
    dialog.remote = response.header("To")
    dialog.target = response.target
    return dialog


def accepted(a, b, headers=()):
    """The call is answered with what the callee says of its session."""
    b.agent.answer(b.invite, 200, b.local, b.agent.sdp(41000), headers)
    ok = a.expect(200)
    a.ack(ok)
    b.agent.expect("ACK")
    return ok


@suite.test("a caller who requires reliable responses gets them from the gate, and without PRACK again")
def require_at_caller(lab):
    with two_agents(lab) as (caller, callee):
        a = caller.call("4755667788", headers=["Require: 100rel"])
        b = callee.incoming()
        check("100rel" in b.invite.header("Supported"), "the callee is not told that the caller speaks 100rel")
        check("100rel" not in b.invite.header("Require"), "the callee is required what it need not have")
        callee.answer(b.invite, 180, b.local)
        ringing = a.expect(180)
        equal(ringing.header("Require"), "100rel", "Require of the 180")
        caller.seen.clear()
        a.expect(180, 2)
        follow(a, ringing).send("PRACK", headers=[f"RAck: {ringing.header('RSeq')} 1 INVITE"])
        equal(a.expect("final").method, "PRACK", "the answered request")
        a.remote = ringing.header("To")
        accepted(a, b)
        end(a, b)


@suite.test("a caller without reliable responses hears a callee that has them, and the gate sends the PRACK")
def insisting_callee(lab):
    with two_agents(lab) as (caller, callee):
        a = caller.call("4755667788")
        b = callee.incoming()
        callee.answer(b.invite, 183, b.local, callee.sdp(41000), ["Require: 100rel", "RSeq: 815"])
        prack = callee.expect("PRACK")
        equal(prack.header("RAck"), f"815 {b.invite.header('CSeq')}", "RAck")
        callee.answer(prack, 200)
        progress = a.expect(183)
        check(not progress.header("RSeq") and not progress.header("Require"), "the caller hears of reliability")
        check(progress.body, "the early media is not announced")
        accepted(a, b)
        end(a, b)


def refreshed(lab, allow, method):
    with two_agents(lab) as (caller, callee):
        a = caller.call("4755667788")
        b = callee.incoming()
        equal(b.invite.header("Session-Expires"), "600", "what the gate asks for")
        session = ["Require: timer", "Session-Expires: 4;refresher=uac", f"Allow: {allow}"]
        ok = accepted(a, b, session)
        check(not ok.header("Session-Expires"), "a caller without timers hears of them")
        for _ in range(2):
            refresh = b.expect(method, 4)
            if method == "INVITE":
                equal(refresh.body, b.invite.body, "what the refresh offers")
            callee.answer(refresh, 200, body=callee.sdp(41000) if method == "INVITE" else "", headers=session)
            if method == "INVITE":
                callee.expect("ACK")
        callee.answer(b.expect(method, 4), 481)      # and now it has forgotten the call
        with contextlib.suppress(Exception):
            callee.expect("ACK", 0.5)
        callee.answer(b.expect("BYE"), 481)
        bye = a.expect("BYE")
        check("cause=481" in bye.header("Reason"), f"the BYE says why, not {bye.header('Reason')!r}")
        caller.answer(bye, 200)


@suite.test("the gate refreshes a callee's session by UPDATE, and ends the call when there is none any more")
def refresh_by_update(lab):
    refreshed(lab, "INVITE, ACK, BYE, CANCEL, UPDATE", "UPDATE")


@suite.test("the gate refreshes a callee's session by INVITE with the description that it had sent")
def refresh_by_invite(lab):
    refreshed(lab, "INVITE, ACK, BYE, CANCEL", "INVITE")


@suite.test("a session that the callee does not refresh ends on both sides")
def expired(lab):
    with two_agents(lab) as (caller, callee):
        a = caller.call("4755667788")
        b = callee.incoming()
        accepted(a, b, ["Require: timer", "Session-Expires: 3;refresher=uas"])
        for dialog in (a, b):
            bye = dialog.expect("BYE", 5)
            check("cause=408" in bye.header("Reason"), f"the BYE says why, not {bye.header('Reason')!r}")
            dialog.agent.answer(bye, 200)


@suite.test("a callee that wants a longer session is asked again with it")
def longer(lab):
    with two_agents(lab) as (caller, callee):
        a = caller.call("4755667788")
        b = callee.incoming()
        callee.answer(b.invite, 422, b.local, headers=["Min-SE: 3600"])
        callee.expect("ACK")
        b = callee.incoming()
        equal(b.invite.header("Session-Expires"), "3600", "what the gate asks for now")
        accepted(a, b, ["Session-Expires: 3600;refresher=uas"])
        end(a, b)


@suite.test("a redirection is followed by the routes, and the caller hears nothing of it")
def redirected(lab):
    with two_agents(lab) as (caller, callee):
        second = Agent(lab.inside, INSIDE, SECOND_PORT, (GATE_IN, 5060))
        try:
            a = caller.call("4755667788")
            moved = callee.incoming()
            callee.answer(moved.invite, 302, moved.local, contact=f"<sip:nobody@{INSIDE}>;q=0.1, <sip:second@{INSIDE}:9>;q=0.9")
            callee.expect("ACK")
            b = second.incoming()
            accepted(a, b)
            end(a, b)
        finally:
            second.close()
