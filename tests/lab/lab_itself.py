"""The laboratory without the product: its flows, phones and canaries work, so what fails elsewhere is not its fault."""
import contextlib
import time

import audio
import flows
from lab import Lab
from peers import Baresip, Capture, Kamailio, run_flow
from runner import Suite, check


@contextlib.contextmanager
def scene():
    with Lab() as lab:
        lab.gate.sysctl("net.ipv4.ip_forward", 1)
        lab.outside.ip("route", "add", "default", "via", "203.0.113.1")
        lab.inside.ip("route", "add", "default", "via", "198.51.100.1")
        yield lab


suite = Suite(scene)


def passes(lab, name):
    run_flow(name, flows.direct(lab), calls=1)


for flow in flows.names():
    suite.add(f"without a gate, {flows.title(flow)}", passes, flow)


@suite.test("a capture without a gate holds every canary")
def canaries(lab):
    capture = Capture(lab.outside)
    run_flow("basic", flows.direct(lab), calls=1)
    found = {canary for canary, _ in capture.stop().find()}
    wanted = {"198.51.100.", "hidden-inside", "CanaryPBX", "Hidden Inside", "45063", "47110", "innerowner", "inner session"}
    check(wanted <= found, f"not seen: {wanted - found}")


@suite.test("two phones call each other over the PBX and hear each other")
def phones(lab):
    Kamailio(lab.inside)
    alice = Baresip(lab.outside, "alice", "198.51.100.10", "203.0.113.11", 440)
    bob = Baresip(lab.inside, "bob", "198.51.100.10", "198.51.100.11", 880)
    alice.await_registered()
    bob.await_registered()
    alice.do("dial", "sip:bob@198.51.100.10")
    alice.await_event("CALL_ESTABLISHED")
    bob.await_event("CALL_ESTABLISHED")
    time.sleep(3)
    alice.do("hangup")
    bob.await_event("CALL_CLOSED")
    check(audio.heard_seconds(alice.recordings()[0], 880) > 1, "alice did not hear bob")
    check(audio.heard_seconds(bob.recordings()[0], 440) > 1, "bob did not hear alice")
    check(audio.heard_seconds(bob.recordings()[0], 880) == 0, "bob heard himself")
