"""Runs the tests of one lab file: each is a sentence, all share the file's scene; prints "N passed, M failed"."""
import contextlib
import sys
import time
import traceback

from lab import LabError


class Failed(AssertionError):
    """What a test found wrong."""


class Suite:
    def __init__(self, scene=None):
        self.scene, self.tests = scene or contextlib.nullcontext, []

    def test(self, sentence):
        """Decorates a function that takes the scene."""
        def add(function):
            self.tests.append((sentence, function))
            return function
        return add

    def add(self, sentence, function, *arguments):
        self.tests.append((sentence, lambda scene: function(scene, *arguments)))

    def run(self, only=()):
        wanted = [(s, f) for s, f in self.tests if not only or any(word in s for word in only)]
        failed = 0
        try:
            with self.scene() as scene:
                for sentence, function in wanted:
                    failed += not attempt(sentence, function, scene)
        except LabError as e:
            print(f"the scene could not be set: {e}", flush=True)
            failed = len(wanted)
        failed = max(failed, not wanted)
        print(f"{len(wanted) - failed if wanted else 0} passed, {failed} failed", flush=True)
        return 1 if failed else 0


def attempt(sentence, function, scene):
    start = time.monotonic()
    try:
        function(scene)
    except (LabError, Failed) as e:
        print(f"FAILED: {sentence}\n    " + str(e).replace("\n", "\n    "), flush=True)
        return False
    except Exception:
        print(f"FAILED: {sentence}", flush=True)
        traceback.print_exc(file=sys.stdout)
        return False
    print(f"ok: {sentence} ({time.monotonic() - start:.1f} s)", flush=True)
    return True


def check(condition, text):
    if not condition:
        raise Failed(text)


def equal(found, wanted, what):
    check(found == wanted, f"{what}: {found!r}, not {wanted!r}")
