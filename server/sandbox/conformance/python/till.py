"""Runs `till` as a child process, and reads the address that it listens on from its log."""

import os
import re
import signal
import subprocess
import tempfile
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]
# The shop's pages are not requested, so its assets need not be built.
SITE = ROOT / "server/tests/site"


def _binary() -> Path:
    """`make test` sets `TILL_BIN` to the binary that it has built."""
    target = os.environ.get("CARGO_TARGET_DIR", "target")
    return ROOT / os.environ.get("TILL_BIN", f"{target}/debug/till")


class Till:
    """Runs until the `with` block ends. In the log, the address follows `announcement`."""

    def __init__(self, announcement, arguments, environment=None):
        self._announcement = re.compile(re.escape(announcement) + r" (http://[0-9.:]+)")
        self._arguments = arguments
        self._environment = environment or {}

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="till-conformance-")
        fill = {"folder": self._folder.name}
        self._process = subprocess.Popen(
            [_binary(), *(argument.format(**fill) for argument in self._arguments)],
            cwd=self._folder.name,
            # A clean environment: the developer's could contain the keys of a real account.
            env={
                "RUST_LOG": "info",
                "LEPTOS_SITE_ROOT": str(SITE),
                **{name: value.format(**fill) for name, value in self._environment.items()},
            },
            stdout=subprocess.PIPE,
            text=True,
        )
        for line in self._process.stdout:
            if found := self._announcement.search(line):
                self.address = found[1]
                break
        else:
            raise RuntimeError(
                f"till ended with exit code {self._process.wait()} before it was ready"
            )
        # Keep reading: the process would block on a full pipe.
        threading.Thread(target=self._process.stdout.read, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._folder.cleanup()
