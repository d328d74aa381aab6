"""What a stranger meets first: the README is true, links lead somewhere, the lock names no host, the sample reads."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from cli.conftest import Panel

from panel.reparse import reparse
from panel.store import Runs
from panel.view import recall

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    ROOT / "runs" / "README.md",
]

pytest_plugins = ("cli.conftest",)


def block(name: str) -> str:
    """The README's command of this name."""
    found = re.search(rf"<!-- command: {name} -->\n```sh\n(.*?)\n```", README, re.DOTALL)
    assert found, name
    return found[1]


def test_the_readmes_transcript_is_what_its_command_prints(panel: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Line by line, but for times and run ids."""
    monkeypatch.setenv("COLUMNS", "92")
    words = shlex.split(block("run").split("&&")[-1])[1:]
    done = panel(*words)
    assert done.code == 0
    printed = {_timeless(line) for line in (done.out + done.err).splitlines()}
    transcript = re.search(r"```text\n(.*?)```", README, re.DOTALL)
    assert transcript
    told = [_timeless(line) for line in transcript[1].splitlines() if line.strip() and line.strip() != "…"]
    assert [line for line in told if line not in printed] == []


def _timeless(line: str) -> str:
    line = re.sub(r"\d{8}-\d{6}-[0-9a-f]{8}", "RUN", line)
    line = re.sub(r"\d+\.\d s$", "0.0 s", line)
    line = re.sub(r"\d{1,2} [A-Z][a-z]+ \d{4}", "DATE", line)
    return re.sub(r"^page: .*runs/", "page: runs/", line).rstrip()


def test_the_readmes_commands_set_up_in_one_line_each() -> None:
    """A fresh environment, an installation, and the job; `.ci/run` takes the second word for word."""
    for name in ("run", "test"):
        assert block(name).startswith("python3 -m venv .venv && .venv/bin/pip install -q ")
        assert "\n" not in block(name)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_between_pages_leads_somewhere(page: Path) -> None:
    """Files only; addresses of other sites are not asked."""
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
    inner = [link for link in links if not re.match(r"[a-z]+:", link)]
    assert [link for link in inner if not (page.parent / link).exists()] == []


def test_the_lock_is_hashed_and_names_no_host() -> None:
    """So that it is the same wherever it is installed from."""
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    assert "://" not in lock
    pins = re.findall(r"^[a-z0-9._-]+==", lock, re.MULTILINE)
    assert len(pins) > 20
    assert lock.count("--hash=sha256:") >= len(pins)


def test_the_sample_run_can_still_be_read_and_read_again() -> None:
    """Law 11: the oldest run there is gives the verdicts it gave; a later schema must not strand it."""
    runs = Runs(ROOT / "runs")
    reader = runs.open("sample")
    assert reparse(reader) == reader.verdicts()
    assert recall(runs, reader, "left-pad").badge.words == "Skip"
    assert reader.torn == []
