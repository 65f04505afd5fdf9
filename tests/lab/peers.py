"""Real peers for the laboratory: SIPp, baresip, Kamailio, and a capture of what went over a wire."""
import base64
import contextlib
import json
import os
import re
import signal
import socket
import struct
import time

import audio
import ladder
from lab import TOP, LabError, wait_until

FLOWS = os.path.join(TOP, "tests", "lab", "flows")

# What an inside party says about itself, and no outsider may ever read.
INSIDE_NAME = "pbx7.hidden-inside.example"
INSIDE_PORT, INSIDE_MEDIA_PORT = 45063, 47110
INSIDE_AGENT = "CanaryPBX/7.31-inside"
INSIDE_HEADERS = "\r\n".join((
    f"User-Agent: {INSIDE_AGENT}",
    f"Server: {INSIDE_AGENT}",
    "Organization: Hidden Inside Department",
    f"P-Asserted-Identity: <sip:4722334455@{INSIDE_NAME}>",
    f"Remote-Party-ID: <sip:4722334455@{INSIDE_NAME}>;party=calling",
    f"Call-Info: <http://{INSIDE_NAME}/photo.jpg>;purpose=icon",
    f"Alert-Info: <http://{INSIDE_NAME}/ring.wav>",
    f"History-Info: <sip:77@{INSIDE_NAME}>;index=1",
    f"Diversion: <sip:77@{INSIDE_NAME}>;reason=unconditional",
    f"P-Charging-Vector: icid-value=1;icid-generated-at=198.51.100.10;orig-ioi={INSIDE_NAME}",
    f"Warning: 399 {INSIDE_NAME} \"hidden\"",
    f"X-Internal-Trunk: {INSIDE_NAME}",
))
CANARIES = ("198.51.100.", "2001:db8:2:", "hidden-inside", "CanaryPBX", "Hidden Inside", str(INSIDE_PORT),
            str(INSIDE_MEDIA_PORT), "canarycall", "innerowner", "inner session")


class Sipp:
    """One SIPp with one scenario, running."""

    def __init__(self, host, scenario, address, remote=None, **options):
        self.host, self.address = host, address
        inside = host.role == "inside"
        name = f"sipp-{host.role}"
        self.errors = host.lab.file(f"{name}-errors.log")
        port = options.get("port", INSIDE_PORT if inside else 5060)
        media = options.get("media_port", INSIDE_MEDIA_PORT if inside else 40000)
        values = dict(domain=INSIDE_NAME if inside else "caller.example", contact="line4" if inside else "phone",
                      caller="4722334455", owner="innerowner" if inside else "owner",
                      rtcp_port=str(media + 1), session="inner session" if inside else "-", extra=INSIDE_HEADERS if inside else "User-Agent: phone")
        calls, rate = options.get("calls", 3), options.get("rate", 50)
        argv = ["sipp", *([bracket(remote)] if remote else []), "-sf", scenario, "-i", bare(address), "-bind_local", "-p", str(port),
                "-mi", bare(address), "-mp", str(media), "-m", str(calls), "-r", str(rate), "-nostdin",
                "-t", options.get("transport", "u1"), "-s", options.get("user", "4755667788"),
                "-cid_str", f"{'canarycall' if inside else 'call'}-%u-%p@{INSIDE_NAME if inside else '%s'}",
                "-timeout", f"{options.get('timeout', 30)}s", "-timeout_error", "-trace_err", "-error_file", self.errors,
                "-recv_timeout", str(options.get("recv_timeout", 10000)), "-default_behaviors", "all,-bye",
                "-l", str(options.get("limit", 10000)), "-cp", str(options.get("control", 8900 + host.lab.count % 900))]
        for key, value in values.items():
            argv += ["-key", key, value]
        argv += options.get("more", [])
        self.process = host.start(name, *argv)
        if remote is None:
            self.await_listening(port, options.get("transport", "u1"))

    def await_listening(self, port, transport):
        """Until the kernel shows the port: bound for UDP, in state LISTEN (0A) for TCP."""
        kind, state = ("udp", "07") if transport.startswith("u") else ("tcp", "0A")
        wanted = re.compile(rf"^ *\d+: [0-9A-F]+:{port:04X} [0-9A-F:]+ {state} ")
        def listening():
            if not self.process.running():
                raise LabError(f"sipp did not start: {self.report()}")
            with self.host.entered():
                return any(wanted.match(line) for t in (kind, kind + "6") for line in open(f"/proc/thread-self/net/{t}"))
        wait_until(listening, "sipp listens")

    def report(self):
        text = ""
        if os.path.exists(self.errors):
            with open(self.errors, encoding="utf-8", errors="replace") as log:
                text = log.read()[:1500]
        return text or self.process.output()[-500:]

    def finish(self, seconds=40):
        """Raises LabError unless every call succeeded."""
        code = self.process.wait(seconds)
        if code != 0:
            raise LabError(f"sipp {self.host.role} ended with {code}: {self.report()}")


def bare(address):
    return address.strip("[]")


def bracket(remote):
    """host or host:port as SIPp wants it."""
    return f"[{remote}]" if remote.count(":") > 1 and "[" not in remote else remote


class Way:
    """From where to where a flow goes: who calls, who answers, and what the gate is called on either side."""

    def __init__(self, caller, callee, towards, media, **options):
        self.inside = next((side for side, (host, _) in zip("AB", (caller, callee)) if host.role == "inside"), None)
        self.caller, self.callee, self.towards, self.media, self.options = caller, callee, towards, media, options


def run_flow(flow, way, **options):
    """Runs one ladder over the way; both sides must see every message as drawn."""
    title, a, b = ladder.compile_both(os.path.join(FLOWS, f"{flow}.ladder"), way.media, way.inside)
    lab = way.caller[0].lab
    host, address = way.callee
    answering = Sipp(host, lab.write(f"{flow}-b.xml", b), address, **way.options, **options)
    host, address = way.caller
    calling = Sipp(host, lab.write(f"{flow}-a.xml", a), address, way.towards, **way.options, **options)
    try:
        calling.finish()
        answering.finish()
    except LabError as e:
        raise LabError(f"{title}: {e}\n other side: {calling.report()}\n{answering.report()}") from None
    finally:
        calling.process.stop()
        answering.process.stop()


class Kamailio:
    """Registrar and proxy of the inside, with digest and record-routing."""

    PASSWORD = "open-sesame"

    def __init__(self, host, address="198.51.100.10", port=5060, config="kamailio.cfg", tls=None, **values):
        """tls: certificate and key; then it listens at 5061 too. probe: an address of this host to ask it from."""
        run = host.lab.file("kamailio")
        os.makedirs(run)
        with open(os.path.join(TOP, "tests", "lab", config), encoding="utf-8") as text:
            config = text.read()
        self.address, self.port, self.probe = address, port, values.pop("probe", "198.51.100.66")
        for key, value in dict(dict(trusts="nobody"), address=address, port=port, run=run, **values).items():
            config = config.replace(f"@{key.upper()}@", str(value))
        if tls:
            config = config.replace('loadmodule "tm.so"', f'enable_tls=yes\nlisten=tls:{address}:5061\nloadmodule "tls.so"\nmodparam("tls", "tls_method", "TLSv1.2+")\n'
                                    f'modparam("tls", "certificate", "{tls[0]}")\nmodparam("tls", "private_key", "{tls[1]}")\n'
                                    'loadmodule "tm.so"')
        path = host.lab.write("kamailio.cfg", config)
        self.process = host.start("kamailio", "kamailio", "-f", path, "-DD", "-E", "-m", "64", "-M", "8", "-w", run,
                                  "-Y", run, "-P", os.path.join(run, "kamailio.pid"))
        self.host = host
        wait_until(self.answers, "kamailio starts", 20, 0.2)

    def answers(self):
        if not self.process.running():
            raise LabError(f"kamailio did not start: {self.process.output()[-2000:]}")
        with contextlib.closing(self.host.udp(self.probe)) as s:
            s.settimeout(0.3)
            s.sendto(options_request(s.getsockname(), self.address, self.port), (self.address, self.port))
            try:
                return s.recv(4096).startswith(b"SIP/2.0")
            except OSError:
                return False

    def stop(self):
        """Ends it and its children: where one of them hangs, the first process goes and leaves the others its sockets."""
        self.process.stop()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        wait_until(self.released, "kamailio leaves its port", 5, 0.05)

    def released(self):
        try:
            self.host.udp(self.address, self.port).close()
            return True
        except OSError:
            return False


def options_request(local, address, port):
    host = f"[{local[0]}]" if ":" in local[0] else local[0]
    to = f"[{address}]" if ":" in address else address
    token = os.urandom(6).hex()
    return (f"OPTIONS sip:{to}:{port} SIP/2.0\r\nVia: SIP/2.0/UDP {host}:{local[1]};branch=z9hG4bK{token}\r\n"
            f"From: <sip:probe@probe.example>;tag={token}\r\nTo: <sip:{to}>\r\nCall-ID: {token}@probe.example\r\n"
            f"CSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n").encode()


class Baresip:
    """A real phone. It plays a tone into its calls and keeps what it hears."""

    def __init__(self, host, user, domain, address, tone, **options):
        """options: sip_port, control (of its command socket), transport, authority (a file, for TLS)."""
        sip_port, control = options.get("sip_port", 5060), options.get("control", 4444)
        transport = options.get("transport", "udp")
        self.host, self.user, self.control = host, user, control
        self.directory = host.lab.file(f"baresip-{user}")
        os.makedirs(self.directory)
        self.heard = os.path.join(self.directory, "heard")
        os.makedirs(self.heard)
        # its RTP sockets are bound to no address, so the route must name the phone's
        host.ip("route", "replace", address.rpartition(".")[0] + ".0/24", "dev", "eth0", "src", address)
        audio.write_tone(os.path.join(self.directory, "tone.wav"), tone)
        modules = "".join(f"module {m}.so\n" for m in ("g711", "aufile", "aubridge", "sndfile"))
        apps = "".join(f"module_app {m}.so\n" for m in ("account", "menu", "ctrl_tcp"))
        self.write("config", f"sip_listen {address}:{sip_port}\ncall_max_calls 4\naudio_player aubridge,x{user}\n"
                   f"audio_source aufile,{self.directory}/tone.wav\naudio_alert aubridge,x{user}\n"
                   f"net_interface {address}\nrtp_ports 16384-16484\n"
                   f"{'sip_cafile ' + options['authority'] if 'authority' in options else ''}\n"
                   f"audio_srate 8000-8000\naudio_channels 1-1\njitter_buffer_delay 1-5\n"
                   f"module_path /usr/lib/baresip/modules\n{modules}{apps}"
                   f"ctrl_tcp_listen 127.0.0.1:{control}\nsnd_path {self.heard}\n")
        self.write("accounts", f"<sip:{user}@{domain};transport={transport}>;auth_user={user};auth_pass={Kamailio.PASSWORD}"
                   f";answermode=auto;regint=60;audio_codecs=PCMU\n")
        self.write("contacts", "")
        self.process = host.start(f"baresip-{user}", "baresip", "-4", "-f", self.directory, "-p", "/usr/share/baresip")
        self.line = None
        wait_until(self.connect, f"baresip {user} starts", 10, 0.1)
        self.received = b""

    def write(self, name, text):
        with open(os.path.join(self.directory, name), "w", encoding="utf-8") as out:
            out.write(text)

    def connect(self):
        if not self.process.running():
            raise LabError(f"baresip {self.user} did not start: {self.process.output()[-1000:]}")
        with self.host.entered():
            line = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            line.connect(("127.0.0.1", self.control))
        except OSError:
            line.close()
            return False
        line.settimeout(0.1)
        self.line = line
        return True

    def do(self, command, params=""):
        text = json.dumps({"command": command, "params": params, "token": "t"}).encode()
        self.line.sendall(b"%d:%s," % (len(text), text))

    def events(self):
        """All events and answers so far, as dictionaries."""
        try:
            while True:
                more = self.line.recv(65536)
                if not more:
                    break
                self.received += more
        except (TimeoutError, BlockingIOError):
            pass
        found, rest = [], self.received
        while b":" in rest:
            length, _, rest = rest.partition(b":")
            found.append(json.loads(rest[:int(length)]))
            rest = rest[int(length) + 1:]
        return found

    def saw(self, kind, times=1):
        return sum(e.get("type") == kind for e in self.events()) >= times

    def await_event(self, kind, seconds=10, times=1):
        try:
            wait_until(lambda: self.saw(kind, times), f"baresip {self.user}: {kind}", seconds, 0.05)
        except LabError as e:
            raise LabError(f"{e}: {[x.get('type') for x in self.events()]} {self.process.output()[-800:]}") from None

    def await_registered(self, seconds=10):
        """The first registration may be through before anybody listens for events, so the phone's log says it."""
        try:
            wait_until(lambda: re.search(r"200 OK .*\[\d+ binding", self.process.output()), "", seconds, 0.1)
        except LabError:
            raise LabError(f"{self.user} did not register: {self.process.output()[-600:]}") from None

    def recordings(self):
        """Paths of what this phone heard, oldest first."""
        return sorted(os.path.join(self.heard, n) for n in os.listdir(self.heard) if n.endswith("-dec.wav"))

    def stop(self):
        self.process.stop()


class Capture:
    """tcpdump on one host's link, from the moment of creation on."""

    def __init__(self, host, device="eth0", expression=""):
        self.host, self.path = host, host.lab.file(f"{host.role}.pcap")
        self.process = host.start(f"tcpdump-{host.role}", "tcpdump", "-i", device, "-Z", "root", "-U", "--immediate-mode", "-n", "-s", "0",
                                  "-B", "32768", "-w", self.path, *expression.split())
        wait_until(lambda: "listening on" in self.process.output(), "tcpdump starts")

    def stop(self):
        time.sleep(0.3)     # what is on its way into the file
        self.process.stop()
        return self

    def packets(self):
        """(seconds, bytes from the Ethernet header on) of each packet."""
        with open(self.path, "rb") as pcap:
            data = pcap.read()
        order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
        at = 24
        while at + 16 <= len(data):
            seconds, fraction, kept, _ = struct.unpack(order + "IIII", data[at:at + 16])
            yield seconds + fraction / 1e6, data[at + 16:at + 16 + kept]
            at += 16 + kept

    def find(self, canaries=CANARIES):
        """Each canary, in any of its forms, with the packet that holds it."""
        wanted = [(c, form) for c in canaries for form in forms(c)]
        found = []
        for _, packet in self.packets():
            lower = packet.lower()
            found += [(canary, packet) for canary, form in wanted if form.search(lower)]
        return found


def forms(canary):
    """A canary as patterns over lower-cased bytes: as text, in hexadecimal, in base64, percent-encoded; addresses also as numbers."""
    text = canary.lower().encode()
    if canary.isdigit():
        yield re.compile(rb"(?<![0-9a-f.])" + text + rb"(?![0-9a-f])")
        return
    yield re.compile(re.escape(text))
    yield re.compile(re.escape(canary.encode().hex().encode()))
    for lead in range(3):
        whole = base64.b64encode(b"\0" * lead + canary.encode())
        core = whole[4 if lead else 0:].rstrip(b"=")[:-1]
        if len(core) > 7:
            yield re.compile(re.escape(core.lower()))
    yield re.compile(re.escape("".join(f"%{b:02x}" for b in canary.encode()).encode()))
    if canary == "198.51.100.":
        yield re.compile(rb"c63364[0-9a-f]{2}")
        yield re.compile(rb"198-51-100-")
        for n in (1, 10, 11, 12):
            yield re.compile(rb"(?<![0-9])" + str((198 << 24) + (51 << 16) + (100 << 8) + n).encode() + rb"(?![0-9])")
            yield re.compile(re.escape(bytes((198, 51, 100, n)).lower()))
