"""The demonstration behind ./demo: zones, phones, a call, and what each side saw of the other."""
import os
import re
import sys
import time

import audio
import messages
from lab import GATE_IN, GATE_OUT, TOP, Gate, Lab, LabError
from peers import CANARIES, Baresip, Capture, Kamailio

BOLD, DIM, GREEN, RED, END = ("\033[1m", "\033[2m", "\033[32m", "\033[31m", "\033[0m") if sys.stdout.isatty() else ("",) * 5
SECONDS = 6


class Demo:
    def __init__(self):
        self.wrong = []

    def title(self, text):
        print(f"\n{BOLD}{text}{END}\n{DIM}{'─' * min(len(text), 100)}{END}", flush=True)

    def say(self, text=""):
        print(f"  {text}", flush=True)

    def show(self, text):
        for line in text.rstrip().splitlines():
            self.say(line)

    def claim(self, true, text):
        print(f"  {GREEN + '✔' if true else RED + '✘'}{END} {text}", flush=True)
        if not true:
            self.wrong.append(text)

    def policy(self, lab):
        """etc/sallyport.toml as it is, but for the two paths that belong to this run."""
        with open(os.path.join(TOP, "etc", "sallyport.toml"), encoding="utf-8") as text:
            policy = text.read()
        for key, path in (("state_dir", os.path.join(lab.directory, "state")),
                          ("control", os.path.join(lab.directory, "control.sock"))):
            policy = re.sub(rf'(?m)^(?:# *)?({key}\s*=\s*)"[^"]*"', rf'\g<1>"{path}"', policy)
        return re.sub(r"(?m)^include\s*=.*$", "", policy)

    def run(self):
        with Lab() as lab:
            self.set_up(lab)
            self.call(lab)
            self.ladder()
            self.hidden()
            self.after()
        self.title("Done")
        for text in self.wrong:
            self.say(f"{RED}not so: {text}{END}")
        self.claim(not self.wrong, "everything above is as it should be")
        return 1 if self.wrong else 0

    def set_up(self, lab):
        self.title("Two zones and a gate")
        self.say("outside                        gate                              inside")
        self.say("alice, baresip  203.0.113.11 ─ 203.0.113.1 ┃ 198.51.100.1 ─ 198.51.100.10  PBX, Kamailio")
        self.say("                                                            198.51.100.11  bob, baresip")
        self.gate = Gate(lab, policy=self.policy(lab))
        self.say(f"sallyportd runs with etc/sallyport.toml, as warden and engine: pids {', '.join(map(str, self.gate.pids()))}")
        self.captures = Capture(lab.outside), Capture(lab.inside)
        self.pbx = Kamailio(lab.inside)
        self.alice = Baresip(lab.outside, "alice", GATE_OUT, "203.0.113.11", 440)
        self.bob = Baresip(lab.inside, "bob", "198.51.100.10", "198.51.100.11", 880)
        self.alice.await_registered()
        self.bob.await_registered()
        self.claim(True, "alice registered with the PBX through the gate, bob beside it")
        self.show(self.gate.command("registrations").stdout)

    def call(self, lab):
        self.title("Alice calls bob")
        self.called = time.time()
        self.alice.do("dial", f"sip:bob@{GATE_OUT}")
        self.alice.await_event("CALL_ESTABLISHED")
        self.bob.await_event("CALL_ESTABLISHED")
        time.sleep(SECONDS)
        self.show(self.gate.command("calls").stdout)
        self.title("The wall while the call is up: sallyport pinholes")
        self.show(self.gate.command("pinholes").stdout)
        self.title("The wall while the call is up: nft list table inet sallyport")
        self.show(self.gate.table())
        self.claim(self.gate.elements() > 0, "the kernel holds the pinholes of this call, each with its time-out")
        self.title("Packets relayed each way: sallyport streams")
        self.show(self.gate.command("streams").stdout)
        for stream in self.gate.streams():
            for side in "ab":
                self.claim(stream[side]["packets"] > SECONDS * 30, f"{stream[side]['packets']} packets from {stream[side]['remote']}")
        self.alice.do("hangup")
        self.bob.await_event("CALL_CLOSED")
        time.sleep(0.5)
        self.title("Sound")
        for who, tone in ((self.alice, 880), (self.bob, 440)):
            seconds = audio.heard_seconds(who.recordings()[-1], tone)
            self.claim(seconds > SECONDS * 0.6, f"{who.user} heard the other's tone of {tone} Hz for {seconds:.1f} s")

    def ladder(self):
        self.title("The call's messages, both sides of the gate next to each other")
        outside, inside = (list(messages.sip_messages(c.stop())) for c in self.captures)
        of_the_call = lambda seen: [s for s in seen if s.time >= self.called and "REGISTER" not in s.message.header("CSeq")]
        self.outside, self.inside = of_the_call(outside), of_the_call(inside)
        self.show("\n".join(messages.draw(self.outside, self.inside, (GATE_OUT, GATE_IN))))

    def hidden(self):
        self.title("What the PBX said inside, and what the outsider saw instead (the 200 of the INVITE)")
        pick = lambda seen, to_gate: next(s.message for s in seen if s.message.status == 200 and s.message.method == "INVITE"
                                          and (s.target in (GATE_IN, GATE_OUT)) == to_gate)
        theirs, ours = pick(self.inside, True), pick(self.outside, False)
        for name in ("Via", "From", "To", "Call-ID", "Contact", "Record-Route", "Server", "User-Agent"):
            self.compare(name, theirs.header(name), ours.header(name))
        for kind in ("o=", "s=", "c=", "m="):
            line = lambda m: next((l for l in m.body.splitlines() if l.startswith(kind)), "")
            self.compare(kind, line(theirs), line(ours))
        found = self.captures[0].find([c for c in CANARIES if c[0] not in "42ic"] + ["198.51.100."])
        count = sum(1 for _ in self.captures[0].packets())
        self.claim(not found, f"in all {count} packets captured outside: no inside address, no name of the PBX")

    def compare(self, name, inside, outside):
        if inside or outside:
            self.say(f"{name:13} {DIM}inside {END} {inside or '–'}")
            self.say(f"{'':13} {BOLD}outside{END} {outside or '–'}")

    def after(self):
        self.title("After the call: nft list table inet sallyport")
        self.gate.settle()
        self.show(self.gate.table())
        self.claim(self.gate.elements() == 0 and not self.gate.pinholes(), "no pinhole is left")
        self.claim(self.gate.stop() == 0, "sallyportd ended cleanly")


if __name__ == "__main__":
    try:
        sys.exit(Demo().run())
    except LabError as e:
        sys.exit(f"{RED}the demonstration stopped: {e}{END}")
