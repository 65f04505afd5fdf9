"""A new policy under living calls; draining; a clean end."""
import contextlib
import signal
import time

from agent import Agent, end, established
from lab import GATE_IN, GATE_OUT, INSIDE, OUTSIDE, Gate, Lab, wait_until
from peers import INSIDE_PORT
from rtp import RtpEnd
from runner import Suite, check, equal


class Scene:
    def __init__(self, lab):
        self.lab = lab
        self.gate = Gate(lab, inside_port=INSIDE_PORT)
        self.caller = Agent(lab.outside, OUTSIDE, 5060, (GATE_OUT, 5060))
        self.callee = Agent(lab.inside, INSIDE, INSIDE_PORT, (GATE_IN, 5060))
        self.good = self.text()

    def text(self):
        with open(self.gate.policy, encoding="utf-8") as policy:
            return policy.read()

    def write(self, text):
        with open(self.gate.policy, "w", encoding="utf-8") as policy:
            policy.write(text)

    def hash(self):
        return self.gate.ask("status")["policy_hash"]

    def refusing(self):
        """The policy as it was, but calls from outside are refused."""
        return self.good.replace('name = "everything from outside goes to the PBX"\nfrom = "outside"\nto   = ["pbx"]',
                                 'name = "closed"\nfrom = "outside"\nreject = { code = 603, reason = "Closed" }')

    def new_call_gets(self):
        dialog = self.caller.call("4755667788")
        answer = dialog.expect("final")
        dialog.ack(answer)
        return answer.status


@contextlib.contextmanager
def scene():
    with Lab() as lab:
        yield Scene(lab)


suite = Suite(scene)


def reloaded(scene, how):
    a, b = established(scene.caller, scene.callee)
    old = scene.hash()
    scene.write(scene.refusing())
    how()
    wait_until(lambda: scene.hash() != old, "the new policy is loaded", 5)
    equal(scene.new_call_gets(), 603, "a new call under the new policy")
    equal(len(scene.gate.calls()), 1, "living calls after the reload")
    end(a, b)
    scene.write(scene.good)
    how()
    wait_until(lambda: scene.hash() == old, "the old policy is loaded again", 5)
    a, b = established(scene.caller, scene.callee)
    end(a, b)
    scene.gate.settle()


@suite.test("a reload by command keeps living calls and judges new ones by the new policy")
def by_command(scene):
    reloaded(scene, lambda: scene.gate.command("reload"))


@suite.test("a reload by SIGHUP keeps living calls and judges new ones by the new policy")
def by_signal(scene):
    reloaded(scene, lambda: scene.gate.process.popen.send_signal(signal.SIGHUP))


@suite.test("a bad file changes nothing and says where it is bad")
def bad_file(scene):
    old = scene.hash()
    a, b = established(scene.caller, scene.callee)
    scene.write(scene.good + "\n[zones.outside]\ncolour = 1\n")
    done = scene.gate.command("reload", check=False)
    equal(done.returncode, 1, "exit status of reload")
    check("policy.toml:" in done.stderr, f"no place in: {done.stderr}")
    equal(scene.hash(), old, "the policy")
    end(a, b)
    scene.write(scene.good)
    scene.gate.settle()


@suite.test("twenty reloads lose no packet of a living call")
def no_packet_lost(scene):
    a, b = established(scene.caller, scene.callee)
    speaks, hears = RtpEnd(scene.lab.outside, OUTSIDE, a.media_port), RtpEnd(scene.lab.inside, INSIDE, b.media_port)
    for n in range(20):
        scene.write(scene.good + f"# {n}\n")
        for k in range(10):
            speaks.send(a.sends_to, 1, first=n * 10 + k)
            if k == 4:
                scene.gate.command("reload")
            time.sleep(0.005)
    equal(len(hears.collect(2, 200)), 200, "packets that arrived")
    speaks.close()
    hears.close()
    end(a, b)
    scene.gate.settle()


@suite.test("draining refuses new calls and lets the living ones end")
def drain(scene):
    a, b = established(scene.caller, scene.callee)
    scene.gate.command("drain")
    equal(scene.new_call_gets(), 503, "a new call while draining")
    end(a, b)
    wait_until(lambda: not scene.gate.process.running() or not scene.gate.calls(), "the last call ends", 10)
    scene.gate.stop()


@suite.test("SIGTERM ends the calls on both sides and leaves nothing in the kernel")
def terminated(scene):
    scene.gate.start()
    a, b = established(scene.caller, scene.callee)
    scene.gate.process.popen.send_signal(signal.SIGTERM)
    for dialog in (a, b):
        dialog.agent.answer(dialog.expect("BYE", 10), 200)
    equal(scene.gate.process.wait(15), 0, "exit status")
    equal(scene.gate.pids(), [], "processes left")
    left = scene.gate.nft("list", "table", "inet", "sallyport", check=False).stdout
    equal(left.count(" expires "), 0, "elements left")
