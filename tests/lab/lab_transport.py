"""UDP and TCP, IPv4 and IPv6, each way; and calls between them."""
import contextlib

import flows
from lab import (GATE_IN6, GATE_OUT, INSIDE6, OUTSIDE, Gate, Lab)
from peers import INSIDE_PORT, Way, run_flow
from runner import Suite

FLOWS = ("basic", "bye_from_callee", "cancel", "hold_by_caller", "late_offer", "busy", "message")


@contextlib.contextmanager
def scene():
    with Lab() as lab:
        yield lab


suite = Suite(scene)
suite.gate = None


def passes(lab, name, way, options, policy):
    """One gate for each policy: its peers' addresses and transport differ."""
    wanted = tuple(sorted(policy.items()))
    if suite.gate is None or suite.gate[0] != wanted:
        if suite.gate is not None:
            suite.gate[1].stop()
        suite.gate = wanted, Gate(lab, inside_port=INSIDE_PORT, **policy)
    run_flow(name, way(lab, **options))
    suite.gate[1].settle()


def v4_to_v6(lab, **options):
    return Way((lab.outside, OUTSIDE), (lab.inside, INSIDE6), GATE_OUT, {"A": GATE_OUT, "B": GATE_IN6}, **options)


V6 = {"inside": "[2001:db8:2::10]", "outside": "[2001:db8:1::10]"}
WAYS = (
    ("over TCP from outside", flows.outside_to_inside, {"transport": "t1"}, {"transport": "tcp"}),
    ("over TCP from inside", flows.inside_to_outside, {"transport": "t1"}, {"transport": "tcp"}),
    ("over UDP and IPv6 from outside", flows.outside_to_inside6, {}, V6),
    ("over UDP and IPv6 from inside", flows.inside_to_outside6, {}, V6),
    ("over TCP and IPv6 from outside", flows.outside_to_inside6, {"transport": "t1"}, dict(V6, transport="tcp")),
    ("over TCP and IPv6 from inside", flows.inside_to_outside6, {"transport": "t1"}, dict(V6, transport="tcp")),
    ("from IPv4 outside to IPv6 inside", v4_to_v6, {}, {"inside": "[2001:db8:2::10]"}),
)
for words, way, options, policy in WAYS:
    for flow in FLOWS:
        suite.add(f"{words}, {flows.title(flow)}", passes, flow, way, options, policy)
