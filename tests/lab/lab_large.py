"""Requests that are too large for a datagram (RFC 3261, 18.1.1): SIPp and Kamailio get them by TCP, who has no TCP by UDP."""
import contextlib
import os

from agent import Agent
from lab import GATE_OUT, INSIDE, OUTSIDE, TOP, Gate, Lab
from peers import INSIDE_PORT, Capture, Kamailio, Sipp
from runner import Suite, check, equal

CALLEE = os.path.join(TOP, "tests", "lab", "winner.xml")
MORE = "".join(f"a=X-filling-{i}:{'x' * 60}\r\n" for i in range(20))


@contextlib.contextmanager
def scene():
    with Lab() as lab:
        gate = lab.gate_process = Gate(lab, inside_port=INSIDE_PORT)
        gate.stop()
        lab.policy = gate.policy_text(inside_port=INSIDE_PORT).replace(";transport=udp", "")
        gate.policy = lab.write("policy.toml", lab.policy)
        gate.start()
        yield lab


suite = Suite(scene)


@contextlib.contextmanager
def called(lab, **sipp):
    """A callee of SIPp, and an agent outside who calls it once."""
    callee = Sipp(lab.inside, CALLEE, INSIDE, calls=1, **sipp)
    caller = Agent(lab.outside, OUTSIDE, 5060, (GATE_OUT, 5060))
    try:
        yield caller
        callee.finish()
    finally:
        caller.close()
        callee.process.stop()
    lab.gate_process.settle(ended=True)


def talk(caller, more):
    a = caller.call("4755667788", more=more)
    ok = a.expect(200)
    a.ack(ok)
    a.bye()


@suite.test("a large call reaches SIPp that listens on TCP alone")
def by_tcp(lab):
    # Its Contact names no transport, so what follows would go by UDP: the call is cut short.
    with contextlib.closing(Agent(lab.outside, OUTSIDE, 5060, (GATE_OUT, 5060))) as caller:
        callee = Sipp(lab.inside, os.path.join(TOP, "tests", "lab", "busy.xml"), INSIDE, calls=1, transport="t1")
        a = caller.call("4755667788", more=MORE)
        equal(a.expect("final").status, 486, "what SIPp answers over TCP")
        a.send("ACK", cseq=1)
        callee.finish()
    lab.gate_process.settle(ended=True)


@suite.test("a call that fits reaches SIPp by UDP, and so does a large one where nobody listens on TCP")
def by_udp(lab):
    with called(lab) as caller:
        talk(caller, "")
    with called(lab) as caller:
        talk(caller, MORE)


@suite.test("Kamailio hears a large request by TCP, and by UDP where the policy says so")
def kamailio(lab):
    Kamailio(lab.inside, INSIDE, INSIDE_PORT)
    gate = lab.gate_process
    for word, by_stream in (("tcp", True), ("udp", False)):
        gate.stop()
        gate.policy = lab.write("policy.toml", lab.policy.replace("[peers.pbx]\n", f'[peers.pbx]\nlarge_requests = "{word}"\n'))
        gate.start()
        capture = Capture(lab.inside, expression=f"tcp and port {INSIDE_PORT}")
        with contextlib.closing(Agent(lab.outside, OUTSIDE, 5060, (GATE_OUT, 5060))) as caller:
            a = caller.call("4755667788", more=MORE)
            equal(a.expect("final").status, 404, "what Kamailio says of a user that it does not know")
            a.send("ACK", cseq=1)
        packets = [packet for _, packet in capture.stop().packets()]
        equal(any(b"INVITE sip:" in packet for packet in packets), by_stream, "whether the INVITE came by TCP")
        if by_stream:
            check(any(b"Via: SIP/2.0/TCP" in packet for packet in packets), "its Via does not say TCP")
    gate.settle(ended=True)
