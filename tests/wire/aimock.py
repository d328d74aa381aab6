"""aimock: a mock server that others wrote (`@copilotkit/aimock`, npm, MIT), started on a free port of this machine.

PANEL_AIMOCK names the folder where it was installed, `~/.cache/panel-aimock` where it is not set:

    npm install --no-save --prefix DIR @copilotkit/aimock@1.43.0 && export PANEL_AIMOCK=DIR
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_SCRIPT = "node_modules/@copilotkit/aimock/dist/cli.js"
_FOLDERS = (os.environ.get("PANEL_AIMOCK"), str(Path.home() / ".cache" / "panel-aimock"))
"""Read when this is loaded: no test sees the variable."""

START_S = 20.0
OLDEST_NODE = 20


def script() -> Path | None:
    """The server's program, where it is installed."""
    return next((path for folder in _FOLDERS if folder and (path := Path(folder) / _SCRIPT).is_file()), None)


def missing() -> str:
    """Why it cannot be run here; "" where it can."""
    if script() is None:
        return "@copilotkit/aimock is not installed, or PANEL_AIMOCK does not name the folder where it is"
    if shutil.which("node") is None:
        return "node is not on the PATH"
    if _node_version() < OLDEST_NODE:
        return f"node is older than version {OLDEST_NODE}"
    return ""


def _node_version() -> int:
    said = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout
    return int(said.removeprefix("v").partition(".")[0] or 0)


class Aimock:
    """The running server."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._at = f"127.0.0.1:{port}"

    def journal(self) -> list[dict[str, Any]]:
        """What it says it received: an entry for each request, its body among it."""
        found: list[dict[str, Any]] = self._get("/__aimock/journal")
        return found

    def _get(self, path: str) -> Any:
        connection = http.client.HTTPConnection(self._at, timeout=10)
        try:
            connection.request("GET", path)
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()


@contextmanager
def running(folder: Path, fixtures: list[dict[str, Any]], *flags: str) -> Iterator[Aimock]:
    """Start it with these fixtures, written to `folder`, and these flags; end it afterwards."""
    (folder / "panel.json").write_text(json.dumps({"fixtures": fixtures}), "utf-8")
    port = _free_port()
    command = ["node", str(script()), "-p", str(port), "-h", "127.0.0.1", "-f", str(folder), "--validate-on-load"]
    log = folder / "aimock.log"
    with log.open("wb") as out, subprocess.Popen([*command, *flags], stdout=out, stderr=out) as process:
        try:
            _wait_for(port, process, log)
            yield Aimock(port)
        finally:
            process.terminate()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError(f"aimock did not start: {log.read_text('utf-8', 'replace')[-800:]}")
