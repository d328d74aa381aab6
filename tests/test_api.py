"""The Python API: the documented example runs, types are what the page says, errors are ours."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import panel

PAGE = Path(__file__).parents[1] / "docs" / "python.md"


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_documented_example_runs(tmp_path: Path) -> None:
    """Word for word, in a process of its own, without a key."""
    code = "\n".join(re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL))
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("SQLite: Ship ")


def test_a_review_is_a_record_and_is_stored(tmp_path: Path) -> None:
    """What was bought lies in the working folder's runs."""
    review = panel.review("uv", personas=["builder", "skeptic", "founder"])
    assert isinstance(review, panel.Review)
    assert [vote.persona for vote in review.votes] == ["builder", "skeptic", "founder"]
    assert len(list((tmp_path / "runs").glob("*/run.json"))) == 1


def test_reviews_made_before_can_be_compared() -> None:
    """Without asking anyone again."""
    card = panel.compare(panel.review("sqlite"), panel.review("duckdb"))
    assert [head.tool for head in card.heads] == ["sqlite", "duckdb"]


def test_what_goes_wrong_is_a_panel_error() -> None:
    """With a message and the next step."""
    with pytest.raises(panel.PanelError) as caught:
        panel.review("sqlit")
    assert "Did you mean sqlite?" in caught.value.hint


def test_importing_panel_loads_nothing_heavy() -> None:
    """Not even pydantic, until something is used."""
    script = (
        "import sys, panel; print([name for name in ('pydantic', 'jinja2', 'openai', 'click') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_everything_exported_exists() -> None:
    """And an unknown name is an AttributeError."""
    assert all(getattr(panel, name) is not None for name in panel.__all__)
    with pytest.raises(AttributeError, match="no attribute 'reviews'"):
        _ = panel.reviews
