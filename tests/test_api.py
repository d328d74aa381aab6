"""The Python API: the documented example runs, types are what the page says, errors are ours."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import panel
from panel.errors import UsageError

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


class TestNothingIsBoughtBeforeItIsRefused:
    """What cannot be answered is a UsageError, and no run folder is made."""

    @pytest.fixture(autouse=True)
    def _no_run(self, tmp_path: Path) -> Iterator[None]:
        yield
        assert not (tmp_path / "runs").exists()

    def test_a_comparison_is_of_two_to_six_different_tools(self) -> None:
        tools = [panel.Tool(id=f"t{n}", name=f"T{n}", description="Stores 5 GB.") for n in range(7)]
        renamed = panel.Tool(id="new", name="New", description="Stores 6 GB.", formerly=("t0",))
        for wrong in (tools, tools[:1], [], [tools[0], tools[0]], [tools[0], renamed], [renamed, tools[0]]):
            with pytest.raises(UsageError):
                panel.compare(*wrong)

    def test_a_review_is_of_one_tool(self, tmp_path: Path) -> None:
        """A folder that holds two is not."""
        (tmp_path / "mine").mkdir()
        for name in ("a", "b"):
            (tmp_path / "mine" / f"{name}.md").write_text("Stores 5 GB.")
        with pytest.raises(UsageError, match="2 tools"):
            panel.review("mine")

    @pytest.mark.parametrize("repeats", [-1, 0, 51, 1000, True, 1.5])
    def test_repeats_are_a_whole_number_within_bounds(self, repeats: Any) -> None:
        with pytest.raises(UsageError, match="1 to 50"):
            panel.review("uv", repeats=repeats)

    def test_one_name_is_one_name(self) -> None:
        """And not its letters."""
        with pytest.raises(UsageError, match="'nobody'"):
            panel.review("uv", personas="nobody")
        with pytest.raises(UsageError, match="'nowhere'"):
            panel.review("uv", models="nowhere")


def test_a_reviewed_tool_beside_its_review_is_named_twice(tmp_path: Path) -> None:
    """Found before anything is bought again."""
    review = panel.review("uv")
    with pytest.raises(UsageError):
        panel.compare(review, "uv", refresh=True)
    assert len(list((tmp_path / "runs").glob("*"))) == 1


def test_a_name_may_be_given_without_a_list() -> None:
    assert [vote.persona for vote in panel.review("uv", models="offline", personas="builder").votes] == ["builder"]


async def test_it_works_inside_a_running_event_loop() -> None:
    """As in a notebook."""
    assert panel.review("uv").complete
