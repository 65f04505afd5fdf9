"""Debian's rtpengine in user space, in the gate of the laboratory, and its ng protocol (bencoded, over UDP)."""
import itertools
import os
import re
import shutil
import subprocess

from lab import LabError, wait_until

NG_PORT = 22222


def bencode(value):
    if isinstance(value, str):
        return b"%d:%s" % (len(value.encode()), value.encode())
    if isinstance(value, list):
        return b"l" + b"".join(map(bencode, value)) + b"e"
    if isinstance(value, dict):
        return b"d" + b"".join(bencode(k) + bencode(v) for k, v in sorted(value.items())) + b"e"
    return b"i%de" % value


def bdecode(data, at=0):
    """(value, where the next one begins)."""
    kind = data[at:at + 1]
    if kind == b"i":
        end = data.index(b"e", at)
        return int(data[at + 1:end]), end + 1
    if kind in (b"l", b"d"):
        items, at = [], at + 1
        while data[at:at + 1] != b"e":
            item, at = bdecode(data, at)
            items.append(item)
        return (items if kind == b"l" else dict(zip(items[::2], items[1::2]))), at + 1
    colon = data.index(b":", at)
    end = colon + 1 + int(data[at:colon])
    return data[colon + 1:end].decode(), end


def version():
    said = subprocess.run(["rtpengine", "--version"], capture_output=True, text=True, check=False)
    return (re.search(r"[\d.]+\S*", said.stdout + said.stderr) or [""])[0]


def description(address, port):
    return (f"v=0\r\no=- 1 1 IN IP4 {address}\r\ns=-\r\nc=IN IP4 {address}\r\nt=0 0\r\n"
            f"m=audio {port} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n")


class Rtpengine:
    """`interfaces`: name to address, of the gate."""

    def __init__(self, lab, interfaces):
        if not shutil.which("rtpengine"):
            raise LabError("rtpengine is missing: apt-get install --no-install-recommends rtpengine-daemon")
        argv = [f"--interface={name}/{address}" for name, address in interfaces.items()]
        self.process = lab.gate.start(
            "rtpengine", "rtpengine", "--foreground", "--log-stderr", "--log-level=3", "--table=-1",
            "--config-file=none", f"--pidfile={lab.file('rtpengine.pid')}", f"--listen-ng=127.0.0.1:{NG_PORT}",
            "--port-min=20000", "--port-max=29999", *argv)
        self.socket = lab.gate.udp("127.0.0.1")
        self.cookies = itertools.count()
        wait_until(self.answers, "rtpengine answers", 20, 0.1)

    def answers(self):
        if not self.process.running():
            raise LabError(f"rtpengine does not start: {self.process.output().strip()[-600:]}")
        try:
            return self.ask({"command": "ping"}, 0.2)["result"] == "pong"
        except OSError:
            return False

    def ask(self, request, seconds=5):
        cookie = f"{os.getpid()}-{next(self.cookies)}"
        self.socket.settimeout(seconds)
        self.socket.sendto(cookie.encode() + b" " + bencode(request), ("127.0.0.1", NG_PORT))
        while True:
            data = self.socket.recv(65536)
            got, _, body = data.partition(b" ")
            if got.decode() == cookie:
                return bdecode(body)[0]

    def call(self, name, caller, callee):
        """One call between the two addresses; the ports that caller and callee are to send to."""
        common = {"call-id": name, "from-tag": "a", "replace": ["origin", "session-connection"], "ICE": "remove",
                  "flags": ["strict source"]}
        offer = self.expect(self.ask({**common, "command": "offer", "sdp": description(*caller), "direction": ["out", "in"]}))
        answer = self.expect(self.ask({**common, "command": "answer", "to-tag": "b", "sdp": description(*callee)}))
        return tuple(int(re.search(r"m=audio (\d+)", said["sdp"]).group(1)) for said in (answer, offer))

    @staticmethod
    def expect(answer):
        if answer.get("result") != "ok":
            raise LabError(f"rtpengine: {answer}")
        return answer
