"""Requests that are too large for a datagram (RFC 3261, 18.1.1): SIPp and Kamailio get them by TCP, who has no TCP by UDP."""
import contextlib
import os
import socket

from agent import Agent
from lab import GATE_IN, GATE_OUT, INSIDE, OUTSIDE, TOP, Gate, Lab
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


def late_answer(lab, listening):
    """A late offer whose answer is too large: the ACK as it comes by TCP, or None, and as it comes by UDP."""
    callee = Agent(lab.inside, INSIDE, INSIDE_PORT, (GATE_IN, 5060))
    caller = Agent(lab.outside, OUTSIDE, 5060, (GATE_OUT, 5060))
    with lab.inside.entered():
        server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    with contextlib.closing(caller), contextlib.closing(callee), server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind((INSIDE, INSIDE_PORT))
        if listening:
            server.listen()
            server.settimeout(5)
        caller.sdp, whole = (lambda port, more="": ""), caller.sdp
        a = caller.call("4755667788")
        b = callee.incoming()
        callee.answer(b.invite, 200, b.local, callee.sdp(41000))
        a.ack(a.expect(200), whole(40000, MORE))
        by_stream = None
        if listening:
            stream, _ = server.accept()
            stream.settimeout(5)
            by_stream = b""
            while b"X-filling-19" not in by_stream:
                by_stream += stream.recv(65536)
            stream.close()
            callee.answer(b.invite, 200, b.local, callee.sdp(41000))   # as if it had not come
        else:
            callee.answer(b.invite, 200, b.local, callee.sdp(41000))
        by_datagram = callee.expect("ACK")
        a.send("BYE")
        callee.answer(b.expect("BYE"), 200)
        a.expect(200)
    lab.gate_process.settle(ended=True)
    return by_stream, by_datagram


@suite.test("the ACK with the answer to a late offer comes by TCP, and by UDP when its 2xx comes again")
def late(lab):
    by_stream, by_datagram = late_answer(lab, True)
    check(by_stream.startswith(b"ACK sip:") and b"Via: SIP/2.0/TCP" in by_stream, f"by TCP came {by_stream[:100]!r}")
    check("SIP/2.0/UDP" in by_datagram.header("Via") and "X-filling-19" in by_datagram.body, "the same by UDP")
    _, by_datagram = late_answer(lab, False)
    check("X-filling-19" in by_datagram.body, "where nobody listens on TCP it comes by UDP")


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
