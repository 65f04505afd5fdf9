"""What the benchmarks of signalling put between two SIPps, and the calls that they drive through it."""
import os
import time

from common import HERE, pin
from lab import GATE_OUT, INSIDE, OUTSIDE, Gate, LabError, wait_until
from peers import Sipp

MEASURED_CORE, SIPP_CORE = 0, 1
SIPP_OPTIONS = {"timeout": 60, "more": ["-buff_size", "4194304"]}    # what SIPp loses is no failure of the measured one


class Kamailio:
    """Kamailio in the gate, as the proxy of kamailio-topoh.cfg."""

    towards = GATE_OUT

    def __init__(self, lab):
        run = lab.file("kamailio")
        os.makedirs(run)
        self.lab = lab
        self.process = lab.gate.start("kamailio", "kamailio", "-f", os.path.join(HERE, "kamailio-topoh.cfg"), "-DD", "-E",
                                      "-m", "256", "-w", run, "-Y", run, "-P", os.path.join(run, "pid"))
        wait_until(lambda: "5060" in lab.gate.run("ss", "-lun").stdout, "kamailio starts", 20, 0.2)
        time.sleep(0.5)

    def pids(self):
        return self.lab.gate.pids()

    def stop(self):
        self.process.stop()
        self.lab.gate.kill_all()


class Sallyport(Gate):
    towards = GATE_OUT

    def __init__(self, lab):
        super().__init__(lab, workers=1, rate="100000/s burst 100000")

    def settle_if_it_can(self):
        try:
            self.settle(90)     # what the last, failing rate left may wait for Timer B or F, and then for a CANCEL's
        except LabError as e:
            raise LabError(f"after the calls something is left: {e}") from None


def drive(lab, scenarios, calls, rate, towards=GATE_OUT, answered=False):
    """Calls a second that were reached; LabError when a call failed. `answered`: by somebody who is there already."""
    answering = [] if answered else [Sipp(lab.inside, scenarios[1], INSIDE, port=5060, calls=calls, **SIPP_OPTIONS)]
    start = time.monotonic()
    calling = Sipp(lab.outside, scenarios[0], OUTSIDE, towards, calls=calls, rate=rate, **SIPP_OPTIONS)
    try:
        for sipp in (*answering, calling):
            pin(sipp.process.pid, SIPP_CORE)
        calling.finish(70)
        took = time.monotonic() - start
        for sipp in answering:
            sipp.finish(20)
        return calls / took
    finally:
        for sipp in (calling, *answering):
            sipp.process.stop()
