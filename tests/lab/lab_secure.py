"""TLS, WebSocket and both: calls between all transports, IPv4 and IPv6; certificates, names, and who is let in."""
import contextlib
import ssl

from agent import Agent, StreamAgent
from certificates import Authority
from lab import GATE_IN, GATE_IN6, GATE_OUT, GATE_OUT6, INSIDE, INSIDE6, OUTSIDE, OUTSIDE6, Gate, Lab
from runner import Suite
from wires import Wire

TRANSPORTS = ("udp", "tcp", "tls", "ws", "wss")
PORTS = {"udp": 5060, "tcp": 5060, "tls": 5061, "ws": 8080, "wss": 8443}       # of the gate
PBX_PORTS = {"udp": 6060, "tcp": 6060, "tls": 6061, "ws": 6080, "wss": 6443}


def doors(*addresses):
    return ", ".join(f'"{t}:{a}:{PORTS[t]}"' for a in addresses for t in TRANSPORTS)


def bracketed(address):
    return f"[{address}]" if ":" in address else address


POLICY = """
[node]
name      = "lab"
workers   = 2
state_dir = "@STATE@"
control   = "@CONTROL@"

[zones.outside]
listen   = [@DOORS_OUT@]
media    = [{ address = "203.0.113.1", ports = "20000-29999" }, { address = "2001:db8:1::1", ports = "20000-29999" }]
nat      = "far-end"
ws_origins = ["https://phone.example"]
tls      = { certificates = [{ certificate = "@CERTIFICATE@", key = "@KEY@" }, { certificate = "@OTHER@", key = "@OTHER_KEY@" }]@MORE_TLS@ }

[zones.inside]
listen  = [@DOORS_IN@]
media   = [{ address = "198.51.100.1", ports = "30000-39999" }, { address = "2001:db8:2::1", ports = "30000-39999" }]
trusted = true
tls     = { certificate = "@CERTIFICATE@", key = "@KEY@", ca = "@CA@", verify = "request" }
@MORE@

[[access]]
from    = "outside"
source  = ["203.0.113.0/24", "2001:db8:1::/64"]
methods = ["INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "REGISTER"]
rate    = "20000/s burst 20000"
"""

PEER = """
[peers.{name}]
zone = "inside"
uri  = "sip:{address}:{port};transport={transport}"
{tls}

[[routes]]
name  = "to {name}"
from  = "outside"
match = {{ to_user = "^{name}$" }}
to    = ["{name}"]
"""


def peer(name, transport, address, tls=""):
    return PEER.format(name=name, transport=transport, address=bracketed(address), port=PBX_PORTS[transport], tls=tls)


class House:
    """A gate that serves everything everywhere, and a PBX at each of its doors."""

    def __init__(self, lab):
        self.lab, self.authority = lab, Authority(lab)
        self.files = {"ca": self.authority.certificate}
        self.files["certificate"], self.files["key"] = self.authority.issue(
            "gate", "DNS:gate.example", f"IP:{GATE_OUT}", f"IP:{GATE_IN}", f"IP:{GATE_OUT6}", f"IP:{GATE_IN6}")
        self.files["other"], self.files["other_key"] = self.authority.issue("other", "DNS:other.example")
        self.pbx_files = self.authority.issue("pbx", f"IP:{INSIDE}", f"IP:{INSIDE6}", "DNS:pbx.example")
        peers = "".join(peer(f"{t}{f}", t, a) for t in TRANSPORTS for f, a in ((4, INSIDE), (6, INSIDE6)))
        text = POLICY
        for key, value in dict(self.files, doors_out=doors(GATE_OUT, f"[{GATE_OUT6}]"),
                               doors_in=doors(GATE_IN, f"[{GATE_IN6}]"), state=f"{lab.directory}/state",
                               control=f"{lab.directory}/control.sock", more=peers, more_tls="").items():
            text = text.replace(f"@{key.upper()}@", value)
        self.gate = Gate(lab, policy=text)
        self.pbxes = {}

    def server_context(self, files):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*files)
        return context

    def client_context(self, files=None):
        context = ssl.create_default_context(cafile=self.authority.certificate)
        if files:
            context.load_cert_chain(*files)
        return context

    def pbx(self, transport, family):
        if (transport, family) not in self.pbxes:
            address, gate, port = (INSIDE, GATE_IN, PBX_PORTS[transport]) if family == 4 else (INSIDE6, GATE_IN6, PBX_PORTS[transport])
            towards = (gate, PORTS[transport])
            self.pbxes[transport, family] = Agent(self.lab.inside, address, port, towards) if transport == "udp" else \
                StreamAgent(Wire(self.lab.inside, transport, address, port, self.server_context(self.pbx_files),
                                 self.client_context(), "gate.example"), port, towards)
        return self.pbxes[transport, family]

    def phone(self, transport, family, port):
        address, gate = (OUTSIDE, GATE_OUT) if family == 4 else (OUTSIDE6, GATE_OUT6)
        towards = (gate, PORTS[transport])
        if transport == "udp":
            return Agent(self.lab.outside, address, port, towards)
        return StreamAgent(Wire(self.lab.outside, transport, address, port, client=self.client_context(), name="gate.example"),
                           port, towards, listens=False)


@contextlib.contextmanager
def scene():
    with Lab() as lab:
        yield House(lab)


suite = Suite(scene)


def call_and_change(house, caller, callee, family):
    """INVITE, a re-INVITE from each side, and the callee hangs up."""
    b_agent = house.pbx(callee, family)
    a_agent = house.phone(caller, family, 5070)
    with contextlib.closing(a_agent):
        a = a_agent.call(f"{callee}{family}")
        b = b_agent.incoming()
        b_agent.answer(b.invite, 200, b.local, b_agent.sdp(41000))
        a.ack(a.expect(200))
        b.expect("ACK")
        for asking, asked, port in ((a, b, 40002), (b, a, 41002)):
            asking.send("INVITE", asking.agent.sdp(port))
            again = asked.expect("INVITE")
            asked.agent.answer(again, 200, "", asked.agent.sdp(port + 10))
            asking.ack(asking.expect(200))
            asked.expect("ACK")
        b.send("BYE")
        a_agent.answer(a.expect("BYE"), 200)
        b.expect(200)


for version in (4, 6):
    for caller in TRANSPORTS:
        for callee in TRANSPORTS:
            suite.add(f"a call and two re-INVITEs from {caller} to {callee} over IPv{version}", call_and_change, caller,
                      callee, version)
