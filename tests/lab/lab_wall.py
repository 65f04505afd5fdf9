"""The wall: nobody but the negotiated peer gets through, and the peer's first packet does."""
import contextlib
import time

from agent import Agent, end, established
from lab import GATE_IN, GATE_OUT, INSIDE, OUTSIDE, Gate, Lab
from peers import INSIDE_PORT
from rtp import RtpEnd, packet
from runner import Suite, check, equal

PROBE = packet(7, ssrc=0xBAD, payload=b"PROBE" * 32)
OUTER_PORTS = range(20000, 30000)
INNER_PORTS = range(30000, 40000)


class Wall:
    def __init__(self, lab):
        self.lab = lab
        self.gate = Gate(lab, inside_port=INSIDE_PORT)
        self.caller = Agent(lab.outside, OUTSIDE, 5060, (GATE_OUT, 5060))
        self.callee = Agent(lab.inside, INSIDE, INSIDE_PORT, (GATE_IN, 5060))
        self.rtp_a = RtpEnd(lab.outside, OUTSIDE, 40000)
        self.rtp_b = RtpEnd(lab.inside, INSIDE, 41000)

    def probe(self, host, source, gate, ports, payload=PROBE):
        """One packet to each media port; in small portions, so that it is the wall that stops them and no queue."""
        s = host.udp(source)
        for n, port in enumerate(ports):
            s.sendto(payload, (gate, port))
            if n % 200 == 199:
                time.sleep(0.01)
        came_back = RtpEnd.__new__(RtpEnd)
        came_back.socket, came_back.received = s, []
        came_back.collect(0.2)
        s.close()
        equal(len(came_back.received), 0, f"packets that came back to {source}")

    def probe_everywhere(self):
        self.probe(self.lab.outside, "203.0.113.66", GATE_OUT, OUTER_PORTS)
        self.probe(self.lab.inside, "198.51.100.66", GATE_IN, INNER_PORTS)
        self.probe(self.lab.outside, "203.0.113.66", GATE_OUT, INNER_PORTS)

    def nothing_arrived(self, of_the_call=()):
        for name, rtp in (("outside", self.rtp_a), ("inside", self.rtp_b)):
            bad = [source for data, source in rtp.collect(0.3) if b"PROBE" in data]
            equal(bad, [], f"probes that reached the peer {name}")
        self.rtp_a.received, self.rtp_b.received = [], []


@contextlib.contextmanager
def scene():
    with Lab() as lab:
        yield Wall(lab)


suite = Suite(scene)


@suite.test("before any call no probe reaches anybody")
def before(wall):
    wall.probe_everywhere()
    wall.nothing_arrived()


@suite.test("during a call no probe from a wrong address or port reaches anybody")
def during(wall):
    a, b = established(wall.caller, wall.callee)
    wall.probe_everywhere()
    wall.nothing_arrived()
    wall.rtp_a.send(a.sends_to, 10)
    wall.rtp_b.send(b.sends_to, 10)
    equal((len(wall.rtp_a.collect(1, 10)), len(wall.rtp_b.collect(1, 10))), (10, 10), "packets of the call itself")
    wall.probe_everywhere()
    wall.probe(wall.lab.outside, OUTSIDE, GATE_OUT, OUTER_PORTS)
    wall.probe(wall.lab.inside, INSIDE, GATE_IN, INNER_PORTS)
    wall.nothing_arrived()
    wall.rtp_a.send(a.sends_to, 10, first=10)
    equal(len(wall.rtp_b.collect(1, 10)), 10, "packets of the call after the probes")
    wall.rtp_b.received = []
    end(a, b)
    wall.last = a, b


@suite.test("after a call its own peers no longer get through")
def after(wall):
    wall.gate.settle()
    a, b = wall.last
    for n in range(20):
        wall.rtp_a.socket.sendto(PROBE, a.sends_to)
        wall.rtp_b.socket.sendto(PROBE, b.sends_to)
    wall.probe_everywhere()
    wall.nothing_arrived()


@suite.test("a pinhole is closed within 100 ms of the end")
def closed_soon(wall):
    slowest = 0
    for _ in range(20):
        a, b = established(wall.caller, wall.callee)
        wall.rtp_a.send(a.sends_to, 3)
        check(len(wall.rtp_b.collect(1, 3)) == 3, "the call has no media")
        wall.rtp_b.received = []
        end(a, b)
        ended = time.monotonic()
        while True:
            sent = time.monotonic()
            wall.rtp_a.send(a.sends_to)
            if not wall.rtp_b.collect(0.02, 1):
                break
            wall.rtp_b.received = []
            slowest = max(slowest, sent - ended)
    check(slowest < 0.1, f"a packet passed {slowest * 1000:.0f} ms after the BYE was answered")


def at_once(wall, caller, callee, ends, times=200):
    """The callee's 200 and its first packets leave in the same instant; how many were lost on the way."""
    hears, speaks = ends
    for _ in range(times):
        dialog = caller.call("4755667788", hears.socket.getsockname()[1])
        other = callee.incoming()
        body = callee.sdp(speaks.socket.getsockname()[1])
        callee.answer(other.invite, 200, other.local, body)
        speaks.send(other.invite.media(), 2)
        dialog.ack(dialog.expect(200))
        callee.expect("ACK")
        hears.collect(0.5, 2)
        lost = 2 - len(hears.received)
        hears.received = []
        end(dialog, other)
        if lost:
            yield lost


@suite.test("RTP of a callee inside that leaves with its 200 arrives, 200 times")
def at_once_inside(wall):
    equal(sum(at_once(wall, wall.caller, wall.callee, (wall.rtp_a, wall.rtp_b))), 0, "packets lost")
    wall.gate.settle()


@suite.test("RTP of a callee outside that leaves with its 200 arrives, 200 times")
def at_once_outside(wall):
    wall.callee.close()
    wall.caller.close()
    caller = Agent(wall.lab.inside, INSIDE, INSIDE_PORT, (GATE_IN, 5060))
    callee = Agent(wall.lab.outside, OUTSIDE, 5060, (GATE_OUT, 5060))
    equal(sum(at_once(wall, caller, callee, (wall.rtp_b, wall.rtp_a))), 0, "packets lost")
    wall.gate.settle()
