"""A WebSocket phone that we did not write: SIP.js in node, its packages in a cache outside of the tree."""
import os
import shutil

from lab import TOP, LabError, command, wait_until

PACKAGES = ("sip.js@0.21.2", "ws@8.18.0")


def cache():
    """The folder with the packages; npm fills it once."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    folder = os.path.join(base, "sallyport-lab", "_".join(PACKAGES).replace("/", "_"))
    if not os.path.exists(os.path.join(folder, "complete")):
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "package.json"), "w", encoding="utf-8") as out:
            out.write("{}")
        command("npm", "install", "--prefix", folder, "--no-audit", "--no-fund", "--ignore-scripts", *PACKAGES)
        with open(os.path.join(folder, "complete"), "w", encoding="utf-8"):
            pass
    shutil.copy(os.path.join(TOP, "tests", "lab", "sip_js.mjs"), folder)
    return folder


class Browser:
    def __init__(self, host, url, authority, user, password, *what):
        self.process = host.start(f"sipjs-{user}", "node", os.path.join(cache(), "sip_js.mjs"), url, user, password, *what,
                                  env={"NODE_EXTRA_CA_CERTS": authority.certificate})

    def await_word(self, word, seconds=15):
        def seen():
            if not self.process.running() and word not in self.process.output():
                raise LabError(f"SIP.js ended: {self.process.output()[-1500:]}")
            return word in self.process.output().splitlines()
        wait_until(seen, f"SIP.js: {word}; it said {self.process.output()[-800:]}", seconds, 0.05)

    def finish(self, seconds=15):
        if self.process.wait(seconds) != 0:
            raise LabError(f"SIP.js failed: {self.process.output()[-1500:]}")
