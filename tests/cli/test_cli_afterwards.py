"""What follows a command over a catalogue: words, files and an exit code, of the run's drift from what stood before."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import click
import pytest
from builders import make_seat, make_tool
from cli.conftest import Panel
from drift.conftest import NEW, OLD, lay, panel_of, planned, short

from panel.cli.afterwards import Afterwards, options
from panel.cli.diff import Allowed
from panel.errors import RunStopping, StoreError, UsageError
from panel.records.drift import Drift
from panel.records.seat import SeatRecord
from panel.records.standing import CataloguePlan, ModelPlan
from panel.store import Runs

NONE = Allowed(0, False, "0")  # type: ignore[arg-type]


class Desk:
    """As much of a desk as what follows a command needs."""

    def __init__(self, runs: Runs) -> None:
        self.runs = runs


@pytest.fixture
def desk(folder: Path) -> Any:
    return Desk(Runs(folder / "runs"))


def begin(desk: Any, new: list[SeatRecord], fresh: list[SeatRecord]) -> None:
    """A run that asked alder anew, and left birch as it was."""
    old = panel_of(OLD, [80] * 4)
    lay(desk.runs, OLD, [planned(seat, "here") for seat in (*old, *fresh)], [*old, *fresh])
    lines = [planned(seat, "here", was=was) for was, seat in zip(old, new, strict=True)]
    lay(desk.runs, NEW, [*lines, *(short(seat, OLD) for seat in fresh)], new)


@pytest.fixture
def changed(desk: Any) -> str:
    """One of eight votes flipped, and with it a badge of two."""
    new = panel_of(NEW, [80, 80, 20, 20], ids={"tool": "another"})
    begin(desk, new, panel_of(OLD, [80] * 4, tool="birch"))
    return NEW


def follow(desk: Any, chosen: Afterwards, *, run: str = NEW, quiet: bool = False, **more: Any) -> int:
    return chosen.follow(desk, run, more.get("reasons", {}), more.get("stops", ()), quiet=quiet)


def test_the_drift_is_told_in_a_few_lines(desk: Any, changed: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert follow(desk, Afterwards()) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "drift: 2 of 4 votes asked anew flipped (50.0 %); of all 8 paired, 2 (25.0 %)",
        "       1 of 2 badges flipped, against what stood before",
        "       2 ship -> skip",
        "       what changed: the tool's description (4 votes, 2 flipped)",
        f"       panel diff {NEW} shows all",
    ]


def test_files_are_written_by_their_suffix_and_the_summary_holds_the_drift(desk: Any, changed: str) -> None:
    stop = RunStopping("--max-cost 5: $4.99 is spent", code="budget")
    chosen = Afterwards("out/summary.md", ("out/drift.md", "drift.json", "drift.txt"))
    chosen.check()
    assert follow(desk, chosen, quiet=True, reasons={"not asked: budget": 7}, stops=[stop]) == 0
    drift = Drift.model_validate_json(Path("drift.json").read_text("utf-8"))
    assert (drift.flipped, drift.paired) == (2, 8)
    assert Path("out/drift.md").read_text("utf-8").startswith(f"# Drift of run {NEW} from what stood before it\n")
    assert Path("drift.txt").read_text("utf-8").startswith(f"Drift of run {NEW} from what stood before it\n")
    summary = Path("out/summary.md").read_text("utf-8")
    assert "- 2 of 4 votes asked anew flipped (50.0 %); of all 8 paired, 2 (25.0 %), against what stood" in summary
    assert "| not asked: budget | 7 |" in summary
    assert "- budget: --max-cost 5" in summary


@pytest.mark.parametrize(("most", "share", "code"), [(1, False, 6), (2, False, 0), (0, True, 6), (1, True, 0)])
def test_more_flips_than_allowed_end_with_their_own_exit_code(
    desk: Any, changed: str, capsys: pytest.CaptureFixture[str], most: int, share: bool, code: int
) -> None:
    limit = Allowed(most, share, f"{100 * most}%" if share else str(most))  # type: ignore[arg-type]
    assert follow(desk, Afterwards(allowed=limit), quiet=True) == code
    verdict = "more than" if code else "within"
    what = f"{100 * most} % of all paired" if share else str(most)
    assert capsys.readouterr().err == (
        f"2 of 4 votes asked anew flipped (50.0 %); of all 8 paired, 2 (25.0 %): {verdict} the {what} allowed\n"
    )


def test_where_no_vote_was_asked_anew_a_limit_is_neither_kept_nor_broken(
    desk: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing can be said of drift, and so nothing fails."""
    fresh = panel_of(OLD, [80] * 4)
    lay(desk.runs, OLD, [planned(seat, "here") for seat in fresh], fresh)
    lay(desk.runs, NEW, [short(seat, OLD) for seat in fresh])
    limit = Allowed(0, True, "0%")  # type: ignore[arg-type]
    assert follow(desk, Afterwards(allowed=limit), quiet=True) == 0
    assert capsys.readouterr().err == (
        "no vote was asked anew: nothing can be said of drift (4 paired, all of them the very same answer); "
        "the 0 % of all paired allowed was not put to the test\n"
    )


def test_only_tools_with_a_panel_are_counted(desk: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """One stood before, one was asked for the first time, and two the budget did not reach."""
    old, new = panel_of(OLD, [80] * 4), panel_of(NEW, [80, 80, 61, 20], tool="birch")
    lay(desk.runs, OLD, [planned(seat, "here") for seat in old], old)
    later = [planned(seat, "here") for name in ("c", "d") for seat in panel_of(NEW, [None] * 4, tool=name)]
    lay(desk.runs, NEW, [*(short(seat, OLD) for seat in old), *(planned(seat, "here") for seat in new), *later], new)
    assert follow(desk, Afterwards()) == 0
    told = capsys.readouterr().err.splitlines()
    assert "       1 tool had no panel before; 2 tools to be asked without a panel yet" in told
    assert "       1 of 2 tools with a panel straddles the line" in told


def test_a_summary_is_plain_text_or_markdown_by_its_suffix(desk: Any, changed: str) -> None:
    for name, first in (("s.txt", f"Run {NEW}: "), ("s.md", f"# Run {NEW}: "), ("s", f"# Run {NEW}: ")):
        follow(desk, Afterwards(name), quiet=True)
        assert Path(name).read_text("utf-8").replace("\\", "").startswith(first)
    Afterwards("idle.TXT").idle(CataloguePlan(source="tools.jsonl", tools=5))
    assert Path("idle.TXT").read_text("utf-8").startswith("Nothing was to be asked\n=====")


def test_a_judge_that_moved_is_told_and_fails_where_it_shall(desk: Any, capsys: pytest.CaptureFixture[str]) -> None:
    def asked(run: str, score: int, served: str) -> list[SeatRecord]:
        tools = [f"tool-{number}" for number in range(8)]
        return [make_seat(score + n, tool=tool, run_id=run, served=served) for n, tool in enumerate(tools)]

    old, new = asked(OLD, 72, "a"), asked(NEW, 62, "b")
    lay(desk.runs, OLD, [planned(seat, "here") for seat in old], old)
    lay(desk.runs, NEW, [planned(seat, "here", was=was) for was, seat in zip(old, new, strict=True)], new)
    assert follow(desk, Afterwards()) == 0
    assert "ALARM: the judge itself moved: builder on openai/gpt-x" in capsys.readouterr().err
    assert follow(desk, Afterwards(fail_on_alarm=True), quiet=True) == 6


def test_a_first_run_says_so_and_never_fails(desk: Any, capsys: pytest.CaptureFixture[str]) -> None:
    new = panel_of(NEW, [80] * 4)
    lay(desk.runs, NEW, [planned(seat, "here") for seat in new], new)
    assert follow(desk, Afterwards("summary.md", ("drift.md",), NONE, True)) == 0
    assert capsys.readouterr().err == "drift: nothing stood before; this is the first panel of every tool\n"
    assert "nothing stood before" in Path("summary.md").read_text("utf-8")
    assert "stand on this side only" in Path("drift.md").read_text("utf-8")


def test_a_quiet_command_without_wishes_compares_nothing(desk: Any) -> None:
    assert follow(desk, Afterwards(), run="not-there", quiet=True) == 0


def test_where_nothing_was_asked_the_summary_says_so_and_an_old_report_stays(desk: Any) -> None:
    Path("drift.md").write_text("of another night", "utf-8")
    plan = CataloguePlan(source="tools.jsonl", tools=5, models=(ModelPlan(model="house", fresh=20),))
    Afterwards("summary.md", ("drift.md",)).idle(plan)
    assert Path("summary.md").read_text("utf-8").startswith("# Nothing was to be asked\n")
    assert Path("drift.md").read_text("utf-8") == "of another night"
    Afterwards().idle(plan)


class TestCheck:
    @pytest.mark.parametrize(
        ("chosen", "told"),
        [
            (Afterwards(drifts=("drift.html",)), "--drift drift.html: a drift report has no page"),
            (Afterwards(drifts=("drift",)), "--drift drift: the suffix '(none)' names no form"),
            (Afterwards(summary="summary.json"), "a summary is Markdown or plain text"),
            (Afterwards(drifts=("runs.md/drift.md",)), "nothing can be written in"),
            (Afterwards(summary="folder"), "this is a folder"),
            (Afterwards("a.md", ("b.md", "./a.md")), "--summary is to be written there too"),
        ],
    )
    def test_what_could_not_be_written_is_refused_before_anything_is_asked(
        self, folder: Path, chosen: Afterwards, told: str
    ) -> None:
        (folder / "folder").mkdir()
        (folder / "runs.md").write_text("", "utf-8")
        with pytest.raises(UsageError) as refused:
            chosen.check()
        assert told in refused.value.message
        assert sorted(item.name for item in folder.iterdir()) == ["folder", "runs.md"]

    @pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
    def test_a_folder_that_may_not_be_written_is_refused(self, folder: Path) -> None:
        folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
        with pytest.raises(UsageError, match="nothing can be written in"):
            Afterwards("summary.md").check()
        folder.chmod(stat.S_IRWXU)

    def test_names_without_a_suffix_and_folders_to_come_are_fine(self, folder: Path) -> None:
        """CI systems name the file of a step's summary without a suffix."""
        Afterwards("step_summary_1", ("new/folder/drift.MD",)).check()
        assert list(folder.iterdir()) == []


class TestWriting:
    def test_one_file_that_cannot_be_written_holds_none_of_the_others_back(self, desk: Any, changed: str) -> None:
        Path("file").write_text("", "utf-8")
        with pytest.raises(StoreError, match="cannot write file"):
            follow(desk, Afterwards("summary.md", ("file/drift.md", "drift.txt")), quiet=True)
        assert Path("summary.md").is_file()
        assert Path("drift.txt").is_file()

    def test_what_stood_there_stands_until_the_new_text_is_whole(
        self, desk: Any, changed: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        Path("summary.md").write_text("of another night", "utf-8")

        def full(*given: Any) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("panel.store.atomic.os.replace", full)
        with pytest.raises(StoreError, match=r"cannot write summary\.md: No space left on device"):
            follow(desk, Afterwards("summary.md"), quiet=True)
        assert Path("summary.md").read_text("utf-8") == "of another night"

    def test_a_link_is_written_through(self, desk: Any, changed: str, tmp_path: Path) -> None:
        """A standing link, such as to a published folder, stays one."""
        Path("summary.md").symlink_to(tmp_path / "published.md")
        follow(desk, Afterwards("summary.md"), quiet=True)
        assert Path("summary.md").is_symlink()
        assert (tmp_path / "published.md").read_text("utf-8").startswith(f"# Run {NEW}")

    def test_a_drift_that_cannot_be_told_costs_no_summary(self, desk: Any, changed: str) -> None:
        plan = desk.runs.root / NEW / "plan.jsonl"
        plan.unlink()
        plan.mkdir()
        with pytest.raises(StoreError):
            follow(desk, Afterwards("summary.md", ("drift.md",), NONE), quiet=True)
        assert Path("summary.md").read_text("utf-8").startswith(f"# Run {NEW}")
        assert not Path("drift.md").exists()


def test_a_catalogue_that_is_rescored_ends_with_its_drift(panel: Panel, folder: Path) -> None:
    """First nothing stood before, then a description is rewritten for the worse, then nothing is to be asked."""
    good = make_tool("alder").model_dump_json(exclude_defaults=True)
    (folder / "tools.jsonl").write_text(f"{good}\n", "utf-8")
    words = "rescore", "tools.jsonl", "--model", "offline", "--summary", "s.md", "--drift", "d.json"
    first = panel(*words, "--fail-on-flips", "0", "--fail-on-alarm")
    assert (first.code, "drift: nothing stood before" in first.err) == (0, True)
    bad = make_tool("alder", description="It is closed, costs $900 a month, and its last release, 0.2.1, is of 2021.")
    (folder / "tools.jsonl").write_text(f"{bad.model_dump_json(exclude_defaults=True)}\n", "utf-8")
    second = panel(*words, "--fail-on-flips", "0")
    drift = Drift.model_validate_json((folder / "d.json").read_text("utf-8"))
    assert (second.code, drift.flipped > 0, drift.before.stood_before) == (6, True, True)
    assert f"drift: {drift.flipped} of 4 votes asked anew flipped" in second.err
    assert "against what stood before" in (folder / "s.md").read_text("utf-8")
    again = panel(*words, "--fail-on-flips", "0")
    assert (again.code, "drift" in again.err) == (0, False)
    assert (folder / "s.md").read_text("utf-8").startswith("# Nothing was to be asked\n")


def test_the_flags_reach_a_command_as_one_value() -> None:
    from click.testing import CliRunner

    @click.command()
    @options
    def command(afterwards: Afterwards) -> None:
        click.echo(repr(afterwards))

    words = ["--summary", "s.md", "--drift", "a.md", "--drift", "b.json", "--fail-on-flips", "5%", "--fail-on-alarm"]
    told = CliRunner().invoke(command, words).output
    assert told == "Afterwards(summary='s.md', drifts=('a.md', 'b.json'), allowed=Allowed(most=Fraction(1, 20), " + (
        "share=True, text='5%'), fail_on_alarm=True)\n"
    )
    assert not Afterwards().given
    assert Afterwards(fail_on_alarm=True).given
