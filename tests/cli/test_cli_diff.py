"""`panel diff`: two runs of the offline rubric, told in three forms, with an exit code for a pipeline."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli.conftest import Panel

from panel.records.drift import Drift

CALIBRATION = Path(__file__).parents[2] / "calibration"
TEXT = (CALIBRATION / "marrowline.md").read_text("utf-8")
POOR = """---
name: Marrowline
vendor: Marrowline Cooperative
---
A closed tool of 2021 at $900 a month, in C, with no export. Its last release, 0.2.1, is of January 2021.
"""


@pytest.fixture
def two_runs(panel: Panel, folder: Path) -> Path:
    """One tool reviewed, rewritten for the worse, and reviewed again."""
    tool = folder / "marrowline.md"
    tool.write_text(TEXT, "utf-8")
    assert panel("review", str(tool), "-q").code == 0
    tool.write_text(POOR, "utf-8")
    assert panel("review", str(tool), "-q").code == 0
    return folder


def test_a_rewritten_description_flips_votes_and_is_named_as_the_cause(panel: Panel, two_runs: Path) -> None:
    """Law 12: the report says which input changed."""
    done = panel("diff", "previous", "latest")
    assert done.code == 0
    assert "4 votes paired: 4 asked anew, 0 the very same answer" in done.out
    assert "ship -> skip" in done.out
    assert "the tool's description" in done.out
    assert "cannot tell: no repeats" in done.out


def test_the_json_form_is_the_record(panel: Panel, two_runs: Path) -> None:
    drift = Drift.model_validate_json(panel("diff", "previous", "latest", "--json").out)
    assert (drift.paired, drift.before.seats, drift.after.seats) == (4, 4, 4)
    assert drift.flipped == len(drift.flips) > 0


def test_all_forms_tell_the_same_figures_and_files_are_written_by_suffix(panel: Panel, two_runs: Path) -> None:
    done = panel(
        "diff", "previous", "latest", "-o", "out/drift.md", "-o", "drift.json", "-o", "drift.txt", "-f", "markdown"
    )
    assert done.code == 0
    drift = Drift.model_validate_json((two_runs / "drift.json").read_text("utf-8"))
    share = f"{100 * drift.flipped / drift.paired:.1f} %"
    assert share in (two_runs / "drift.txt").read_text("utf-8")
    assert (two_runs / "out" / "drift.md").read_text("utf-8") == done.out
    assert share in done.out


@pytest.mark.parametrize(("limit", "code"), [("0", 6), ("0%", 6), ("100%", 0), ("4", 0), ("24.9%", 6)])
def test_more_flips_than_allowed_end_with_their_own_exit_code(
    panel: Panel, two_runs: Path, limit: str, code: int
) -> None:
    """The report is printed all the same, and both figures of the share are named."""
    done = panel("diff", "previous", "latest", "--fail-on-flips", limit)
    assert done.code == code
    assert "of 4 votes asked anew flipped" in done.err
    assert "Drift from" in done.out


@pytest.mark.parametrize("limit", ["5.5", "-1", "101%", "many", "٣", "1/2", "."])
def test_a_limit_that_is_none_is_refused(panel: Panel, two_runs: Path, limit: str) -> None:
    assert panel("diff", "previous", "latest", f"--fail-on-flips={limit}").code == 2


def test_a_share_of_nothing_is_no_pass(panel: Panel, two_runs: Path) -> None:
    """A pipeline that compares two runs without a vote in common fails instead of passing."""
    assert panel("review", str(CALIBRATION / "tarnkeep.md"), "-q").code == 0
    runs = [json.loads(line)["run_id"] for line in panel("runs", "list", "--json").out.splitlines()]
    assert panel("diff", runs[1], runs[0]).code == 0
    done = panel("diff", runs[1], runs[0], "--fail-on-flips", "5%")
    assert (done.code, "no vote stands on both sides" in done.err) == (2, True)


def test_previous_is_the_last_earlier_run_with_one_of_the_tools(panel: Panel, two_runs: Path) -> None:
    first = panel("runs", "list", "--json").out.splitlines()[-1]
    assert panel("review", str(CALIBRATION / "tarnkeep.md"), "-q").code == 0
    assert panel("review", str(two_runs / "marrowline.md"), "--again", "-q").code == 0
    assert json.loads(first)["run_id"] not in panel("diff", "previous", "latest").out.splitlines()[0]
    missing = panel("diff", "previous", json.loads(first)["run_id"])
    assert (missing.code, "holds one of its tools" in missing.err) == (2, True)


def test_a_list_of_straddling_tools_narrows_the_next_report(panel: Panel, folder: Path) -> None:
    assert panel("review", str(CALIBRATION), "-q").code == 0
    assert panel("review", str(CALIBRATION), "-q").code == 0
    told = panel("diff", "previous", "latest", "--straddling", "watch.txt")
    listed = [line for line in (folder / "watch.txt").read_text("utf-8").splitlines() if not line.startswith("#")]
    assert (told.code, told.err) == (0, f"watch.txt: {len(listed)} tools whose verdict hangs on little\n")
    assert 0 < len(listed) < 8
    done = panel("diff", "previous", "latest", "--watch", "watch.txt", "--json")
    assert Drift.model_validate_json(done.out).before.tools == len(listed)


def test_a_list_that_names_no_tool_is_read_and_said_to_name_none(panel: Panel, two_runs: Path) -> None:
    """As it is written where no verdict hangs on little; a limit has nothing to hold against."""
    (two_runs / "watch.txt").write_text("# Tools whose verdict in run 1 straddles the line.\n", "utf-8")
    done = panel("diff", "previous", "latest", "--watch", "watch.txt", "--fail-on-flips", "0")
    assert (done.code, done.err) == (0, "note: the watch list names no tool: nothing is compared\n")
    assert "The watch list names no tool: nothing is compared." in done.out


def test_help_tells_that_one_run_may_do(panel: Panel) -> None:
    assert "panel diff [OPTIONS] RUN [RUN]" in panel("diff", "--help").out


def test_one_run_is_enough_for_two_models_and_for_nothing_else(panel: Panel, two_runs: Path) -> None:
    done = panel("diff", "latest", "--models", "offline", "offline")
    assert (done.code, "the very same answer" in done.out) == (0, True)
    alone = panel("diff", "latest")
    assert (alone.code, "panel diff previous latest" in alone.err) == (2, True)


class TestCatalogue:
    """One run over a catalogue is enough: it knows what stood before it."""

    @pytest.fixture
    def night(self, panel: Panel, folder: Path) -> str:
        """Two tools asked, one of them rewritten for the worse and asked again; in between, another tool by itself."""
        place = folder / "tools"
        place.mkdir()
        for name in ("marrowline", "tarnkeep"):
            (place / f"{name}.md").write_text((CALIBRATION / f"{name}.md").read_text("utf-8"), "utf-8")
        assert panel("rescore", "tools", "--model", "offline", "-q").code == 0
        assert panel("review", str(CALIBRATION / "tarnkeep.md"), "-q").code == 0
        (place / "marrowline.md").write_text(POOR, "utf-8")
        assert panel("rescore", "tools", "--model", "offline", "-q").code == 0
        return str(json.loads(panel("runs", "list", "--json").out.splitlines()[0])["run_id"])

    def test_it_is_compared_with_what_stood_before_it(self, panel: Panel, night: str) -> None:
        done = panel("diff", "latest")
        assert done.code == 0
        assert done.out.startswith(f"Drift of run {night} from what stood before it\n")
        assert f"Before: what stood when run {night} was planned, 20" in done.out
        assert f"After: run {night} of 20" in done.out
        assert "8 votes paired: 4 asked anew, 4 the very same answer" in done.out
        assert "the tool's description" in done.out
        assert panel("diff", "latest", "--fail-on-flips", "0").code == 6

    def test_the_run_before_it_over_the_same_catalogue_is_previous_and_says_the_same(
        self, panel: Panel, night: str
    ) -> None:
        """Though a run of one of its tools lies between them."""
        alone, pair = (panel("diff", *words, "--json") for words in (("latest",), ("previous", "latest")))
        since, between = Drift.model_validate_json(alone.out), Drift.model_validate_json(pair.out)
        assert (between.before.tools, between.before.stood_before) == (2, False)
        assert (since.flips, since.badge_flips, since.moves) == (between.flips, between.badge_flips, between.moves)

    def test_a_run_of_one_tool_finds_it_in_the_catalogue_before(self, panel: Panel, night: str) -> None:
        assert panel("review", str(CALIBRATION / "tarnkeep.md"), "--refresh", "-q").code == 0
        drift = Drift.model_validate_json(panel("diff", "previous", "latest", "--json").out)
        assert (drift.before.run, drift.paired) == (night, 4)

    def test_its_watch_list_narrows_the_report(self, panel: Panel, folder: Path, night: str) -> None:
        (folder / "watch.txt").write_text("marrowline\n", "utf-8")
        drift = Drift.model_validate_json(panel("diff", "latest", "--watch", "watch.txt", "--json").out)
        assert (drift.watched, drift.paired, drift.before.tools) == (1, 4, 1)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("previous",), "Name the other"),
        (("previous", "previous"), "Name the other"),
        (("previous", "latest", "--persona", "nobody"), "there is no persona 'nobody'"),
        (("previous", "latest", "--watch", "none.txt"), "cannot read the watch list"),
        (("previous", "latest", "--out", "drift.html"), "no page"),
        (("latest", "--models", "a", "b", "--model", "a"), "cannot be combined"),
        (("19990101", "latest"), "There is no run 19990101"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_words(
    panel: Panel, two_runs: Path, words: tuple[str, ...], told: str
) -> None:
    done = panel("diff", *words)
    assert done.code == 2
    assert told in done.err


def test_the_calibration_set_is_sound_and_covers_bad_to_superb(panel: Panel, folder: Path) -> None:
    """No error in any entry, a badge for each tool, and not the same one for all."""
    linted = panel("catalogue", "lint", str(CALIBRATION))
    assert (linted.code, "0 errors" in linted.err) == (0, True)
    assert panel("review", str(CALIBRATION), "-q").code == 0
    reviews = json.loads(panel("runs", "show", "latest", "--json").out)["reviews"]
    badges = [review["badge"] for review in reviews]
    assert len(badges) == 8
    assert {"ship", "skip"} <= set(badges) <= {"ship", "skip", "mixed"}
