"""What SIP runs over, by hand: UDP, and streams with TLS, WebSocket (RFC 6455, 7118) or both, each side of them."""
import base64
import hashlib
import os
import re
import select
import socket
import ssl
import struct
import time

from lab import LabError

WS_SECRET = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def frame(payload, opcode=1, final=True, masked=True, reserved=0):
    """One WebSocket frame."""
    head = bytes([(0x80 if final else 0) | reserved | opcode])
    flag = 0x80 if masked else 0
    if len(payload) < 126:
        head += bytes([flag | len(payload)])
    elif len(payload) < 65536:
        head += bytes([flag | 126]) + struct.pack(">H", len(payload))
    else:
        head += bytes([flag | 127]) + struct.pack(">Q", len(payload))
    if not masked:
        return head + payload
    key = os.urandom(4)
    return head + key + bytes(b ^ key[i % 4] for i, b in enumerate(payload))


def take_frame(data):
    """(opcode, payload, bytes used) of the first frame, or None."""
    if len(data) < 2:
        return None
    length, at = data[1] & 0x7F, 2
    if length == 126:
        if len(data) < 4:
            return None
        length, at = struct.unpack(">H", data[2:4])[0], 4
    elif length == 127:
        if len(data) < 10:
            return None
        length, at = struct.unpack(">Q", data[2:10])[0], 10
    key = b""
    if data[1] & 0x80:
        key, at = data[at:at + 4], at + 4
    if len(data) < at + length:
        return None
    payload = data[at:at + length]
    if key:
        payload = bytes(b ^ key[i % 4] for i, b in enumerate(payload))
    return data[0] & 0x0F, payload, at + length


class Stream:
    """One connection with whole SIP messages on it."""

    def __init__(self, plain, transport, context=None, server=False, name=None, path="/", origin=None):
        self.transport, self.server, self.data = transport, server, b""
        self.peer = plain.getpeername()[:2]
        plain.settimeout(5)
        self.socket = plain
        if transport in ("tls", "wss"):
            self.socket = context.wrap_socket(plain, server_side=server, server_hostname=None if server else name)
        if transport in ("ws", "wss"):
            (self.welcome if server else self.upgrade)(path, origin)

    def head(self):
        while b"\r\n\r\n" not in self.data:
            more = self.socket.recv(65536)
            if not more:
                raise LabError(f"no upgrade: {self.data!r}")
            self.data += more
        head, _, self.data = self.data.partition(b"\r\n\r\n")
        return head.decode()

    def upgrade(self, path, origin):
        key = base64.b64encode(os.urandom(16)).decode()
        more = f"Origin: {origin}\r\n" if origin else ""
        self.socket.sendall((f"GET {path} HTTP/1.1\r\nHost: gate.example\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
                             f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
                             f"Sec-WebSocket-Protocol: sip\r\n{more}\r\n").encode())
        head = self.head()
        accept = base64.b64encode(hashlib.sha1(key.encode() + WS_SECRET).digest()).decode()
        if not head.startswith("HTTP/1.1 101 ") or accept not in head or "Sec-WebSocket-Protocol: sip" not in head:
            raise LabError(head.split("\r\n")[0])

    def welcome(self, path, _):
        head = self.head()
        key = re.search(r"(?im)^sec-websocket-key: *(\S+)", head).group(1)
        accept = base64.b64encode(hashlib.sha1(key.encode() + WS_SECRET).digest()).decode()
        self.socket.sendall((f"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             f"Sec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Protocol: sip\r\n\r\n").encode())

    @property
    def is_web(self):
        return self.transport in ("ws", "wss")

    def fileno(self):
        return self.socket.fileno()

    def send(self, data):
        if self.is_web:
            try:
                data.decode()
                data = frame(data, 1, masked=not self.server)
            except UnicodeDecodeError:
                data = frame(data, 2, masked=not self.server)
        self.socket.sendall(data)

    def ready(self):
        return bool(self.data) or (isinstance(self.socket, ssl.SSLSocket) and self.socket.pending() > 0)

    def receive(self):
        """Reads once; every message that is whole by then. None at the end of the connection."""
        try:
            more = self.socket.recv(65536)
        except (ssl.SSLWantReadError, socket.timeout):
            return []
        except OSError:
            return None
        if not more:
            return None
        self.data += more
        return list(self.whole())

    def whole(self):
        while True:
            if self.is_web:
                found = take_frame(self.data)
                if found is None:
                    return
                opcode, payload, used = found
                self.data = self.data[used:]
                if opcode in (1, 2):
                    yield payload
                elif opcode == 9:
                    self.socket.sendall(frame(payload, 10, masked=not self.server))
                continue
            self.data = self.data.lstrip(b"\r\n")
            head, found, rest = self.data.partition(b"\r\n\r\n")
            if not found:
                return
            length = int(re.search(rb"(?im)^(?:content-length|l)[ \t]*:\s*(\d+)", head).group(1))
            if len(rest) < length:
                return
            self.data = rest[length:]
            yield head + found + rest[:length]

    def close(self):
        self.socket.close()


class Wire:
    """All that one agent has: a listening socket where it is called, and its connections."""

    def __init__(self, host, transport, address, port, server=None, client=None, name=None):
        """server, client: ssl contexts; name: whom a TLS client asks for."""
        self.host, self.transport, self.address = host, transport, address
        self.server, self.client, self.name = server, client, name
        self.family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with host.entered():
            self.listener = socket.socket(self.family, socket.SOCK_STREAM)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((address, port))
        self.listener.listen(16)
        self.streams = []
        self.accepted = 0

    def connect(self, towards):
        with self.host.entered():
            plain = socket.socket(self.family, socket.SOCK_STREAM)
        plain.settimeout(5)
        plain.bind((self.address, 0))
        plain.connect(towards)
        stream = Stream(plain, self.transport, self.client, name=self.name)
        self.streams.append(stream)
        return stream

    def send(self, data, to):
        if not isinstance(to, Stream):
            towards = to
            to = next((s for s in self.streams if s.peer == towards), None) or self.connect(towards)
        to.send(data)

    def receive(self, seconds):
        """(message, stream) of each that arrives first within this time."""
        deadline = time.monotonic() + seconds
        while True:
            ready = [s for s in self.streams if s.ready()]
            if not ready:
                ready = select.select([self.listener, *self.streams], [], [], max(0, deadline - time.monotonic()))[0]
            found = []
            for one in ready:
                if one is self.listener:
                    self.accepted += 1
                    self.streams.append(Stream(one.accept()[0], self.transport, self.server, server=True))
                    continue
                messages = one.receive()
                if messages is None:
                    one.close()
                    self.streams.remove(one)
                else:
                    found += [(m, one) for m in messages]
            if found or time.monotonic() >= deadline:
                return found

    def close(self):
        for stream in self.streams:
            stream.close()
        self.listener.close()
