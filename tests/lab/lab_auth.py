"""Who proves what to whom: phones to the gate, the gate to two carriers (Kamailio, MD5 and SHA-256), a PBX through it."""
import contextlib
import os
import re

from lab import TOP, Gate, Lab, LabError, wait_until
from peers import Baresip, Capture, Kamailio, Sipp
from runner import Suite, check, equal

POLICY = """
[node]
workers   = 2
state_dir = "{state}"
control   = "{control}"
user      = "root"

[zones.outside]
listen  = ["udp:203.0.113.1:5060"]
media   = {{ address = "203.0.113.1", ports = "20000-29999" }}
nat     = "far-end"
auth    = {{ realm = "phones.example", users_file = "{users}", algorithms = ["MD5"] }}

[zones.inside]
listen  = ["udp:198.51.100.1:5060"]
media   = {{ address = "198.51.100.1", ports = "30000-39999" }}
trusted = true

[peers.pbx]
zone = "inside"
uri  = "sip:198.51.100.10:5060"

[peers.carrier]
zone = "outside"
uri  = "sip:203.0.113.12:5060"
auth = {{ user = "trunk", password_file = "{password}", register = true }}

[peers.modern]
zone = "outside"
uri  = "sip:203.0.113.12:5080"
auth = {{ user = "trunk", password_file = "{password}", realm = "carrier.example", algorithms = ["SHA-256"], register = true }}

[peers.wrong]
zone = "outside"
uri  = "sip:203.0.113.12:5080"
auth = {{ user = "trunk", password_file = "{wrong}" }}

[[access]]
from   = "outside"
source = "203.0.113.0/24"

[[routes]]
from = "outside"
to   = "pbx"

[[routes]]
from  = "inside"
match = {{ request_user = "^2" }}
to    = "modern"

[[routes]]
from  = "inside"
match = {{ request_user = "^3" }}
to    = "wrong"

[[routes]]
from = "inside"
to   = "carrier"
"""

REGISTER = """<?xml version="1.0" encoding="ISO-8859-1" ?><scenario name="register">
<send retrans="500"><![CDATA[
REGISTER sip:[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch];rport
From: <sip:@USER@@[remote_ip]>;tag=[call_number]
To: <sip:@USER@@[remote_ip]>
Call-ID: [call_id]
CSeq: 1 REGISTER
Contact: <sip:@USER@@[local_ip]:[local_port]>
Expires: 40
Max-Forwards: 70
Content-Length: 0

]]></send>
<recv response="401" auth="true" />
<send retrans="500"><![CDATA[
REGISTER sip:[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch];rport
From: <sip:@USER@@[remote_ip]>;tag=[call_number]
To: <sip:@USER@@[remote_ip]>
Call-ID: [call_id]
CSeq: 2 REGISTER
Contact: <sip:@USER@@[local_ip]:[local_port]>
Expires: 40
Max-Forwards: 70
[authentication username=@USER@ password=@PASSWORD@]
Content-Length: 0

]]></send>
<recv response="@LAST@" />
</scenario>"""


class Scene:
    def __init__(self, lab):
        self.lab = lab
        files = dict(users=self.secret("users", f"alice:phones.example:password:{Kamailio.PASSWORD}\n"
                                                f"sipp:phones.example:password:{Kamailio.PASSWORD}\n"),
                     password=self.secret("password", Kamailio.PASSWORD + "\n"), wrong=self.secret("wrong", "wrong\n"))
        self.outside = Capture(lab.outside)
        self.carrier = Kamailio(lab.outside, "203.0.113.12", 5060, config="carrier.cfg", probe="203.0.113.66",
                                algorithm="MD5", qop="auth", callee="203.0.113.10:5070")
        self.modern = Kamailio(lab.outside, "203.0.113.12", 5080, config="carrier.cfg", probe="203.0.113.66",
                               algorithm="SHA-256", qop="auth-int", callee="203.0.113.10:5070")
        Kamailio(lab.inside, trusts="198.51.100.1")      # baresip answers one realm only
        self.phone = Baresip(lab.inside, "trunk", "198.51.100.10", "198.51.100.11", 880)
        self.phone.await_registered()
        self.gate = Gate(lab, POLICY.format(state=os.path.join(lab.directory, "state"),
                                            control=os.path.join(lab.directory, "control.sock"), **files))

    def secret(self, name, text):
        path = self.lab.write(name, text)
        os.chmod(path, 0o600)
        return path

    def peer(self, name):
        return next(p for p in self.gate.ask("peers") if p["name"] == name)

    def refused(self, reason):
        return self.gate.ask("stats")["refused"].get(reason, 0)

    def register(self, host, address, remote, user, password, last):
        text = REGISTER.replace("@USER@", user).replace("@PASSWORD@", password).replace("@LAST@", str(last))
        Sipp(host, self.lab.write("register.xml", text), address, remote, calls=1, port=5090).finish()

    def call(self, caller, towards, user, callee=True, scenario=None):
        """A SIPp of its own making calls; one that answers outside. Ends well for the caller, or raises."""
        host, address = caller
        arguments = ["-i", address, "-p", "5090", "-m", "3", "-r", "3", "-s", user, "-nostdin", "-timeout", "20s",
                     "-timeout_error", "-recv_timeout", "8000", "-d", "300"]
        answering = self.lab.outside.start("uas", "sipp", "-sn", "uas", "-i", "203.0.113.10", "-p", "5070", "-nostdin",
                                           "-timeout", "25s") if callee else None
        calling = host.start("uac", "sipp", towards, *(["-sf", scenario] if scenario else ["-sn", "uac"]), *arguments)
        try:
            code = calling.wait(30)
            if code != 0:
                raise LabError(f"sipp ended with {code}: {calling.output()[-1500:]}")
        finally:
            calling.stop()
            if answering:
                answering.stop()


@contextlib.contextmanager
def scene():
    with Lab() as lab:
        yield Scene(lab)


suite = Suite(scene)


@suite.test("a phone registers with the gate's users and, through it, with the PBX behind")
def phone(s):
    alice = Baresip(s.lab.outside, "alice", "203.0.113.1", "203.0.113.11", 440)
    alice.await_registered()
    check("alice" in str(s.gate.ask("registrations")), f"sallyport registrations says {s.gate.ask('registrations')}")
    check(s.refused("credentials_missing") >= 1, f"stats says {s.gate.ask('stats')['refused']}")
    alice.stop()


@suite.test("SIPp with the right password is let in, with a wrong one and as a stranger it is not")
def wrong(s):
    outside = (s.lab.outside, "203.0.113.10", "203.0.113.1:5060", "sipp")
    s.register(*outside, Kamailio.PASSWORD, 200)
    check(s.refused("credentials_wrong") == 0, f"stats says {s.gate.ask('stats')['refused']}")
    s.register(*outside, "guess", 401)
    equal(s.refused("credentials_wrong"), 1, "wrong credentials counted")
    s.register(*outside[:3], "nobody", Kamailio.PASSWORD, 401)
    equal(s.refused("credentials_wrong"), 2, "wrong credentials counted")


@suite.test("the gate is registered with both carriers, with MD5 and with SHA-256")
def registered(s):
    for name, kamailio in (("carrier", s.carrier), ("modern", s.modern)):
        wait_until(lambda: s.peer(name)["registered"], f"registered with {name}: {s.peer(name)}")
        check(0 < s.peer(name)["expires_s"] <= 40, f"{name} grants 40 s, peers says {s.peer(name)}")
        equal(s.peer(name)["last_failure"], "", "the last failure")
    text = s.gate.command("peers").stdout
    check("REGISTERED" in text and "EXPIRES_S" in text, text)


@suite.test("calls from inside are proved to the carrier (MD5, auth), and the caller hears nothing of it")
def calls_out(s):
    s.call((s.lab.inside, "198.51.100.66"), "198.51.100.1:5060", "100")
    log = s.carrier.process.output()
    for method in ("INVITE", "BYE"):
        equal(len(re.findall(f"proved {method} by trunk", log)), 3, f"{method}s proved")
    check(len(re.findall("challenged INVITE", log)) <= 2, "the nonce was not used again: " + log[-800:])
    s.gate.settle()


@suite.test("calls from inside are proved to the carrier (SHA-256, auth-int), body and all")
def calls_sha(s):
    s.call((s.lab.inside, "198.51.100.66"), "198.51.100.1:5060", "200")
    equal(len(re.findall("proved INVITE by trunk", s.modern.process.output())), 3, "INVITEs proved")
    s.gate.settle()


@suite.test("a wrong password is tried once, and the caller hears 403")
def wrong_account(s):
    with open(os.path.join(TOP, "tests", "lab", "refused.xml"), encoding="utf-8") as text:
        scenario = s.lab.write("refused.xml", text.read())
    before = len(re.findall("challenged INVITE", s.modern.process.output()))
    s.call((s.lab.inside, "198.51.100.66"), "198.51.100.1:5060", "300", callee=False, scenario=scenario)
    asked = len(re.findall("challenged INVITE", s.modern.process.output())) - before
    equal(asked, 6, "challenges to three calls with a wrong password")
    s.gate.settle()


@suite.test("a call that the carrier sends to our registered contact reaches the phone inside")
def calls_in(s):
    s.call((s.lab.outside, "203.0.113.66"), "203.0.113.12:5060", "trunk", callee=False)
    s.gate.settle()


@suite.test("a PBX inside registers through the gate with the carrier, with its own password")
def pbx_registers(s):
    inside = (s.lab.inside, "198.51.100.66", "198.51.100.1:5060", "pbxline")
    s.register(*inside, Kamailio.PASSWORD, 200)
    check("pbxline" in str(s.gate.ask("registrations")), f"sallyport registrations says {s.gate.ask('registrations')}")
    s.register(*inside, "guess", 401)


@suite.test("no password and no digest secret stands in a log")
def logs(s):
    for secret in (Kamailio.PASSWORD, "response=", "cnonce"):
        check(secret not in s.gate.process.output(), f"the log says {secret}")


@suite.test("a clean end ends both registrations")
def ends(s):
    s.gate.stop()
    ended = [packet for _, packet in s.outside.stop().packets() if b"REGISTER sip:203.0.113.12" in packet and b"Expires: 0\r\n" in packet]
    ports = {int.from_bytes(packet[36:38], "big") for packet in ended}
    equal(ports, {5060, 5080}, "registrars that were told of the end")
