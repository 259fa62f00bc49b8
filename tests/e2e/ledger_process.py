"""A real laureld and laurelctl for tests that are scripts. Python's standard library only."""

import os
import pathlib
import signal
import subprocess
import sys
import time

SKIPPED = 77  # exit code of a test that was skipped
SOURCE = pathlib.Path(os.environ.get("LAUREL_SOURCE_DIR", pathlib.Path(__file__).resolve().parents[2]))
SHARED = pathlib.Path(os.environ.get("LAUREL_SHARED_DIR", SOURCE.parent / "shared"))


def check(condition, message):
    if not condition:
        sys.exit(f"{pathlib.Path(sys.argv[0]).stem}: {message}")


def check_equal(what, expected, actual):
    check(expected == actual, f"{what}: must be {expected}, was {actual}")


class Server:
    """A laureld on a free port; stopped with SIGTERM at the end of the block."""

    def __init__(self, laureld, data_dir):
        self.laureld, self.data_dir = laureld, data_dir

    def __enter__(self):
        port_file = pathlib.Path(f"{self.data_dir}.port")
        port_file.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            [self.laureld, "serve", "--data-dir", self.data_dir, "--listen", "127.0.0.1:0", "--port-file", port_file,
             "--free-space-min", "0"], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while not port_file.exists():
            check(self.process.poll() is None and time.monotonic() < deadline, "laureld does not serve")
            time.sleep(0.01)
        self.address = f"127.0.0.1:{port_file.read_text().strip()}"
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=60)
        check_equal("laureld's exit code", 0, code)


class Cli:
    """laurelctl on one program of a server."""

    def __init__(self, laurelctl, address, program):
        self.words = [laurelctl, "--server", address, "-p", program]

    def call(self, *arguments):
        return subprocess.run([*self.words, *map(str, arguments)], capture_output=True, text=True, check=False)

    def run(self, *arguments):
        """Standard output. Ends the test if the command fails."""
        done = self.call(*arguments)
        check(done.returncode == 0, f"laurelctl {' '.join(map(str, arguments))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout
