"""Start-up and a whole offline comparison, as ratios to bare imports in the same run.

    .venv/bin/python bench/startup.py [RUNS]

Each figure is a whole process in an empty folder, timed from outside, its command and its peer by turns; the ratio is
the median over the pairs, of wall time and of the processor time the system accounts. Promises: `panel --help` within 3
times `import click`; `panel compare sqlite duckdb`, its run written to disk, within 4 times
`import pydantic, jinja2, click`.

Both sides run from bytecode, as installed packages do, which a first run of each writes into a folder of this script.
Where PYTHONDONTWRITEBYTECODE is set, or the checkout cannot be written, an editable install compiles all of panel at
every start and its peer nothing: that measures the compiler, and takes half as long again.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PYTHON = sys.executable
PANEL = str(Path(PYTHON).with_name("panel"))
PAIRS = {
    "panel --help / import click": ([PANEL, "--help"], [PYTHON, "-c", "import click"], 3.0),
    "panel compare sqlite duckdb / import pydantic, jinja2, click": (
        [PANEL, "compare", "sqlite", "duckdb"],
        [PYTHON, "-c", "import pydantic, jinja2, click"],
        4.0,
    ),
}


def timed(command: list[str], bytecode: str) -> tuple[float, float]:
    """Wall and processor seconds of one run in an empty folder."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = bytecode
    with tempfile.TemporaryDirectory() as folder:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        begin = time.perf_counter()
        subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
        wall = time.perf_counter() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure(command: list[str], peer: list[str], runs: int) -> None:
    """Print the ratios of `runs` pairs, after one that is not counted."""
    with tempfile.TemporaryDirectory() as bytecode:
        timed(command, bytecode), timed(peer, bytecode)
        pairs = [(timed(command, bytecode), timed(peer, bytecode)) for _ in range(runs)]
    for place, kind in enumerate(("wall", "processor")):
        ratios = sorted(mine[place] / theirs[place] for mine, theirs in pairs)
        mine, theirs = (statistics.median(side[place] for side in sides) for sides in zip(*pairs, strict=True))
        print(
            f"  {kind:<9} {statistics.median(ratios):.2f} times (min {ratios[0]:.2f}, max {ratios[-1]:.2f}; "
            f"{mine * 1000:.0f} ms against {theirs * 1000:.0f} ms)"
        )


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    for name, (command, peer, promise) in PAIRS.items():
        print(f"{name} (promised: at most {promise} times)")
        measure(command, peer, runs)


if __name__ == "__main__":
    main()
