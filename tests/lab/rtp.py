"""RTP by hand: numbered packets out of a socket, and what came in."""
import select
import struct
import time


def packet(number, ssrc=0x1AB0, payload=b"\xd5" * 160):
    return struct.pack("!BBHII", 0x80, 0, number & 0xFFFF, number * 160 & 0xFFFFFFFF, ssrc) + payload


class RtpEnd:
    def __init__(self, host, address, port):
        self.socket = host.udp(address, port)
        self.received = []          # (payload, source)

    def send(self, to, count=1, ssrc=0x1AB0, first=0):
        for n in range(first, first + count):
            self.socket.sendto(packet(n, ssrc), to)

    def collect(self, seconds=0.2, until=None):
        """Takes in what arrives; ends early when `until` packets are there."""
        deadline = time.monotonic() + seconds
        while until is None or len(self.received) < until:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.socket], [], [], left)[0]:
                break
            self.received.append(self.socket.recvfrom(65536))
        return self.received

    def close(self):
        self.socket.close()
