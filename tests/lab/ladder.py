"""Ladders: a call flow as a person would draw it, compiled to one SIPp scenario for each side.

A ladder file has a line for each message, written by the side that sends it:

    # what the flow shows, one sentence (it is the name of the test)
    A: INVITE sdp
        X-Unknown: passes unharmed
    B: 180
    B: 200 sdp
    A: ACK
    B: wait 200
    B: BYE
    A: 200

A is the side that calls. After the method or status come words:
    sdp            a session description; the other side checks that it names the gate's media address
    sdp=MORE,…     sendonly, recvonly, inactive, pcma, video, novideo (port 0), null (c= of zeroes)
    body=NAME      one of BODIES
    tag=N          a forked answer: this response has a To tag of its own
    to=METHOD      which pending request a response answers (default: the latest)
    expires=N      an Expires header
    rseq=N         a reliable provisional response; the PRACK that follows acknowledges it
    as=N           the status that the side outside gets instead, where the gate hides this one
An indented line is a header; the other side checks that it arrives. With a leading `-` it must not arrive, with a
leading `~` nobody looks. `A: wait MS` pauses one side. What is hop by hop stands not in a ladder but is done: 100
Trying, the ACK of a failure, the 200 that answers a CANCEL.
"""
import re
from xml.sax.saxutils import escape

BODIES = {
    "text": ("text/plain", ["Watson, come here."]),
    "dtmf": ("application/dtmf-relay", ["Signal=5", "Duration=160"]),
    "mwi": ("application/simple-message-summary", ["Messages-Waiting: yes", "Voice-Message: 2/8 (0/2)"]),
    "trying": ("message/sipfrag;version=2.0", ["SIP/2.0 100 Trying"]),
    "done": ("message/sipfrag;version=2.0", ["SIP/2.0 200 OK"]),
    "unknown": ("application/x-nobody-knows", ["<what>is this?</what>"]),
}
CODECS = {"pcmu": ("0", "PCMU/8000"), "pcma": ("8", "PCMA/8000")}


class LadderError(Exception):
    pass


class Step:
    """One line of a ladder: who sends what."""

    def __init__(self, side, words):
        self.side, self.what = side, words[0]
        self.headers = []
        options = [w.partition("=") for w in words[1:]]
        self.options = {k: v for k, _, v in options}

    @property
    def is_response(self):
        return self.what.isdigit()


def read(path):
    """(title, steps) of a ladder file."""
    title, steps = None, []
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if line.startswith("#"):
                title = title or line[1:].strip()
            elif line.startswith((" ", "\t")) and line.strip():
                steps[-1].headers.append(line.strip())
            elif line.strip():
                found = re.match(r"([AB]): (.+)", line)
                if found is None:
                    raise LadderError(f"{path}:{number}: cannot read '{line.strip()}'")
                steps.append(Step(found.group(1), found.group(2).split()))
    return title, steps


class Request:
    """A request of the flow while it is pending: what its responses and its CANCEL repeat."""

    def __init__(self, step, number, cseq):
        self.method, self.side, self.number, self.cseq = step.what, step.side, number, cseq
        self.answered = False


class Compiler:
    """One side's SIPp scenario. `side` is whose; `gate_media` is the address that every SDP must name here; with
    None nothing is checked but the sequence of messages. `inside` is the side that the gate hides: its X- headers and
    attributes need not arrive."""

    def __init__(self, steps, side, gate_media, inside=None):
        self.steps, self.side, self.gate_media, self.inside = steps, side, gate_media, inside
        self.out, self.variables = [], []
        self.requests = []                    # all so far, by number
        self.cseq = {"A": 0, "B": 0}
        self.tag = ""                         # suffix of the To tag of the dialog
        self.reliable = None                  # the latest reliable response: its RSeq as this side wrote or read it
        self.last_received = None             # the request that [last_…] of SIPp means

    def compile(self, name):
        for step in self.steps:
            if step.what == "wait":
                if step.side == self.side:
                    self.out.append(f'<pause milliseconds="{next(iter(step.options))}"/>')
            elif step.is_response:
                self.response(step)
            else:
                self.request(step)
        unused = f'<Reference variables="{",".join(self.variables)}"/>' if self.variables else ""
        return (f'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE scenario SYSTEM "sipp.dtd">\n'
                f'<scenario name="{escape(name)} {self.side}">\n' + "\n".join(self.out) + f"\n{unused}\n</scenario>\n")

    # Requests

    def request(self, step):
        mine = step.side == self.side
        if step.what in ("ACK", "CANCEL"):
            invite = self.pending("INVITE", step.side)
            request = Request(step, invite.number, invite.cseq)
            first = step.what == "CANCEL" and invite.number == 0
        else:
            self.cseq[step.side] += 1
            request = Request(step, len(self.requests), self.cseq[step.side])
            self.requests.append(request)
            first = request.number == 0
        if mine:
            branch = f"{request.number}{'ack' if step.what == 'ACK' else ''}"
            self.send(self.request_lines(step, request, first, branch), step, retransmit=step.what != "ACK")
            if step.what == "CANCEL":
                self.receive("response", "200", None)
        else:
            self.receive("request", step.what, step, request)
            if step.what == "CANCEL":
                self.answer_at_once(request, "200 OK")

    def request_lines(self, step, request, first, branch):
        uri = "sip:[service]@[remote_ip]:[remote_port]" if first else "[next_url]"
        lines = [f"{step.what} {uri} SIP/2.0",
                 f"Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=z9hG4bK[pid]{self.side}[call_number]x{branch}"]
        if self.side == "A":
            lines += ["From: <sip:[caller]@[domain]>;tag=[pid]A[call_number]",
                      "To: <sip:[service]@[remote_ip]:[remote_port]>" + ("" if first else "[peer_tag_param]")]
        else:
            lines += [f"From: [$to0];tag=[pid]B[call_number]{self.tag}", "To: [$from0]"]
        lines += ["Call-ID: [call_id]", f"CSeq: {request.cseq} {step.what}", "Max-Forwards: 70"]
        if step.what == "PRACK":
            lines.append(f"RAck: {self.reliable} {self.pending('INVITE', self.side).cseq} INVITE")
        return lines if first or branch == str(request.number) and step.what == "ACK" else lines + ["[routes]"]

    def pending(self, method, side):
        for request in reversed(self.requests):
            if request.side == side and (not method or request.method == method):
                return request
        raise LadderError(f"{side} has no {method} pending")

    # Responses

    def response(self, step):
        request = self.pending(step.options.get("to"), "B" if step.side == "A" else "A")
        if step.side == self.side:
            if "tag" in step.options or request.number == 0:
                self.tag = step.options.get("tag", self.tag)
            lines = self.response_lines(step, request)
            success = request.method == "INVITE" and step.what[0] in "23456"
            self.send(lines, step, retransmit=success)
            if request.method == "INVITE" and step.what[0] in "3456":
                self.receive("request", "ACK", None)
        else:
            if request.method == "INVITE" and not request.answered:
                request.answered = True
                self.out.append('<recv response="100" optional="true"/>')
            self.receive("response", self.seen_as(step), step, request)
            if request.method == "INVITE" and step.what[0] in "3456":
                ack = Step(self.side, ["ACK"])
                self.send(self.request_lines(ack, request, request.number == 0, str(request.number))
                          if request.number else self.failure_ack(request), ack, retransmit=False)

    def seen_as(self, step):
        return step.options.get("as", step.what) if step.side == self.inside else step.what

    def failure_ack(self, request):
        lines = self.request_lines(Step(self.side, ["ACK"]), request, True, str(request.number))
        return [line + "[peer_tag_param]" if line.startswith("To:") else line for line in lines]

    def response_lines(self, step, request):
        n = request.number
        tag = f";tag=[pid]B[call_number]{self.tag}" if n == 0 else ""
        status = f"SIP/2.0 {step.what} {PHRASES.get(step.what, 'Whatever')}"
        if request is self.last_received:       # all its Via and Record-Route
            return [status, "[last_Via:]", "[last_Record-Route:]", "[last_From:]", f"[last_To:]{tag}", "[last_Call-ID:]",
                    "[last_CSeq:]"]
        return [status, f"Via: [$via{n}]", f"From: [$from{n}]",
                f"To: [$to{n}]{tag}", "Call-ID: [call_id]", f"CSeq: [$cseq{n}]"]

    def answer_at_once(self, request, status):
        self.out.append("<send><![CDATA[\n\n      " + "\n      ".join(
            [f"SIP/2.0 {status}", "[last_Via:]", "[last_From:]", "[last_To:]", "[last_Call-ID:]", "[last_CSeq:]",
             "Content-Length: 0"]) + "\n\n]]></send>")

    # What both have

    def send(self, lines, step, retransmit):
        if step.what not in ("ACK", "CANCEL", "BYE") and not (step.is_response and step.what == "100"):
            lines.append("Contact: <sip:[contact]@[local_ip]:[local_port];transport=[transport]>")
        if "rseq" in step.options:
            self.reliable = step.options["rseq"]
            lines += ["Require: 100rel", f"RSeq: {self.reliable}"]
        if "expires" in step.options:
            lines.append(f"Expires: {step.options['expires']}")
        lines += [h.lstrip("-~ ") for h in step.headers]
        lines.append("[extra]")
        kind, body = self.body(step)
        if kind:
            lines.append(f"Content-Type: {kind}")
        lines.append("Content-Length: [len]" if body else "Content-Length: 0")
        text = "\n      ".join(lines + [""] + body)
        again = ' retrans="500"' if retransmit else ""
        self.out.append(f"<send{again}><![CDATA[\n\n      {text}\n\n]]></send>")

    def body(self, step):
        if "body" in step.options:
            return BODIES[step.options["body"]]
        if "sdp" not in step.options:
            return "", []
        words = step.options["sdp"].split(",")
        number, codec = CODECS["pcma" if "pcma" in words else "pcmu"]
        address = "0.0.0.0" if "null" in words else "[media_ip]"
        lines = ["v=0", "o=[owner] 53655765 2353687637 IN IP[local_ip_type] [local_ip]", "s=[session]",
                 f"c=IN IP[media_ip_type] {address}", "t=0 0", f"m=audio [media_port] RTP/AVP {number} 101",
                 f"a=rtpmap:{number} {codec}", "a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-15",
                 "a=rtcp:[rtcp_port] IN IP[media_ip_type] [media_ip]", "a=x-lab-unknown:kept"]
        lines += [f"a={w}" for w in words if w in ("sendonly", "recvonly", "inactive")]
        if "video" in words or "novideo" in words:
            port = "0" if "novideo" in words else "[media_port+2]"
            lines += [f"m=video {port} RTP/AVP 31", "a=rtpmap:31 H261/90000"]
        return "application/sdp", lines

    def receive(self, kind, what, step, request=None):
        checks, routes = [], ""
        if step is not None:
            checks = self.checks(step) if self.gate_media else []
            if kind == "request" and request.method not in ("ACK", "CANCEL"):
                checks = self.remember(request.number) + checks
            if "rseq" in step.options:
                checks = self.remember_rseq() + checks
            if (kind == "request" and request.number == 0 and what not in ("ACK", "CANCEL")) or (kind == "response" and what[0] in "12" and request.number == 0):
                routes = ' rrs="true"'
        self.last_received = request if kind == "request" else None
        action = "<action>" + "".join(checks) + "</action>" if checks else ""
        self.out.append(f'<recv {kind}="{what}"{routes}>{action}</recv>')

    def remember(self, n):
        saved = []
        for header, name in (("Via:", "via"), ("From:", "from"), ("To:", "to"), ("CSeq:", "cseq")):
            self.variables.append(f"{name}{n}")
            saved.append(f'<ereg regexp="[^ ].*" search_in="hdr" header="{header}" assign_to="{name}{n}" check_it="true"/>')
        return saved

    def remember_rseq(self):
        name = f"rseq{len(self.variables)}"
        self.variables.append(name)
        self.reliable = f"[${name}]"
        return [f'<ereg regexp="[0-9]+" search_in="hdr" header="RSeq:" assign_to="{name}" check_it="true"/>']

    def check(self, pattern, where, inverse=False):
        name = f"c{len(self.variables)}"
        self.variables.append(name)
        how = "check_it_inverse" if inverse else "check_it"
        return f'<ereg regexp="{escape(pattern, {chr(34): "&quot;"})}" search_in="{where}" {how}="true" assign_to="{name}"/>'

    def checks(self, step):
        hidden = step.side == self.inside
        return [self.check(pattern, where, inverse) for pattern, where, inverse in self.expectations(step)
                if not (hidden and re.match(r"(a=)?x-", pattern, re.IGNORECASE))]

    def expectations(self, step):
        """(pattern, where to look, whether it must be missing) of all that the step must bring."""
        for header in step.headers:
            if header[0] == "-":
                yield quote(header[1:].strip()), "msg", True
            elif header[0] != "~":
                name, _, value = header.partition(":")
                yield f"{quote(name)}: *{quote(value.strip())}", "msg", False
        if "rseq" in step.options:
            yield "Require: *100rel", "msg", False
        if step.what == "PRACK":
            yield f"RAck: *{self.reliable} [0-9]+ INVITE", "msg", False
        for line in self.body(step)[1]:
            if line.startswith("c=") and "0.0.0.0" not in line:
                yield "c=IN IP[46] " + quote(self.gate_media), "body", False
            elif not re.match(r"(c|o|s|a=rtcp|m)[=:]", line):
                yield quote(line), "body", False
            elif line.startswith("m=video 0"):
                yield "m=video 0 ", "body", False


PHRASES = {"100": "Trying", "180": "Ringing", "183": "Session Progress", "200": "OK", "202": "Accepted",
           "302": "Moved Temporarily", "403": "Forbidden", "404": "Not Found", "480": "Temporarily Unavailable",
           "486": "Busy Here", "487": "Request Terminated", "488": "Not Acceptable Here", "491": "Request Pending",
           "500": "Server Internal Error", "503": "Service Unavailable", "603": "Decline"}


def quote(text):
    """The text as a POSIX extended regular expression that matches it."""
    return re.sub(r"([][.*+?(){}|^$\\])", r"\\\1", text)


def compile_both(path, gate_media, inside=None):
    """(title, scenario of A, scenario of B) of a ladder file; gate_media: the gate's media address at each side, or
    nothing at all: then no content is checked."""
    title, steps = read(path)
    return title, *(Compiler(steps, side, gate_media and gate_media[side], inside).compile(title) for side in "AB")
