"""SIP messages out of a capture, and two captures drawn as one ladder."""
import struct

from agent import Message


class Seen:
    """One SIP message on a wire."""

    def __init__(self, time, source, target, message):
        self.time, self.source, self.target, self.message = time, source, target, message


def sip_messages(capture):
    """Every SIP message over UDP and IPv4 in the capture, in order."""
    for time, frame in capture.packets():
        if frame[12:14] != b"\x08\x00" or frame[23] != 17:
            continue
        start = 14 + (frame[14] & 15) * 4
        source, target = (".".join(str(b) for b in frame[n:n + 4]) for n in (26, 30))
        size = struct.unpack("!H", frame[start + 4:start + 6])[0]
        payload = frame[start + 8:start + size]
        if payload[:1].isalpha() and b"SIP/2.0" in payload.split(b"\r\n", 1)[0]:
            yield Seen(time, source, target, Message(payload, None))


def arrow(text, width, to_right):
    text = text if len(text) <= width - 4 else text[:width - 5] + "…"
    dashes = "─" * (width - len(text) - 3)
    return f"{dashes} {text} ▶" if to_right else f"◀ {text} {dashes}"


def label(message):
    """`INVITE`, `180 Ringing`, with what makes it more than that."""
    text = message.start.removeprefix("SIP/2.0 ") if not message.is_request else message.method
    if not message.is_request:
        text += f" ({message.method})"
    return text + (" + SDP" if "m=audio" in message.body else "")


def draw(outside, inside, gates, width=38):
    """Lines of one ladder: the outside wire on the left of the gate, the inside wire on its right."""
    seen = sorted([(s, True) for s in outside] + [(s, False) for s in inside], key=lambda pair: pair[0].time)
    start = seen[0][0].time if seen else 0
    yield f"{'':8} {'outside':^{width}}   gate   {'inside':^{width}}"
    for s, left in seen:
        to_gate = s.target in gates
        drawn = arrow(label(s.message), width, to_gate if left else not to_gate)
        halves = (drawn, "") if left else ("", drawn)
        yield f"{s.time - start:8.3f} {halves[0]:{width}} ┃      ┃ {halves[1]:{width}}".rstrip()
