"""Sound: a tone into a file, and how much of a tone is in a recording."""
import math
import struct
import wave

RATE = 8000


def write_tone(path, hertz, seconds=60):
    with wave.open(path, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        period = [int(8000 * math.sin(2 * math.pi * hertz * n / RATE)) for n in range(RATE)]
        out.writeframes(struct.pack(f"<{RATE}h", *period) * seconds)


def read(path):
    """(samples as floats, rate); a file that is still being written has no length in its header yet."""
    with open(path, "rb") as f:
        data = f.read()
    at = data.find(b"fmt ")
    channels, rate = struct.unpack("<HI", data[at + 10:at + 16])
    start = data.find(b"data") + 8
    pcm = data[start:start + (len(data) - start) // 2 * 2]
    return [s / 32768 for s in struct.unpack(f"<{len(pcm) // 2}h", pcm)][::channels], rate


def share(samples, rate, hertz):
    """The part of the samples' energy that lies at this frequency (Goertzel), 0 to 1."""
    energy = sum(s * s for s in samples)
    if energy < 1e-3:
        return 0.0
    coefficient = 2 * math.cos(2 * math.pi * hertz / rate)
    one = two = 0.0
    for s in samples:
        one, two = s + coefficient * one - two, one
    power = one * one + two * two - coefficient * one * two
    return min(1.0, 2 * power / (len(samples) * energy))


def heard_seconds(path, hertz):
    """Seconds of the recording in which this tone is clearly what was heard."""
    samples, rate = read(path)
    step = rate // 10
    return sum(share(samples[n:n + step], rate, hertz) > 0.7 for n in range(0, len(samples) - step + 1, step)) / 10


def from_pcmu(payload):
    """G.711 µ-law bytes as samples."""
    samples = []
    for byte in payload:
        byte = ~byte & 0xFF
        magnitude = (((byte & 15) << 3) + 132 << ((byte >> 4) & 7)) - 132
        samples.append((-magnitude if byte & 0x80 else magnitude) / 32768)
    return samples
