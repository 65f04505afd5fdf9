"""Two hundred calls at once with RTP both ways: nothing is lost, every packet is counted."""
import contextlib
import json
import os
import time

from agent import Agent, end, established
from lab import GATE_IN, GATE_OUT, INSIDE, OUTSIDE, Gate, Lab, program, wait_until
from peers import INSIDE_PORT
from runner import Suite, equal

CALLS = 200
PACKETS_A_SECOND = 50
SECONDS = 15 if os.environ.get("LAB_SHORT") else 60
EACH = CALLS * PACKETS_A_SECOND * SECONDS


class Media:
    def __init__(self, lab):
        self.lab = lab
        self.gate = Gate(lab, inside_port=INSIDE_PORT)
        self.caller = Agent(lab.outside, OUTSIDE, 5060, (GATE_OUT, 5060))
        self.callee = Agent(lab.inside, INSIDE, INSIDE_PORT, (GATE_IN, 5060))
        self.calls = [established(self.caller, self.callee, 40000 + 2 * n, 45000 + 2 * n) for n in range(CALLS)]
        self.counts = {}

    def start_peer(self, host, address, dialogs, when):
        flows = "".join(f"{address} {d.media_port} {d.sends_to[0]} {d.sends_to[1]}\n" for d in dialogs)
        path = self.lab.write(f"flows-{host.role}", flows)
        peer = host.start(f"rtp-{host.role}", "sh", "-c",
                          f"exec {program('tests/lab/rtp_peer')} {SECONDS} {PACKETS_A_SECOND} {when} < {path}")
        return peer


@contextlib.contextmanager
def scene():
    with Lab() as lab:
        yield Media(lab)


suite = Suite(scene)


@suite.test(f"{CALLS} calls with RTP both ways for {SECONDS} s lose no packet")
def no_loss(media):
    equal(len(media.gate.calls()), CALLS, "calls at once")
    when = int(time.time()) + 3      # both sides have their sockets by then
    peers = [media.start_peer(media.lab.outside, OUTSIDE, [a for a, _ in media.calls], when),
             media.start_peer(media.lab.inside, INSIDE, [b for _, b in media.calls], when)]
    for peer in peers:
        peer.wait(SECONDS + 30)
    out, inside = (json.loads(p.output().splitlines()[-1]) for p in peers)
    for name, counts in (("outside", out), ("inside", inside)):
        equal({k: counts[k] for k in ("sent", "received", "gaps", "foreign", "silent")},
              {"sent": EACH, "received": EACH, "gaps": 0, "foreign": 0, "silent": 0}, f"packets {name}")


@suite.test("every packet was counted")
def counted(media):
    def totals():
        streams = media.gate.streams()
        return tuple(sum(s[side]["packets"] for s in streams) for side in "ab")
    with contextlib.suppress(Exception):
        wait_until(lambda: totals() == (EACH, EACH), "", 3, 0.3)
    equal(totals(), (EACH, EACH), "packets in `sallyport streams`")


@suite.test("after the calls nothing is left")
def nothing_left(media):
    for a, b in media.calls:
        end(a, b)
    media.gate.settle(20)
