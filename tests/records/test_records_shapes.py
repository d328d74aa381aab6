"""Records are frozen, closed to unknown keys, versioned where stored, and never contradict themselves."""

from __future__ import annotations

import datetime as dt
import inspect
from importlib import import_module
from pathlib import Path

import pytest
from builders import make_scored
from pydantic import BaseModel, ValidationError

from panel.records.base import Record, Stored
from panel.records.makers import maker_of, same_maker
from panel.records.model import Model, ModelSettings
from panel.records.panel import Panel
from panel.records.reply import Attempt
from panel.records.reserved import Correction, Reported
from panel.records.seat import Slot
from panel.records.tool import Tool
from panel.records.verdict import Scored
from panel.testing import TOOL, persona

RECORDS = Path(__file__).parents[2] / "src" / "panel" / "records"


def all_records() -> list[type[BaseModel]]:
    modules = [import_module(f"panel.records.{path.stem}") for path in RECORDS.glob("*.py") if path.stem != "__init__"]
    found = {item for module in modules for _, item in inspect.getmembers(module, inspect.isclass)}
    return sorted((item for item in found if issubclass(item, BaseModel) and item is not BaseModel), key=str)


@pytest.mark.parametrize("record", all_records(), ids=lambda record: record.__name__)
def test_every_record_is_frozen_and_closed(record: type[BaseModel]) -> None:
    """No record can be changed after it is made, none takes a key it does not know, and each says what it is."""
    assert issubclass(record, Record)
    assert record.model_config["frozen"] is True
    assert record.model_config["extra"] == "forbid"
    assert record.__doc__


def test_a_stored_record_carries_its_schema_version() -> None:
    """And a record of a version this code does not know is refused."""
    line = Reported(tool="a", publisher="A site").to_line()
    assert '"schema_version":1' in line
    with pytest.raises(ValidationError):
        Reported.from_line(line.replace('"schema_version":1', '"schema_version":2'))
    assert issubclass(Correction, Stored)


def test_lone_surrogates_in_outside_text_become_replacement_characters() -> None:
    """They cannot be stored as UTF-8; everything else is kept as it came."""
    assert Tool(id="a", name="A", description="x \ud800 ⟦y⟧").description == "x \ufffd ⟦y⟧"


def test_a_tool_shows_its_filled_fields_and_never_its_id() -> None:
    """The id is our label; a seat judges what stands on the page."""
    assert Tool(id="secret-slug", name="A", description="B").fields() == {"name": "A", "description": "B"}
    assert list(TOOL.fields())[-1] == "description"


def test_offline_sits_once_however_often_a_panel_repeats() -> None:
    """A model without randomness has nothing to add by repeating."""
    offline = Model(name="offline", provider="offline", model="rubric", endpoint="offline", reads_local=True)
    hosted = Model(name="openai/x", provider="openai", model="x", endpoint="e")
    panel = Panel(personas=(persona(),), models=(offline, hosted), repeats=3)
    assert [str(slot) for _, _, slot in panel.seats("t")] == [
        "t/builder/offline#0@open",
        "t/builder/openai/x#0@open",
        "t/builder/openai/x#1@open",
        "t/builder/openai/x#2@open",
    ]


def test_a_panel_invites_nobody_twice() -> None:
    """A persona or model named twice is a mistake; repeats say how often to ask."""
    model = Model(name="openai/x", provider="openai", model="x", endpoint="e")
    with pytest.raises(ValidationError, match="invited twice"):
        Panel(personas=(persona(), persona()), models=(model,))


def test_a_correction_cannot_contradict_itself() -> None:
    """Law 3: an editor changes score and verdict together."""
    common = {
        "run_id": "r",
        "slot": Slot(tool="t", persona="builder", model="m"),
        "key": "k",
        "editor": "An editor",
        "corrected_at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        "reason": "Misread the licence.",
    }
    assert Correction(score=59, call="skip", **common).call == "skip"
    with pytest.raises(ValidationError, match="score 61 means ship, not skip"):
        Correction(score=61, call="skip", **common)


@pytest.mark.parametrize(
    ("model", "maker"),
    [
        ("gpt-6-luna", "OpenAI"),
        ("o3", "OpenAI"),
        ("openai/gpt-oss-20b", "OpenAI"),
        ("ministral-8b-latest", "Mistral AI"),
        ("meta-llama/Llama-4", "Meta"),
        ("olmo-3", None),
    ],
)
def test_the_maker_of_a_model_is_told_by_its_family_not_its_host(model: str, maker: str | None) -> None:
    """Law 12: the maker counts; an unknown family stays unknown."""
    assert maker_of(model) == maker


@pytest.mark.parametrize(
    ("maker", "vendor", "same"),
    [
        ("Mistral AI", "Mistral AI", True),
        ("Mistral AI", "Mistral", True),
        ("OpenAI", "OpenAI, Inc.", True),
        ("Google", "Google Cloud", True),
        ("OpenAI", "Open Source AI", False),
        ("OpenAI", None, False),
        (None, "OpenAI", False),
    ],
)
def test_a_maker_and_a_vendor_are_one_company_by_name(maker: str | None, vendor: str | None, same: bool) -> None:
    """Law 12: legal forms and punctuation aside."""
    assert same_maker(maker, vendor) is same


@pytest.mark.parametrize("seconds", [float("inf"), float("nan")])
def test_no_record_holds_a_number_that_json_has_no_word_for(seconds: float) -> None:
    """It would be stored as null, and the run that holds it could not be read again."""
    with pytest.raises(ValidationError, match="finite"):
        Model(name="openai/x", provider="openai", model="x", endpoint="e", timeout_s=seconds)
    with pytest.raises(ValidationError, match="finite"):
        ModelSettings(provider="openai", model="x", timeout_s=seconds)
    with pytest.raises(ValidationError, match="finite"):
        Attempt(asked_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC), latency_s=seconds)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"score": 9999}, "score 9999 lies outside 0 to 100"),
        ({"score": -1, "call": "skip"}, "score -1 lies outside 0 to 100"),
        ({"score": 70, "call": "skip"}, "score 70 means ship, not skip"),
        ({"criteria": {"fit": 11}}, "criterion fit, 11, lies outside 0 to 10"),
    ],
)
def test_a_scored_record_cannot_contradict_itself(changes: dict[str, object], message: str) -> None:
    """Laws 3 and 4: nor where a stored line was edited by hand."""
    line = make_scored(70).model_dump() | changes
    with pytest.raises(ValidationError, match=message):
        Scored.model_validate(line)
