"""`panel rescore` as a user meets it: what is planned, asked, told and returned, and how it goes on."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from loopback.fast import FastProvider

from panel.store import RunReader, Runs

Panel = Callable[..., Any]
TOOLS = 6
SEATS = 4 * TOOLS


@pytest.fixture
def server() -> Iterator[FastProvider]:
    with FastProvider() as running:
        yield running


@pytest.fixture(autouse=True)
def _house(folder: Path, server: FastProvider) -> None:
    configure(folder, server.url)
    write(folder)


def configure(folder: Path, url: str, more: str = "", model: str = "gpt-house-1", concurrency: int = 4) -> None:
    (folder / "panel.toml").write_text(
        f"""
        concurrency = {concurrency}
        model = "house"
        [models.house]
        provider = "compatible"
        model = "{model}"
        base_url = "{url}/v1"
        schema_mode = "json_schema"
        price = {{ input = 1.0, output = 2.0 }}
        {more}
        """,
        "utf-8",
    )


def entry(number: int, **fields: Any) -> str:
    told = (
        f"Tool {number} keeps jobs in one file. It was first released in 2019 under the MIT licence, handles 4,000 "
        "jobs a second, has clients in Python and Go, and backups are taken every 6 hours and kept for 14 days."
    )
    return json.dumps({"id": f"tool-{number}", "name": f"Tool {number}", "description": told, **fields})


def write(folder: Path, *lines: str, count: int = TOOLS) -> None:
    """The catalogue: so many tools, and these lines after them."""
    text = "\n".join([*(entry(number, category="Queues") for number in range(count)), *lines])
    (folder / "tools.jsonl").write_text(f"{text}\n", "utf-8")


def runs(folder: Path) -> Runs:
    return Runs(folder / "runs")


def latest(folder: Path) -> RunReader:
    return runs(folder).open("latest")


def model_of(done: Any) -> dict[str, Any]:
    """The plan's figures of the only model, from `--json`."""
    document = json.loads(done.out)
    [model] = document.get("plan", document)["models"]
    return dict(model)


class TestPlan:
    def test_it_says_what_is_missing_and_what_that_costs_and_sends_nothing(
        self, panel: Panel, folder: Path, server: FastProvider
    ) -> None:
        done = panel("rescore", "tools.jsonl", "--plan")
        assert done.code == 0
        assert "tools.jsonl: 6 tools\n" in done.out
        assert "house: 24 seats\n" in done.out
        assert "  missing         24\n  to ask          24  about " in done.out
        assert "  cost     about $" in done.out
        assert "nothing was sent" in done.err
        assert server.stats()["requests"] == 0
        assert not list((folder / "runs").glob("2*"))

    def test_each_cause_is_told(self, panel: Panel, folder: Path) -> None:
        panel("rescore", "tools.jsonl", "-q")
        write(folder, count=5)
        with (folder / "tools.jsonl").open("a") as file:
            file.write(entry(5, category="Queues", tagline="Another line"))
        done = panel("rescore", "tools.jsonl", "--plan")
        assert "  fresh           20\n  stale            4\n" in done.out
        assert "                   4  because of the tool's description\n" in done.out

    def test_as_json_it_is_one_document(self, panel: Panel) -> None:
        found = model_of(panel("rescore", "tools.jsonl", "--plan", "--json"))
        assert (found["missing"], found["calls"], found["batch_usd"]) == (SEATS, SEATS, None)

    @pytest.mark.parametrize(
        ("words", "calls"),
        [
            (("--persona", "builder"), TOOLS),
            (("--repeats", "3"), 3 * SEATS),
            (("--category", "queues"), SEATS),
            (("--max-seats", "9"), 8),
            (("--model", "house", "--model", "offline"), SEATS),
        ],
    )
    def test_its_flags_narrow_or_widen_what_is_asked(self, panel: Panel, words: tuple[str, ...], calls: int) -> None:
        document = json.loads(panel("rescore", "tools.jsonl", "--plan", "--json", *words).out)
        assert document["models"][0]["calls"] == calls

    def test_a_category_that_no_tool_is_of_is_told_with_those_there_are(self, panel: Panel) -> None:
        refused = panel("rescore", "tools.jsonl", "--category", "Databases")
        assert refused.code == 2
        assert "no tool of tools.jsonl is of the category Databases" in refused.err
        assert "There are: Queues." in refused.err

    def test_a_cap_is_told_with_how_far_it_goes(self, panel: Panel) -> None:
        planned = panel("rescore", "tools.jsonl", "--plan", "--max-cost", "0.01")
        assert "--max-cost 0.01 is enough for about 2 of 24 calls" in planned.out

    def test_an_age_is_a_number_with_a_unit(self, panel: Panel) -> None:
        assert "write it like 12h, 30d or 8w" in panel("rescore", "tools.jsonl", "--older-than", "a month").err
        panel("rescore", "tools.jsonl", "-q")
        assert model_of(panel("rescore", "tools.jsonl", "--plan", "--json", "--older-than", "30d"))["stale"] == 0


class TestRepetition:
    def test_the_same_command_does_the_rest_and_only_the_rest(
        self, panel: Panel, folder: Path, server: FastProvider
    ) -> None:
        first = panel("rescore", "tools.jsonl", "--max-seats", "10")
        assert first.code == 5
        assert "left for another time: 16 seats beyond --max-seats" in first.err
        assert server.stats()["requests"] == 8
        assert "  not now         16  beyond --max-seats" in first.out
        panel("rescore", "tools.jsonl", "--max-seats", "10")
        panel("rescore", "tools.jsonl", "--max-seats", "10")
        assert (server.stats()["requests"], server.stats()["questions"]) == (SEATS, SEATS)

    def test_where_nothing_is_stale_no_run_is_made(self, panel: Panel, folder: Path, server: FastProvider) -> None:
        panel("rescore", "tools.jsonl")
        before = sorted((folder / "runs").iterdir())
        done = panel("rescore", "tools.jsonl")
        assert done.code == 0
        assert "nothing is to be asked" in done.err
        assert sorted((folder / "runs").iterdir()) == before
        assert server.stats()["requests"] == SEATS

    def test_the_end_of_a_budget_leaves_whole_panels_and_the_next_one_does_the_rest(
        self, panel: Panel, folder: Path, server: FastProvider
    ) -> None:
        capped = panel("rescore", "tools.jsonl", "--max-cost", "0.15")
        asked = server.stats()["requests"]
        assert capped.code == 5
        assert 0 < asked < SEATS
        assert asked % 4 == 0
        assert f"open: {SEATS - asked} seats (not asked: budget)" in capped.err
        assert "Give the same command again with a higher --max-cost" in capped.err
        totals = latest(folder).manifest.totals
        assert totals.usd is not None
        assert float(totals.usd) <= 0.15
        assert panel("rescore", "tools.jsonl", "--max-cost", "5").code == 0
        assert (server.stats()["requests"], server.stats()["questions"]) == (SEATS, SEATS)

    def test_runs_resume_needs_the_run_alone(self, panel: Panel, folder: Path, server: FastProvider) -> None:
        """Not the catalogue, not the flags, and not what they were."""
        panel("rescore", "tools.jsonl", "--max-cost", "0.15")
        run = latest(folder).run_id
        (folder / "tools.jsonl").unlink()
        done = panel("runs", "resume", run, "--max-cost", "5")
        assert done.code == 0
        assert server.stats()["questions"] == server.stats()["requests"] == SEATS
        assert latest(folder).run_id == run
        assert latest(folder).manifest.totals.scored == SEATS
        again = panel("runs", "resume", run)
        assert (again.code, server.stats()["requests"]) == (0, SEATS)
        assert f"nothing was left to ask in run {run}" in again.err

    def test_seats_that_fail_are_listed_with_their_reasons(
        self, panel: Panel, folder: Path, server: FastProvider
    ) -> None:
        server.always("insufficient_quota")
        done = panel("rescore", "tools.jsonl")
        assert done.code == 5
        assert "seats (not asked: quota)" in done.err
        assert "      tool-0/builder/house#0@open: quota: " in done.err
        server.always(None)
        assert panel("rescore", "tools.jsonl").code == 0
        assert len(latest(folder).verdicts()) == SEATS

    @pytest.mark.parametrize("change", ["concurrency", "address", "cap", "budget"])
    def test_what_cannot_change_an_answer_asks_nothing(
        self, panel: Panel, folder: Path, server: FastProvider, change: str
    ) -> None:
        panel("rescore", "tools.jsonl", "-q")
        with FastProvider() as other:
            if change == "concurrency":
                configure(folder, server.url, concurrency=9)
            elif change == "address":
                configure(folder, other.url)
            elif change == "cap":
                configure(folder, server.url, "max_output_tokens = 12000")
            words = ("--max-cost", "9") if change == "budget" else ()
            assert panel("rescore", "tools.jsonl", *words).code == 0
            assert other.stats()["requests"] == 0
        assert server.stats()["requests"] == SEATS


class TestBadInput:
    def test_the_good_entries_run_and_the_broken_ones_are_told_with_file_and_line(
        self, panel: Panel, folder: Path, server: FastProvider
    ) -> None:
        broken = ('{"id": "x", "name": "X"}', "no JSON at all")
        write(folder, *broken, entry(0), entry(9, id="tool-9"), '{"id": "cut", "na')
        done = panel("rescore", "tools.jsonl")
        assert done.code == 3
        assert server.stats()["requests"] == SEATS + 4
        told = [line for line in done.err.splitlines() if line.startswith("left out: ")]
        assert [line.split(":")[1].strip().split(", ")[:2] for line in told] == [
            ["tools.jsonl", f"line {TOOLS + 1}"],
            ["tools.jsonl", f"line {TOOLS + 2}"],
            ["tools.jsonl", f"line {TOOLS + 3}"],
            ["tools.jsonl", f"line {TOOLS + 5}"],
        ]
        assert "'tool-0' stands in the catalogue already" in told[2]
        assert latest(folder).manifest.catalogue is not None
        assert "4 that cannot be used" in panel("runs", "show", "latest").out
        assert panel("rescore", "tools.jsonl", "--plan").code == 3

    def test_of_very_many_the_first_are_told_and_the_others_counted(self, panel: Panel, folder: Path) -> None:
        write(folder, *["broken"] * 250)
        done = panel("rescore", "tools.jsonl", "--plan")
        assert done.err.count("left out: tools.jsonl") == 200
        assert "left out: 50 more; panel catalogue lint tells them all" in done.err

    @pytest.mark.parametrize("text", ["", "\n\n", "broken\n"])
    def test_a_catalogue_without_a_tool_is_an_error(self, panel: Panel, folder: Path, text: str) -> None:
        """A file that was emptied by mistake must not pass for a catalogue that is up to date."""
        (folder / "tools.jsonl").write_text(text, "utf-8")
        done = panel("rescore", "tools.jsonl")
        assert done.code == 3
        assert "tools.jsonl: holds no tool" in done.err
        assert not list((folder / "runs").glob("2*"))

    def test_a_catalogue_that_is_not_there_is_an_error(self, panel: Panel) -> None:
        done = panel("rescore", "nowhere.jsonl")
        assert done.code == 3
        assert "nowhere.jsonl: does not exist" in done.err

    def test_a_missing_key_is_told_before_the_catalogue_is_read(self, panel: Panel, folder: Path) -> None:
        configure(folder, "https://models.example", 'key_variable = "HOUSE_KEY"')
        done = panel("rescore", "tools.jsonl")
        assert done.code != 0
        assert "HOUSE_KEY" in done.err
        assert not list((folder / "runs").glob("2*"))

    def test_a_model_without_a_price_needs_leave_under_a_cap(self, panel: Panel, folder: Path) -> None:
        settings = folder / "panel.toml"
        lines = settings.read_text("utf-8").splitlines()
        settings.write_text("\n".join(line for line in lines if "price" not in line), "utf-8")
        refused = panel("rescore", "tools.jsonl", "--max-cost", "1")
        assert refused.code == 2
        assert "--allow-unpriced" in refused.err
        assert panel("rescore", "tools.jsonl", "--max-cost", "1", "--allow-unpriced").code == 0


def test_standard_input_is_a_catalogue(
    panel: Panel, folder: Path, server: FastProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Piped(io.StringIO):
        buffer = io.BytesIO((folder / "tools.jsonl").read_bytes() + b"broken\n")

    monkeypatch.setattr("io.StringIO", Piped)
    done = panel("rescore", "-")
    assert done.code == 3
    assert f"left out: standard input, line {TOOLS + 1}: " in done.err
    assert server.stats()["requests"] == SEATS


class TestTwice:
    def test_of_two_under_one_id_the_first_counts_whichever_category_is_asked(self, panel: Panel, folder: Path) -> None:
        lines = [
            *(entry(1, category="a"), entry(2, category="b").replace('"tool-2"', '"tool-1"')),
            entry(3, category="b"),
        ]
        (folder / "tools.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
        planned = panel("rescore", "tools.jsonl", "--category", "b", "--plan")
        assert (planned.code, "line 2: 'tool-1' stands in the catalogue already" in planned.err) == (3, True)
        assert "tools.jsonl: 1 tools, 1 left out by --category or --watch" in planned.out


class TestRunsThatCannotBeRead:
    @pytest.mark.parametrize(
        ("file", "old", "new", "said"),
        [
            ("run.json", '"schema_version": 1', '"schema_version": 99', "was written by a newer panel"),
            ("run.json", "{", "", "run.json cannot be read"),
            ("verdicts.jsonl", '"schema_version":1', '"schema_version":99', "verdicts.jsonl line 1: skipped"),
        ],
    )
    def test_what_is_passed_over_is_told_before_it_is_paid_for_again(
        self, panel: Panel, folder: Path, file: str, old: str, new: str, said: str
    ) -> None:
        panel("rescore", "tools.jsonl", "--quiet")
        damaged = next((folder / "runs").glob(f"2*/{file}"))
        damaged.write_text(damaged.read_text("utf-8").replace(old, new, 1), "utf-8")
        planned = panel("rescore", "tools.jsonl", "--plan")
        assert said in planned.err


def test_a_plan_that_lost_lines_is_compared_with_nothing(panel: Panel, folder: Path) -> None:
    """Law 6: panels that shrank would come to other verdicts."""
    panel("rescore", "tools.jsonl", "--quiet")
    plan = next((folder / "runs").glob("2*/plan.jsonl"))
    plan.write_text("".join(plan.read_text("utf-8").splitlines(keepends=True)[:5]), "utf-8")
    for words in (("diff", "latest"), ("diff", "latest", "latest")):
        refused = panel(*words)
        assert (refused.code, f"names 5 of the {SEATS} seats" in refused.err) == (4, True)


class TestReading:
    """A run of few seats reads as the whole catalogue wherever runs are read."""

    @pytest.fixture
    def second(self, panel: Panel, folder: Path) -> str:
        panel("rescore", "tools.jsonl", "-q")
        write(folder, count=5)
        with (folder / "tools.jsonl").open("a") as file:
            file.write(entry(5, category="Queues", tagline="Another line"))
        panel("rescore", "tools.jsonl", "-q")
        return latest(folder).run_id

    def test_it_is_listed_with_its_catalogue(self, panel: Panel, second: str) -> None:
        assert "6 tools of tools.jsonl" in panel("runs", "list").out
        shown = panel("runs", "show", second).out
        assert "catalogue tools.jsonl: 6 tools\n" in shown
        assert "seats     4 scored\n" in shown

    def test_a_tool_that_an_older_run_holds_is_reviewed_from_it(self, panel: Panel, second: str) -> None:
        done = panel("review", f"{second}:tool-2")
        assert done.code == 0
        assert done.out.startswith("Tool 2: ")
        assert panel("review", f"{second}:tool-5").out.startswith("Tool 5: ")

    def test_an_unknown_tool_is_told(self, panel: Panel, second: str) -> None:
        done = panel("review", f"{second}:tool-99")
        assert done.code == 2
        assert "It holds 6 tools of tools.jsonl." in done.err

    def test_it_is_compared_as_a_whole(self, panel: Panel, second: str) -> None:
        found = json.loads(panel("diff", "previous", second, "--json").out)
        assert (found["paired"], found["same_answer"]) == (SEATS, SEATS - 4)

    def test_it_has_no_card_to_open_and_says_how_to_make_one(self, panel: Panel, second: str) -> None:
        done = panel("runs", "open", second)
        assert done.code == 2
        assert f"`panel review {second}:SLUG` makes a review's sheet" in done.err

    def test_its_replies_are_read_again_one_by_one(self, panel: Panel, second: str) -> None:
        done = panel("reparse", second)
        assert (done.code, done.out) == (0, f"run {second}: 0 verdicts changed\n")


class TestParser:
    def test_a_change_of_parser_reads_again_before_it_plans(
        self, panel: Panel, folder: Path, server: FastProvider, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from panel.records.verdict import Abstained, AbstainReason

        panel("rescore", "tools.jsonl", "-q")
        monkeypatch.setattr("panel.accounts.PARSER", "parse-next")
        monkeypatch.setattr("panel.reparse.parse", lambda *given: Abstained(reason=AbstainReason.REFUSED))
        done = panel("rescore", "tools.jsonl", "--plan")
        assert f"{SEATS} stored verdicts are read otherwise by this version of panel, at no cost" in done.out
        assert f"  fresh           {SEATS}\n" in done.out
        assert server.stats()["requests"] == SEATS
        assert "read otherwise" not in panel("rescore", "tools.jsonl", "--plan").out


class TestProcesses:
    """Real processes: killed, interrupted, side by side."""

    @pytest.fixture
    def slow(self, folder: Path) -> Iterator[FastProvider]:
        with FastProvider(latency_s=0.05) as running:
            configure(folder, running.url)
            yield running

    @staticmethod
    def start(folder: Path, *words: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "panel", *words]
        return subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    @staticmethod
    def wait_for(condition: Callable[[], bool]) -> None:
        until = time.monotonic() + 30
        while not condition() and time.monotonic() < until:
            time.sleep(0.01)
        assert condition()

    @pytest.mark.parametrize("how", ["kill", "interrupt"])
    @pytest.mark.parametrize("on", ["repeat", "resume"])
    def test_what_was_bought_is_not_bought_again(
        self, panel: Panel, folder: Path, slow: FastProvider, how: str, on: str
    ) -> None:
        """Beyond the four calls that were under way: of those, nobody knows what came."""
        process = self.start(folder, "rescore", "tools.jsonl")
        self.wait_for(lambda: slow.stats()["requests"] >= 9)
        process.send_signal(signal.SIGKILL if how == "kill" else signal.SIGINT)
        assert process.stderr is not None
        process.stderr.read()
        process.wait(30)
        process.stderr.close()
        bought = sum(line.reply is not None for line in latest(folder).replies())
        before = slow.stats()["requests"]
        assert bought >= 4
        run = latest(folder).run_id
        done = panel("rescore", "tools.jsonl") if on == "repeat" else panel("runs", "resume", run)
        assert done.code == 0
        assert slow.stats()["requests"] - before == SEATS - bought
        assert slow.stats()["questions"] == SEATS
        assert model_of(panel("rescore", "tools.jsonl", "--plan", "--json"))["fresh"] == SEATS

    def test_a_second_process_is_refused_politely(self, panel: Panel, folder: Path, slow: FastProvider) -> None:
        """Also one that was given the very same command, as by a timer: both would pay for the same seats."""
        slow.latency_s = 0.5
        process = self.start(folder, "rescore", "tools.jsonl")
        try:
            self.wait_for(lambda: slow.stats()["requests"] >= 1)
            done = panel("runs", "resume", "latest")
            assert done.code == 4
            assert "is being written by another process" in done.err
            same = subprocess.run(
                [sys.executable, "-m", "panel", "rescore", "tools.jsonl"], cwd=folder, capture_output=True, text=True
            )
        finally:
            process.communicate(timeout=60)
        assert same.returncode == 4
        assert "The same work is being done already, by run " in same.stderr
        assert slow.stats()["requests"] == SEATS

    def test_the_same_work_is_refused_whatever_it_writes(self, panel: Panel, folder: Path, slow: FastProvider) -> None:
        """As by a script that names its reports after the hour."""
        slow.latency_s = 0.5
        process = self.start(folder, "rescore", "tools.jsonl", "--summary", "at-one.md")
        try:
            self.wait_for(lambda: slow.stats()["requests"] >= 1)
            same = panel("rescore", "tools.jsonl", "--summary", "at-two.md", "--max-cost", "9")
        finally:
            process.communicate(timeout=60)
        assert (same.code, "The same work is being done already" in same.err) == (4, True)
        assert slow.stats()["requests"] == SEATS

    def test_of_two_at_the_same_moment_one_is_refused(self, panel: Panel, folder: Path, slow: FastProvider) -> None:
        slow.latency_s = 1.0
        started = [self.start(folder, "rescore", "tools.jsonl") for _ in range(3)]
        for process in started:
            process.communicate(timeout=60)
        assert sorted(process.returncode for process in started) == [0, 4, 4]
        assert slow.stats()["requests"] == SEATS

    def test_two_different_commands_run_side_by_side(self, panel: Panel, folder: Path, slow: FastProvider) -> None:
        lines = (folder / "tools.jsonl").read_text("utf-8").splitlines(keepends=True)
        (folder / "other.jsonl").write_text("".join(lines[:3]), "utf-8")
        (folder / "tools.jsonl").write_text("".join(lines[3:]), "utf-8")
        started = [self.start(folder, "rescore", name) for name in ("tools.jsonl", "other.jsonl")]
        for process in started:
            process.communicate(timeout=60)
        assert [process.returncode for process in started] == [0, 0]
        assert slow.stats()["requests"] == slow.stats()["questions"] == SEATS
