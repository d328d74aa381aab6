"""`panel compare` and `panel review`: from words to a card, without a key and without a network."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli.conftest import Panel
from loopback.answering import scoring
from loopback.behaviours import fault, key_refused
from loopback.server import Provider

from panel.records.card import Card
from panel.store import Runs

TOOL = """---
name: Alder Queue
pricing: Free (MIT)
entry: free
as_of: 2026-01-10
---
Alder Queue keeps jobs in one SQLite 3 file. `pip install alder` and two calls, `put` and `take`, are its interface.
It handles 4,000 jobs a second on one core and allows one writer at a time. Version 2.1 came out in December 2025.
"""


def test_two_catalogue_tools_give_a_card_and_its_html(panel: Panel, folder: Path) -> None:
    """The main job: the answer on standard output, the page in a file, the talk on standard error."""
    done = panel("compare", "sqlite", "left-pad", "--out", "card.html")
    assert done.code == 0
    assert "Ship with SQLite" in done.out
    assert (folder / "card.html").read_text("utf-8").startswith("<!doctype html>")
    assert "sqlite · builder · offline" in done.err
    assert "sqlite · builder" not in done.out


def test_everything_offline_says_that_no_language_model_wrote_it(panel: Panel, folder: Path) -> None:
    """Law 12: in every face of the card."""
    for suffix in ("html", "md", "json", "txt"):
        assert panel("compare", "sqlite", "duckdb", "-q", "--out", f"card.{suffix}").code == 0
        assert "offline rubric, no language model" in (folder / f"card.{suffix}").read_text("utf-8").lower()


def test_the_offline_card_rates_nothing_for_search_engines(panel: Panel, folder: Path) -> None:
    """No rating in JSON-LD from the offline rubric."""
    panel("compare", "sqlite", "duckdb", "-q", "--out", "card.html")
    page = (folder / "card.html").read_text("utf-8")
    assert "application/ld+json" in page
    assert "reviewRating" not in page


def test_swapping_the_tools_swaps_the_card_and_nothing_else(panel: Panel) -> None:
    """Law 10: the same answer, the columns the other way round."""
    one = json.loads(panel("compare", "sqlite", "uv", "--json", "-q").out)
    two = json.loads(panel("compare", "uv", "sqlite", "--json", "-q").out)
    assert one["answer"] == two["answer"]
    assert one["heads"] == two["heads"][::-1]


def test_json_on_standard_output_is_the_record(panel: Panel) -> None:
    """And nothing else stands there."""
    done = panel("compare", "sqlite", "uv", "--json")
    assert Card.model_validate_json(done.out).heads[0].tool == "sqlite"


def test_the_second_time_stored_answers_are_used_and_it_says_so(panel: Panel) -> None:
    """Law 11: fresh seats are not asked again, --refresh asks anew."""
    panel("review", "sqlite")
    again = panel("review", "sqlite")
    assert "4 stored before" in again.err
    assert "stored" in again.err
    assert "reused" not in panel("review", "sqlite", "--refresh").err


def test_the_last_line_says_how_to_use_a_real_model(panel: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key in the environment costs nothing by itself; it is pointed at."""
    assert "OPENAI_API_KEY=… panel … --model openai/" in panel("review", "sqlite").err.splitlines()[-1]
    monkeypatch.setenv("MISTRAL_API_KEY", "secret-value")
    last = panel("review", "sqlite").err.splitlines()[-1]
    assert "MISTRAL_API_KEY is set: add --model mistral/" in last
    assert "secret-value" not in last


def test_a_file_standard_input_and_a_stored_review_are_tools_too(panel: Panel, folder: Path) -> None:
    """A TOOL is a slug, a file, a folder, RUN:slug or -."""
    (folder / "mine").mkdir()
    (folder / "mine" / "alder.md").write_text(TOOL, "utf-8")
    assert "Alder Queue" in panel("review", "mine/alder.md", "-q").out
    assert "Alder Queue" in panel("review", "mine", "-q").out
    assert "Alder Queue" in panel("compare", "latest:alder", "sqlite", "-q").out
    assert panel("review", "-", "-q", stdin="# Birch\n\nBirch 1.2 stores 5 GB in one file for $3 a month.").code == 0


def test_several_sheets_go_to_one_file_each(panel: Panel, folder: Path) -> None:
    """{slug} in --out becomes the tool's id; without it there is a clear message."""
    assert panel("review", "sqlite", "uv", "-q", "--out", "pages/{slug}.md").code == 0
    assert sorted(path.name for path in (folder / "pages").iterdir()) == ["sqlite.md", "uv.md"]
    done = panel("review", "sqlite", "uv", "-q", "--out", "page.md")
    assert (done.code, "{slug}" in done.err) == (2, True)


def test_a_dry_run_prints_the_prompts_and_sends_and_writes_nothing(panel: Panel, folder: Path) -> None:
    """With what it would cost; no key is needed."""
    done = panel("review", "sqlite", "--model", "openai/gpt-6-luna", "--dry-run")
    assert done.code == 0
    assert "⟦data " in done.out
    assert "4 seats would be asked: about $0.0" in done.out
    assert "── sqlite · builder · openai/gpt-6-luna · about 4," in done.out
    assert " if every answer fills its cap and is asked for as often as it may be. Nothing was sent." in done.out
    assert not (folder / "runs").exists()


def test_a_dry_run_where_every_answer_is_stored_says_so(panel: Panel, folder: Path) -> None:
    """What is stored is not asked, and costs nothing again."""
    panel("review", "sqlite", "-q")
    done = panel("review", "sqlite", "--dry-run")
    told = "──── 0 seats would be asked: every answer is stored (--refresh asks anew). Nothing was sent."
    assert done.out.splitlines() == [told]


def test_a_real_model_without_a_key_names_the_variable_and_the_way_out(panel: Panel, folder: Path) -> None:
    """And no run is left behind."""
    done = panel("review", "sqlite", "--model", "openai/gpt-6-luna")
    assert done.code == 5
    assert "OPENAI_API_KEY" in done.err
    assert "--model offline" in done.err
    assert Runs(folder / "runs").list() == ()


def test_a_run_keeps_its_card(panel: Panel, folder: Path) -> None:
    """`panel runs show` and the folder tell the same story."""
    panel("compare", "sqlite", "uv", "-q")
    run = Runs(folder / "runs").open("latest")
    assert Card.model_validate_json((run.path / "card.json").read_text("utf-8")).heads[1].tool == "uv"
    shown = panel("runs", "show", "latest").out
    assert "8 scored" in shown
    assert "SQLite: Ship · " in shown


class TestBadInput:
    """One clear message, a documented exit code, no traceback, nothing lost."""

    @pytest.mark.parametrize(
        ("words", "code", "says"),
        [
            (["review", "sqlit"], 2, "Did you mean sqlite?"),
            (["compare", "sqlite"], 2, "2 to 6 tools; 1 were named"),
            (["compare", "sqlite", "sqlite"], 2, "'sqlite' is named twice"),
            (["review", "sqlite", "--model", "opnai/gpt-6-luna"], 2, "openai/gpt-6-luna"),
            (["review", "sqlite", "--persona", "sceptic"], 2, "Did you mean 'skeptic'?"),
            (["review", "sqlite", "--out", "card.pdf"], 2, ".html"),
            (["review", "sqlite", "--again", "--refresh"], 2, "give one of them"),
            (["review", "sqlite", "--repeats", "0"], 2, "1<=x<=50"),
            (["reveiw", "sqlite"], 2, "Did you mean 'review'?"),
            (["review", "latest:sqlite"], 2, "no runs"),
            (["runs", "show", "2031"], 2, "2031"),
        ],
        ids=lambda value: " ".join(value) if isinstance(value, list) else "",
    )
    def test_a_wrong_word_names_the_nearest_right_one(
        self, panel: Panel, words: list[str], code: int, says: str
    ) -> None:
        """Before anything is asked or written."""
        done = panel(*words)
        assert done.code == code, done.err
        assert says in done.err
        assert "Traceback" not in done.err

    @pytest.mark.parametrize(
        ("name", "content", "says"),
        [
            ("empty.md", b"", "empty"),
            ("blank.md", b"---\nname: A\n---\n\n", "description"),
            ("binary.md", b"\x00\x01\x02\xff" * 50, "text"),
            ("huge.md", b"word " * 1_000_000, "at most 1,000,000"),
            ("long.md", b"---\nname: A\n---\n" + b"word " * 5_000, "20,000"),
            ("broken.md", b"---\nname: [A\n---\nText.", "line"),
            ("typed.yaml", b"name: A\ndescription: B\nentry: cheap\n", "freemium"),
            ("half.json", b'{"name": "A", "descr', "line"),
        ],
        ids=lambda value: value if isinstance(value, str) and "." in value else "",
    )
    def test_a_wrong_file_is_named_with_what_is_wrong(
        self, panel: Panel, folder: Path, name: str, content: bytes, says: str
    ) -> None:
        """File, field where there is one, what was expected."""
        (folder / name).write_bytes(content)
        done = panel("review", name)
        assert done.code == 3, done.err
        assert name in done.err
        assert says in done.err
        assert "Traceback" not in done.err

    def test_runs_that_cannot_be_written_say_so_before_anything_is_asked(self, panel: Panel, folder: Path) -> None:
        """A file stands where the folder should be."""
        (folder / "runs").write_text("not a folder")
        done = panel("review", "sqlite")
        assert done.code == 4
        assert "a file stands where a folder is needed" in done.err
        assert "PANEL_RUNS" in done.err

    def test_a_run_of_a_newer_panel_is_told_and_left_alone(self, panel: Panel, folder: Path) -> None:
        """Showing it fails in words; other commands go on without it."""
        panel("review", "sqlite", "-q")
        manifest = next((folder / "runs").glob("*/run.json"))
        newer = manifest.read_text("utf-8").replace('"schema_version": 1', '"schema_version": 9')
        manifest.write_text(newer, "utf-8")
        done = panel("runs", "show", manifest.parent.name)
        assert done.code == 4
        assert "newer" in done.err
        assert panel("review", "uv", "-q").code == 0
        assert manifest.read_text("utf-8") == newer

    def test_an_unwritable_out_loses_no_card(self, panel: Panel, folder: Path) -> None:
        """The message says where the card is kept."""
        (folder / "taken").write_text("a file")
        done = panel("compare", "sqlite", "uv", "-q", "--out", "taken/card.html")
        assert done.code == 4
        assert "kept in the run's folder" in done.err
        assert next((folder / "runs").glob("*/card.json"))


class TestARealModel:
    """The same commands with a model behind an address, spoken to by the real SDK over a real socket."""

    @pytest.fixture
    def hosted(self, folder: Path, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> Provider:
        """A compatible server under a name of the user's own, with a price."""
        (folder / "panel.toml").write_text(
            f"""
            [models.house]
            provider = "compatible"
            model = "gpt-house-1"
            base_url = "{provider.url}/v1"
            key_variable = "HOUSE_KEY"
            schema_mode = "json_schema"
            price = {{ input = 1.0, output = 2.0 }}
            """,
            "utf-8",
        )
        monkeypatch.setenv("HOUSE_KEY", "sk-house-123456")
        return provider

    def test_a_card_from_a_model_says_who_wrote_it_and_what_it_cost(self, panel: Panel, hosted: Provider) -> None:
        """Law 12: model asked and served, cost, and "written by a language model"."""
        hosted.script(scoring(72))
        done = panel("compare", "sqlite", "uv", "--model", "house", "--json")
        assert done.code == 0, done.err
        provenance = json.loads(done.out)["provenance"]
        assert provenance["written_by"] == ["written by a language model"]
        assert (provenance["models"][0]["name"], provenance["models"][0]["asked"]) == ("house", "gpt-house-1")
        assert float(provenance["cost_usd"]) > 0
        assert "8 seats answered" in done.err
        assert "spent: 8 calls · 9,600 tokens in (8,192 cached), 2,400 out (1,024 reasoning)\n  $0.0144" in done.err

    def test_the_key_is_written_nowhere(self, panel: Panel, hosted: Provider, folder: Path) -> None:
        """Not in the run, not in the card, not in the talk."""
        hosted.script(scoring(72))
        done = panel("review", "sqlite", "--model", "house")
        written = [path.read_text("utf-8") for path in (folder / "runs").rglob("*") if path.is_file()]
        assert not any("sk-house-123456" in text for text in (*written, done.out, done.err))

    def test_a_refused_key_ends_with_code_5_and_the_next_step(self, panel: Panel, hosted: Provider) -> None:
        """One message for all seats, and the review stays incomplete."""
        hosted.script(key_refused())
        done = panel("review", "sqlite", "--model", "house")
        assert done.code == 5
        assert "HOUSE_KEY" in done.err
        assert "Incomplete" in done.out

    def test_what_failed_is_asked_again_by_the_same_command(self, panel: Panel, hosted: Provider) -> None:
        """And only that."""
        good = scoring(72)
        hosted.script([good, good, good, fault(400, "odd")])
        assert panel("review", "sqlite", "--model", "house", "-q").code == 5
        hosted.script([good])
        assert panel("review", "sqlite", "--model", "house", "-q").code == 0
