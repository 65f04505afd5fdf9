"""The flows of tests/lab/flows, and the ways through the gate on which they run."""
import glob
import os

import ladder
from lab import (GATE_IN, GATE_IN6, GATE_OUT, GATE_OUT6, INSIDE, INSIDE6, OUTSIDE, OUTSIDE6)
from peers import FLOWS, INSIDE_PORT, Way


def names():
    return sorted(os.path.basename(p).removesuffix(".ladder") for p in glob.glob(os.path.join(FLOWS, "*.ladder")))


def title(name):
    return ladder.read(os.path.join(FLOWS, f"{name}.ladder"))[0]


def outside_to_inside(lab, **options):
    return Way((lab.outside, OUTSIDE), (lab.inside, INSIDE), GATE_OUT, {"A": GATE_OUT, "B": GATE_IN}, **options)


def inside_to_outside(lab, **options):
    return Way((lab.inside, INSIDE), (lab.outside, OUTSIDE), GATE_IN, {"A": GATE_IN, "B": GATE_OUT}, **options)


def outside_to_inside6(lab, **options):
    return Way((lab.outside, OUTSIDE6), (lab.inside, INSIDE6), GATE_OUT6, {"A": GATE_OUT6, "B": GATE_IN6}, **options)


def inside_to_outside6(lab, **options):
    return Way((lab.inside, INSIDE6), (lab.outside, OUTSIDE6), GATE_IN6, {"A": GATE_IN6, "B": GATE_OUT6}, **options)


def direct(lab):
    """Past the gate, which only forwards: what the laboratory does without a product in it, so nothing is hidden."""
    way = Way((lab.outside, OUTSIDE), (lab.inside, INSIDE), f"{INSIDE}:{INSIDE_PORT}", {"A": INSIDE, "B": OUTSIDE})
    way.inside = None
    return way
