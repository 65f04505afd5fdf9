"""A user agent by hand: for what must happen in one instant, where SIPp waits for its turn."""
import contextlib
import os
import re
import select
import time

from lab import GATE_IN, GATE_OUT, INSIDE, OUTSIDE, LabError
from peers import INSIDE_PORT


COMPACT = {"v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact", "l": "content-length", "c": "content-type"}


class Message:
    def __init__(self, data, source):
        head, _, self.body = data.decode("utf-8", "replace").partition("\r\n\r\n")
        self.source = source
        self.start, *lines = head.split("\r\n")
        self.headers = [tuple(p.strip() for p in line.partition(":")[::2]) for line in lines]

    def all(self, name):
        return [v for k, v in self.headers if COMPACT.get(k.lower(), k.lower()) == name.lower()]

    def header(self, name):
        return (self.all(name) or [""])[0]

    @property
    def is_request(self):
        return not self.start.startswith("SIP/2.0 ")

    @property
    def method(self):
        return self.start.split()[0] if self.is_request else self.header("CSeq").split()[-1]

    @property
    def status(self):
        return 0 if self.is_request else int(self.start.split()[1])

    @property
    def branch(self):
        found = re.search(r"branch=([^;,\s]+)", self.header("Via"))
        return found.group(1) if found else ""

    @property
    def call_id(self):
        return self.header("Call-ID")

    @property
    def target(self):
        found = re.search(r"<?(sips?:[^>\s]+)", self.header("Contact"))
        return found.group(1) if found else ""

    def media(self, line=0):
        """(address, port) of the n-th m-line."""
        address = re.findall(r"(?m)^c=IN IP[46] (\S+)", self.body)
        port = re.findall(r"(?m)^m=\w+ (\d+)", self.body)
        return address[0], int(port[line])

    def __repr__(self):
        return f"{self.start} / {self.header('CSeq')}"


class Dialog:
    """One side of a call, as the agent sees it."""

    def __init__(self, agent, call_id, local, remote, target):
        self.agent, self.call_id, self.local, self.remote, self.target = agent, call_id, local, remote, target
        self.cseq = 0
        self.invite = None          # the last INVITE of the peer, to be answered
        self.sent_branch = ""
        self.routes = []            # of the caller's side, from the 2xx
        self.media_port = 0
        self.accepted = False

    def send(self, method, body="", branch=None, cseq=None, headers=()):
        if cseq is None:
            self.cseq += 1
            cseq = self.cseq
        self.sent_branch = branch or f"z9hG4bK{os.urandom(8).hex()}"
        a = self.agent
        lines = [f"{method} {self.target} SIP/2.0", f"Via: SIP/2.0/{a.via} {a.sent_by};branch={self.sent_branch};rport",
                 f"From: {self.local}", f"To: {self.remote}", f"Call-ID: {self.call_id}", f"CSeq: {cseq} {method}",
                 "Max-Forwards: 70", *(f"Route: {r}" for r in self.routes)]
        if method not in ("ACK", "BYE", "CANCEL"):
            lines.append(f"Contact: <{a.contact}>")
        a.send(lines + list(headers), body)

    def ack(self, response, body=""):
        """The ACK of a final response to our INVITE."""
        cseq = int(response.header("CSeq").split()[0])
        if response.status < 300:
            self.remote = response.header("To")
            self.target = response.target or self.target
            self.routes = response.all("Record-Route")[::-1]
            self.send("ACK", body, cseq=cseq)
        else:
            keep = self.remote
            self.remote = response.header("To")
            self.send("ACK", cseq=cseq, branch=response.branch)
            self.remote = keep

    def expect(self, what, seconds=5.0):
        return self.agent.expect(what, seconds, self.call_id)

    def bye(self):
        self.send("BYE")
        return self.expect(200)


class Agent:
    def __init__(self, host, address, port, towards):
        self.socket = host.udp(address, port)
        self.address, self.port, self.towards = address, port, towards
        self.family = 6 if ":" in address else 4
        self.host_port = f"[{address}]:{port}" if self.family == 6 else f"{address}:{port}"
        self.via, self.sent_by, self.contact = "UDP", self.host_port, f"sip:agent@{self.host_port}"
        self.seen, self.inbox = set(), []

    def close(self):
        self.socket.close()

    def send(self, lines, body="", to=None):
        if body:
            lines = lines + ["Content-Type: application/sdp"]
        text = "\r\n".join(lines + [f"Content-Length: {len(body)}", "", body])
        self.put(text.encode(), to or self.towards)

    def put(self, data, to):
        self.socket.sendto(data, to)

    def sdp(self, port, more=""):
        return (f"v=0\r\no=- 1 1 IN IP{self.family} {self.address}\r\ns=-\r\nc=IN IP{self.family} {self.address}\r\n"
                f"t=0 0\r\nm=audio {port} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n{more}")

    def pump(self, seconds):
        """Takes what arrives within this time into the inbox; retransmissions only once."""
        ready, _, _ = select.select([self.socket], [], [], max(0, seconds))
        if not ready:
            return
        data, source = self.socket.recvfrom(65536)
        self.take(Message(data, source))

    def take(self, message):
        key = (message.start, message.branch, message.header("CSeq"), message.header("To"), message.call_id)
        if key not in self.seen:
            self.seen.add(key)
            self.inbox.append(message)

    def expect(self, what, seconds=5.0, call_id=None):
        """The next message with this method or status (a number; 'final' is any final response)."""
        def fits(m):
            if call_id is not None and m.call_id != call_id:
                return False
            if what == "final":
                return m.status >= 200
            return m.is_request and m.method == what if isinstance(what, str) else m.status == what
        deadline = time.monotonic() + seconds
        while True:
            for i, message in enumerate(self.inbox):
                if fits(message):
                    return self.inbox.pop(i)
            if time.monotonic() >= deadline:
                raise LabError(f"{self.host_port} waits for {what}, has {self.inbox}")
            self.pump(min(0.5, deadline - time.monotonic()))

    def call(self, user, media_port=40000, more="", scheme="sip", headers=()):
        """Sends an INVITE with an offer; the dialog as it begins."""
        to = f"[{self.towards[0]}]" if self.family == 6 else self.towards[0]
        host = f"[{self.address}]" if self.family == 6 else self.address
        uri = f"{scheme}:{user}@{to}:{self.towards[1]}"
        dialog = Dialog(self, f"{os.urandom(8).hex()}@{self.address}", f"<sip:agent@{host}>;tag={os.urandom(4).hex()}",
                        f"<{uri}>", uri)
        dialog.media_port = media_port
        dialog.send("INVITE", self.sdp(media_port, more), headers=headers)
        return dialog

    def incoming(self, seconds=5.0):
        """The dialog of the next INVITE that opens one."""
        invite = self.expect("INVITE", seconds)
        dialog = Dialog(self, invite.call_id, invite.header("To") + f";tag={os.urandom(4).hex()}", invite.header("From"),
                        invite.target)
        dialog.invite = invite
        return dialog

    def answer(self, request, status, local="", body="", headers=(), contact=""):
        phrase = {100: "Trying", 180: "Ringing", 200: "OK", 491: "Request Pending", 487: "Request Terminated",
                  481: "Call Does Not Exist"}.get(status, "Whatever")
        lines = [f"SIP/2.0 {status} {phrase}"] + [f"{k}: {v}" for k, v in request.headers if k.lower() in ("via", "record-route")]
        lines += [f"From: {request.header('From')}", f"To: {local or request.header('To')}",
                  f"Call-ID: {request.call_id}", f"CSeq: {request.header('CSeq')}", f"Contact: {contact or f'<{self.contact}>'}"]
        self.send(lines + list(headers), body, request.source)


@contextlib.contextmanager
def two_agents(lab):
    """A caller outside and a callee inside; when both have finished, nothing of their calls is left at the gate."""
    caller = Agent(lab.outside, OUTSIDE, 5060, (GATE_OUT, 5060))
    callee = Agent(lab.inside, INSIDE, INSIDE_PORT, (GATE_IN, 5060))
    try:
        yield caller, callee
    finally:
        caller.close()
        callee.close()
    lab.gate_process.settle(ended=True)


class StreamAgent(Agent):
    """The same over a stream. A WebSocket client is nowhere but at its connection, and names itself so (RFC 7118, 5)."""

    def __init__(self, wire, port, towards, listens=True):
        self.wire, self.address, self.port, self.towards = wire, wire.address, port, towards
        self.family = 6 if ":" in wire.address else 4
        self.host_port = f"[{wire.address}]:{port}" if self.family == 6 else f"{wire.address}:{port}"
        self.via, self.sent_by = wire.transport.upper(), self.host_port
        if self.via.startswith("W") and not listens:
            self.sent_by = "df7jal23ls0d.invalid"
        self.contact = f"sip:agent@{self.sent_by};transport={'ws' if self.via == 'WSS' else wire.transport}"
        self.seen, self.inbox = set(), []

    def close(self):
        self.wire.close()

    def put(self, data, to):
        self.wire.send(data, to)

    def pump(self, seconds):
        for data, stream in self.wire.receive(seconds):
            self.take(Message(data, stream))


def established(caller, callee, caller_port=40000, callee_port=41000):
    """Both dialogs of an answered call between two agents, and where the gate takes each one's media."""
    a = caller.call("4755667788", caller_port)
    b = callee.incoming()
    b.media_port = callee_port
    callee.answer(b.invite, 200, b.local, callee.sdp(callee_port))
    ok = a.expect(200)
    a.ack(ok)
    callee.expect("ACK")
    a.sends_to, b.sends_to = ok.media(), b.invite.media()
    return a, b


def end(a, b):
    """The caller ends the call."""
    a.send("BYE")
    b.agent.answer(b.expect("BYE"), 200)
    a.expect(200)
