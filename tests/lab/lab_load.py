"""Ten thousand calls with the wall in force; afterwards everything is where it was."""
import contextlib
import os

import flows
from lab import Gate, Lab
from peers import INSIDE_PORT, run_flow
from runner import Suite, equal

CALLS = 10000
RATE = 300


def level(gate):
    """What must be the same before and after."""
    return {"calls": len(gate.calls()), "pinholes": len(gate.pinholes()), "elements": gate.elements(),
            "descriptors": gate.descriptors(), "registrations": len(gate.ask("registrations") or []),
            "calls by status": gate.ask("status")["calls"], "pinholes by status": gate.ask("status")["pinholes"]}


@contextlib.contextmanager
def scene():
    with Lab() as lab:
        lab.gate_process = Gate(lab, inside_port=INSIDE_PORT)
        run_flow("basic", flows.outside_to_inside(lab), calls=10)
        lab.gate_process.settle()
        lab.level = level(lab.gate_process)
        lab.calls_total = lab.gate_process.ask("status")["calls_total"]
        yield lab


suite = Suite(scene)


@suite.test(f"{CALLS} calls with SDP and the wall in force all succeed")
def load(lab):
    run_flow("basic", flows.outside_to_inside(lab), calls=CALLS, rate=int(os.environ.get("LAB_RATE", RATE)), timeout=180)


@suite.test("each of them was counted")
def counted(lab):
    equal(lab.gate_process.ask("status")["calls_total"] - lab.calls_total, CALLS, "calls_total")


@suite.test("each of them is written down, with its times, its codes and who ended it")
def recorded(lab):
    records = lab.gate_process.records()[-CALLS:]
    equal(len({r["id"] for r in records}), CALLS, "records")
    odd = [r for r in records if r["status"] != 200 or r["ended_by"] != "a" or not r["answered"] or len(r["streams"]) != 1]
    equal(odd[:3], [], "records that are not as the calls were")


@suite.test("calls, pinholes, sets and descriptors are where they were")
def nothing_left(lab):
    lab.gate_process.settle(40)
    equal(level(lab.gate_process), lab.level, "the level")
