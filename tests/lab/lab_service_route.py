"""The way by which a registrar wants its phones' requests (RFC 3608): the phone is told ours, the registrar hears its own,
whichever worker the phone's calls come to, and after kill -9."""
import contextlib
import os
import time

from agent import Agent, end
from lab import GATE_IN, GATE_OUT, INSIDE, OUTSIDE, Gate, Lab
from peers import INSIDE_PORT
from runner import Suite, check, equal

WAY = ["<sip:orig@scscf.inside.example;lr>", "<sip:198.51.100.77;lr>"]


@contextlib.contextmanager
def scene():
    with Lab() as lab:
        gate = lab.gate_process = Gate(lab, inside_port=INSIDE_PORT)
        gate.stop()
        policy = gate.policy_text(inside_port=INSIDE_PORT, outside_keys='register = { client_expires = "60s" }')
        gate.policy = lab.write("policy.toml", policy)
        gate.start()
        yield lab


suite = Suite(scene)


def registers(phone, registrar, number):
    """A REGISTER of the phone that the registrar takes; what the phone hears."""
    branch, tag = os.urandom(6).hex(), os.urandom(4).hex()
    phone.send([f"REGISTER sip:{GATE_OUT} SIP/2.0", f"Via: SIP/2.0/UDP {phone.sent_by};branch=z9hG4bK{branch};rport",
                f"From: <sip:agent@{OUTSIDE}>;tag={tag}", f"To: <sip:agent@{OUTSIDE}>", f"Call-ID: series@{OUTSIDE}",
                f"CSeq: {number} REGISTER", "Max-Forwards: 70", f"Contact: <{phone.contact}>", "Expires: 600"])
    far = registrar.expect("REGISTER")
    check(not far.header("Route"), "the REGISTER has a Route")
    registrar.answer(far, 200, far.header("To") + ";tag=reg", headers=[f"Service-Route: {', '.join(WAY)}"],
                     contact=far.header("Contact") + ";expires=3600")
    return phone.expect(200)


@suite.test("a phone's calls carry the registrar's Service-Route, at each worker and after kill -9; the phone never sees it")
def calls(lab):
    phone = Agent(lab.outside, OUTSIDE, 5060, (GATE_OUT, 5060))
    registrar = Agent(lab.inside, INSIDE, INSIDE_PORT, (GATE_IN, 5060))
    with contextlib.closing(phone), contextlib.closing(registrar):
        ok = registers(phone, registrar, 1)
        ours = ok.header("Service-Route")
        check(GATE_OUT in ours and ";lr" in ours, f"the phone is told {ours!r}")
        check("inside.example" not in repr(ok.headers) and "198.51.100.77" not in repr(ok.headers), "the inside's way is seen")
        for life in range(2):
            for number in range(6):   # Call-IDs of as many workers as there may be; some phones send what they were told
                a = phone.call("4755667788", headers=[f"Route: {ours}"] if number % 2 else [])
                b = registrar.incoming()
                equal([v.strip() for v in ",".join(b.invite.all("Route")).split(",")], WAY, "the Route of the INVITE")
                registrar.answer(b.invite, 200, b.local, registrar.sdp(41000))
                a.ack(a.expect(200))
                registrar.expect("ACK")
                end(a, b)
            if not life:
                time.sleep(0.3)   # the journal's thread writes
                lab.gate_process.kill()
                lab.gate_process.start()
    lab.gate_process.settle(ended=True)
