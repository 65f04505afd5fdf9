"""TLS, WebSocket and both: calls between all transports, IPv4 and IPv6; certificates, names, and who is let in."""
import contextlib
import itertools
import os
import resource
import socket
import ssl
import struct
import time

from agent import Agent, StreamAgent
from browser import Browser
from certificates import Authority
from lab import GATE_IN, GATE_IN6, GATE_OUT, GATE_OUT6, INSIDE, INSIDE6, OUTSIDE, OUTSIDE6, Gate, Lab, command, wait_until
from peers import Baresip, Kamailio
from runner import Suite, check, equal
from wires import Stream, Wire, frame, take_frame

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
methods = ["INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "REGISTER", "REFER", "NOTIFY"]
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


# a registrar behind TLS, and a peer whose certificate names somebody else
MORE = """
[peers.kamailio]
zone = "inside"
uri  = "sip:198.51.100.10:5061;transport=tls"
tls  = {{ name = "pbx.example", ca = "{ca}" }}

[peers.impostor]
zone = "inside"
uri  = "sip:198.51.100.10:6061;transport=tls"
tls  = {{ name = "bank.example" }}

[[routes]]
name  = "to the impostor"
from  = "outside"
match = {{ to_user = "^impostor$" }}
to    = ["impostor"]

[[routes]]
name  = "to the registrar"
from  = "outside"
to    = ["kamailio"]
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
        peers += MORE.format(ca=self.authority.certificate)
        text = POLICY
        for key, value in dict(self.files, doors_out=doors(GATE_OUT, f"[{GATE_OUT6}]"),
                               doors_in=doors(GATE_IN, f"[{GATE_IN6}]"), state=f"{lab.directory}/state",
                               control=f"{lab.directory}/control.sock", more=peers, more_tls="").items():
            text = text.replace(f"@{key.upper()}@", value)
        self.text = text
        self.gate = Gate(lab, policy=text)
        self.pbxes = {}

    def reload(self, text):
        """What the command says; the policy as it was is written again by restore()."""
        with open(self.gate.policy, "w", encoding="utf-8") as policy:
            policy.write(text)
        return self.gate.command("reload", check=False)

    def s_client(self, *words, says=""):
        """What openssl's own client says of the gate's TLS door."""
        done = self.lab.outside.run("openssl", "s_client", "-connect", f"{GATE_OUT}:5061", "-CAfile", self.authority.certificate,
                                    "-verify_return_error", *words, check=False, says=says)
        return done.returncode, done.stdout + done.stderr

    def dial(self, port):
        with self.lab.outside.entered():
            plain = socket.socket()
        plain.settimeout(12)
        plain.connect((GATE_OUT, port))
        return plain

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


def call_and_change(house, caller, callee, near, far):
    """INVITE, a re-INVITE from each side, a REFER that the callee takes and tells of, and the callee hangs up."""
    b_agent = house.pbx(callee, far)
    a_agent = house.phone(caller, near, 5070)
    with contextlib.closing(a_agent):
        a = a_agent.call(f"{callee}{far}")
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
        a.send("REFER", headers=[f"Refer-To: <sip:udp4@{bracketed(GATE_OUT if near == 4 else GATE_OUT6)}>"])
        refer = b.expect("REFER")
        check("sip:udp4@" + bracketed(GATE_IN if far == 4 else GATE_IN6) in refer.header("Refer-To"), refer.header("Refer-To"))
        b_agent.answer(refer, 202)
        a.expect(202)
        b.send("NOTIFY", headers=["Event: refer", "Subscription-State: terminated;reason=noresource"])
        a_agent.answer(a.expect("NOTIFY"), 200)
        b.expect(200)
        b.send("BYE")
        a_agent.answer(a.expect("BYE"), 200)
        b.expect(200)


for near_version, far_version, caller, callee in itertools.product((4, 6), (4, 6), TRANSPORTS, TRANSPORTS):
    suite.add(f"a call, two re-INVITEs and a REFER from {caller} over IPv{near_version} to {callee} over IPv{far_version}",
              call_and_change, caller, callee, near_version, far_version)


@suite.test("openssl's client sees the certificate that it asks for by name, and TLS 1.3")
def names(house):
    for asked, subject in (("gate.example", "CN = gate"), ("other.example", "CN = other"), ("third.example", "CN = gate")):
        code, said = house.s_client("-servername", asked)
        check(code == 0 and subject in said.replace("CN=", "CN = "), f"{asked}: {said[-800:]}")
        check("Verify return code: 0 (ok)" in said and "TLSv1.3" in said, said[-800:])


@suite.test("openssl's client gets no TLS 1.1, and no renegotiation")
def versions(house):
    code, said = house.s_client("-tls1_1", "-cipher", "ALL:@SECLEVEL=0")
    check(code != 0, said[-500:])
    code, said = house.s_client("-tls1_2")
    check(code == 0 and "Protocol  : TLSv1.2" in said, said[-500:])
    code, said = house.s_client("-tls1_2", says="R\n")     # its command to negotiate again
    check(code != 0 and "RENEGOTIATING" in said and "no renegotiation" in said, said[-500:])


@suite.test("a zone that requires certificates lets in who shows a good one, and a reload changes nothing for who is there")
def mutual(house):
    phone = house.phone("tls", 4, 5071)
    with contextlib.closing(phone):
        alive(phone)
        more = f', ca = "{house.authority.certificate}", verify = "require"'
        done = house.reload(house.text.replace("}] }", "}]" + more + " }"))
        equal(done.returncode, 0, done.stderr)
        wait_until(lambda: house.s_client("-tls1_2")[0] != 0, "no certificate, no session")
        good = house.authority.issue("client", "URI:sip:carrier.example")
        code, said = house.s_client("-tls1_2", "-cert", good[0], "-key", good[1])
        equal(code, 0, said[-600:])
        strange = Authority(house.lab, "stranger").issue("client", "URI:sip:carrier.example")
        code, said = house.s_client("-tls1_2", "-cert", strange[0], "-key", strange[1])
        check(code != 0, said[-600:])
        alive(phone)
    equal(house.reload(house.text).returncode, 0, "reload")


def alive(agent):
    """The gate answers an OPTIONS over the agent's connection."""
    agent.call_options = getattr(agent, "call_options", 0) + 1
    branch = os.urandom(6).hex()
    host = f"{agent.towards[0]}:{agent.towards[1]}"
    agent.send([f"OPTIONS sip:{host} SIP/2.0", f"Via: SIP/2.0/{agent.via} {agent.sent_by};branch=z9hG4bK{branch}",
                f"From: <sip:phone@phone.example>;tag={branch}", f"To: <sip:{host}>", f"Call-ID: {branch}",
                f"CSeq: {agent.call_options} OPTIONS", "Max-Forwards: 70"])
    return agent.expect(200, call_id=branch)


@suite.test("a new certificate is shown after a reload, and a bad one refuses the reload and names its line")
def new_certificate(house):
    new = house.authority.issue("renewed", "DNS:gate.example", f"IP:{GATE_OUT}")
    equal(house.reload(house.text.replace(house.files["certificate"], new[0]).replace(house.files["key"], new[1])).returncode, 0, "reload")
    wait_until(lambda: "renewed" in house.s_client()[1], "the new certificate")
    for bad, says in ((house.text.replace(house.files["key"], house.files["other_key"], 1), "is not the key of the first certificate"),
                      (house.text.replace(house.files["certificate"], "/nowhere.pem", 1), "cannot be read")):
        done = house.reload(bad)
        check(done.returncode != 0 and says in done.stderr and f"{house.gate.policy}:" in done.stderr, done.stderr)
    check("renewed" in house.s_client()[1], "the good certificate is gone")
    equal(house.reload(house.text).returncode, 0, "reload")


@suite.test("a sips call goes on over TLS alone, and our Contact in its answer is a sips URI")
def sips(house):
    phone, pbx = house.phone("tls", 4, 5076), house.pbx("tls", 4)
    with contextlib.closing(phone):
        a = phone.call("tls4", scheme="sips")
        b = pbx.incoming()
        pbx.answer(b.invite, 200, b.local, pbx.sdp(41000))
        answer = a.expect(200)
        check("<sips:" in answer.header("Contact"), answer.header("Contact"))
        a.ack(answer)
        b.expect("ACK")
        a.send("BYE")
        pbx.answer(b.expect("BYE"), 200)
        a.expect(200)
        refused = phone.call("udp4", scheme="sips")
        answer = refused.expect(480)
        refused.ack(answer)


@suite.test("a peer whose certificate names somebody else gets no call")
def impostor(house):
    house.pbx("tls", 4)
    phone = house.phone("udp", 4, 5072)
    with contextlib.closing(phone):
        dialog = phone.call("impostor")
        answering = house.pbx("tls", 4)
        deadline = time.monotonic() + 10
        while not any(m.status >= 200 for m in phone.inbox) and time.monotonic() < deadline:
            with contextlib.suppress(ssl.SSLError, OSError):
                answering.pump(0.1)
            phone.pump(0.1)
        answer = dialog.expect("final")
        check(answer.status in (480, 500, 503), f"answered {answer.status}")
        dialog.ack(answer)
    check("hostname mismatch" in house.gate.process.output(), "the log does not say why")


@suite.test("who does not finish a handshake is gone within ten seconds and a half")
def slow(house):
    ends = [house.dial(port) for port in (5061, 8080, 8443)]
    start = time.monotonic()
    ends[1].sendall(b"GET / HTTP/1.1\r\n")
    ends[2].sendall(b"\x16\x03\x01\x00\xff")
    for end in ends:
        with contextlib.suppress(ConnectionResetError):
            equal(end.recv(100), b"", "bytes")
        check(8 < time.monotonic() - start < 10.5, f"closed after {time.monotonic() - start:.1f} s")


def resident(pids):
    """Bytes of memory that these processes hold."""
    pages = 0
    for pid in pids:
        with open(f"/proc/{pid}/statm", encoding="ascii") as figures:
            pages += int(figures.read().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


@suite.test("ten thousand connections that begin a handshake and wait cost at most 16 KiB each, and are gone in ten seconds")
def slow_crowd(house):
    sources = [f"203.0.113.{n}" for n in range(100, 150)]
    house.lab.outside.address(*(f"{s}/24" for s in sources), dev="eth0")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    agent = Agent(house.lab.outside, OUTSIDE, 5078, (GATE_OUT, 5060))
    descriptors, before = house.gate.descriptors(), resident(house.gate.pids())
    with contextlib.ExitStack() as stack, house.lab.outside.entered():
        start = time.monotonic()
        for n in range(10_000):
            end = stack.enter_context(socket.socket())
            end.bind((sources[n % len(sources)], 0))
            end.connect((GATE_OUT, 5061))
            end.sendall(b"\x16\x03\x01\x02\x00" + bytes(300))
        began = time.monotonic() - start
        wait_until(lambda: house.gate.descriptors() >= descriptors + 10_000, "all are taken", 5, step=0.1)
        cost = (resident(house.gate.pids()) - before) / 10_000
        check(alive(agent), "no answer while they wait")
        print(f"    {cost:.0f} bytes each; they came within {began:.1f} s")
        check(cost <= 16 * 1024, f"{cost:.0f} bytes each")
        wait_until(lambda: house.gate.descriptors() <= descriptors + 8, "they are gone", 11, step=0.1)
        check(time.monotonic() - start < began + 10.5, f"the last was gone after {time.monotonic() - start:.1f} s")
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@suite.test("an upgrade without sip, from another origin or without end is refused with its status")
def upgrades(house):
    good = ("GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: sip\r\n")
    for text, status in ((good + "\r\n", 101), (good + "Origin: https://phone.example\r\n\r\n", 101),
                         (good + "Origin: https://evil.example\r\n\r\n", 403), (good.replace(": sip", ": chat") + "\r\n", 400),
                         (good + f"X: {'x' * 9000}", 431), ("OPTIONS sip:x SIP/2.0\r\n\r\n", 400)):
        with contextlib.closing(house.dial(8080)) as end:
            end.sendall(text.encode())
            equal(end.recv(4096).decode().split(" ")[1], str(status), text[-60:])


@suite.test("hostile frames are answered with their code, and the next phone is served")
def hostile(house):
    for bad, code in ((frame(b"x", masked=False), 1002), (frame(b"x", reserved=0x40), 1002), (frame(b"x", opcode=3), 1002),
                      (frame(b"x", opcode=9, final=False), 1002), (frame(b"x" * 126, opcode=9), 1002),
                      (frame(b"\xff\xfe"), 1007), (frame(b"x" * 70000), 1009), (frame(b"x", opcode=0), 1002),
                      (b"\x81\xff" + b"\xff" * 8 + b"mask", 1009)):
        with contextlib.closing(Stream(house.dial(8080), "ws")) as stream:
            stream.socket.sendall(bad)
            answer = take_frame(stream.data + stream.socket.recv(4096))
            check(answer is not None and answer[0] == 8, f"answered {answer}, not {code}")
            equal(struct.unpack(">H", answer[1][:2])[0], code, bad[:12])
    phone = house.phone("ws", 4, 5073)
    with contextlib.closing(phone):
        alive(phone)


@suite.test("a fragmented message with a ping inside is one message, and keep-alives are answered")
def fragments(house):
    phone = house.phone("ws", 4, 5074)
    with contextlib.closing(phone):
        alive(phone)
        stream = phone.wire.streams[0]
        text = (f"OPTIONS sip:{GATE_OUT} SIP/2.0\r\nVia: SIP/2.0/WS df7jal23ls0d.invalid;branch=z9hG4bKfragments\r\n"
                f"From: <sip:a@b>;tag=1\r\nTo: <sip:{GATE_OUT}>\r\nCall-ID: fragments\r\nCSeq: 1 OPTIONS\r\n\r\n").encode()
        stream.socket.sendall(frame(text[:50], final=False) + frame(b"?", opcode=9) + frame(text[50:90], 0, False) + frame(text[90:], 0))
        phone.expect(200, call_id="fragments")
        stream.socket.sendall(frame(b"\r\n\r\n"))
        equal(stream.receive(), [b"\r\n"], "the answer to a keep-alive")
    tls = house.phone("tls", 4, 5075)
    with contextlib.closing(tls):
        alive(tls)
        tls.wire.streams[0].socket.sendall(b"\r\n\r\n")
        equal(tls.wire.streams[0].socket.recv(10), b"\r\n", "the answer to a keep-alive")


@suite.test("SIP.js calls over WSS, is offered a change, and is hung up on")
def sip_js_calls(house):
    browser = Browser(house.lab.outside, f"wss://{GATE_OUT}:8443", house.authority, "web", "x", "call", f"sip:udp4@{GATE_OUT}")
    b_agent = house.pbx("udp", 4)
    b = b_agent.incoming(15)
    b_agent.answer(b.invite, 200, b.local, b_agent.sdp(41000))
    b.expect("ACK")
    browser.await_word("established")
    b.send("INVITE", b_agent.sdp(41004))
    b.ack(b.expect(200))
    browser.await_word("description 2")
    b.bye()
    browser.finish()


@suite.test("SIP.js registers over WSS with Kamailio behind TLS, and is called over its connection")
def sip_js_is_called(house):
    registrar(house)
    browser = Browser(house.lab.outside, f"wss://{GATE_OUT}:8443", house.authority, "web", Kamailio.PASSWORD, "wait")
    browser.await_word("registered")
    caller = Agent(house.lab.inside, "198.51.100.11", 5090, (INSIDE, 5060))
    with contextlib.closing(caller):
        a = caller.call("web")
        a.ack(a.expect(200, 15))
        browser.await_word("established")
        a.bye()
    browser.finish()


def registrar(house):
    if not hasattr(house, "kamailio"):
        house.kamailio = Kamailio(house.lab.inside, tls=house.pbx_files)


@suite.test("baresip registers over TLS, calls, and is called")
def baresip(house):
    registrar(house)
    alice = Baresip(house.lab.outside, "alice", GATE_OUT, "203.0.113.11", 440, transport="tls", authority=house.authority.certificate)
    bob = Baresip(house.lab.inside, "bob", INSIDE, "198.51.100.12", 880)
    alice.await_registered()
    bob.await_registered()
    for times, (caller, callee, uri) in enumerate(((alice, bob, f"sip:bob@{GATE_OUT};transport=tls"), (bob, alice, f"sip:alice@{INSIDE}")), 1):
        caller.do("dial", uri)
        caller.await_event("CALL_ESTABLISHED", times=times)
        callee.await_event("CALL_ESTABLISHED", times=times)
        caller.do("hangup")
        callee.await_event("CALL_CLOSED", times=times)
    house.gate.settle()
