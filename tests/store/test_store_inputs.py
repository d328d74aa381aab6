"""Inputs, verdicts and places: lines of a run's files found without holding them."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from store.store_records import RUN, key, manifest, seat, slot

from panel.records.identity import sha
from panel.store import Runs, RunWriter
from panel.store.inputs import Inputs
from panel.store.places import Places
from panel.store.verdicts import Verdicts


@pytest.fixture
def run(runs: Runs):  # type: ignore[no-untyped-def]
    with runs.create(manifest()) as writer:
        yield writer


class TestInputs:
    def test_what_was_kept_is_found_by_its_hash(self, run: RunWriter) -> None:
        kept = {run.add_input("message", f"text {number}"): f"text {number}" for number in range(20)}
        inputs = Inputs(run.path)
        assert {name: inputs[name].value for name in inputs} == kept
        assert len(inputs) == 20
        assert all(name in inputs for name in kept)

    def test_what_was_not_kept_is_missing(self, run: RunWriter) -> None:
        run.add_input("message", "text")
        with pytest.raises(KeyError):
            Inputs(run.path)[sha("another")]
        assert sha("another") not in Inputs(run.path)
        assert "no hash at all" not in Inputs(run.path)

    def test_a_line_that_was_changed_is_missing(self, run: RunWriter) -> None:
        """What it says is not what the question was made of."""
        name = run.add_input("message", "a plain text")
        file = run.path / "inputs.jsonl"
        file.write_text(file.read_text("utf-8").replace("plain", "fancy"), "utf-8")
        assert name not in Inputs(run.path)

    def test_a_torn_line_costs_itself_and_the_same_text_kept_again_is_found(self, run: RunWriter) -> None:
        first, torn = run.add_input("message", "first"), run.add_input("message", "second")
        file = run.path / "inputs.jsonl"
        file.write_bytes(file.read_bytes()[:-10] + b"\n")
        said: list[str] = []
        assert first in Inputs(run.path)
        assert torn not in Inputs(run.path, said.append)
        assert "inputs.jsonl byte " in said[0]
        with Runs(run.path.parent).create(manifest("other")) as other:
            other.add_input("message", "second")
            again = (other.path / "inputs.jsonl").read_bytes()
        with file.open("ab") as more:
            more.write(again)
        assert Inputs(run.path)[torn].value == "second"

    def test_a_run_without_the_file_has_none(self, tmp_path: Path) -> None:
        assert len(Inputs(tmp_path)) == 0
        assert sha("x") not in Inputs(tmp_path)


class TestVerdicts:
    def test_records_are_found_by_key_in_the_order_written(self, run: RunWriter) -> None:
        run.write_verdicts([seat(0, detail="first"), seat(1), seat(0, detail="second")])
        verdicts = Verdicts(run.path)
        assert [record.verdict.detail for record in verdicts.of(key(0)) if record.verdict] == ["first", "second"]  # type: ignore[union-attr]
        assert verdicts.of(key(1))[0].slot == slot(1)
        assert verdicts.of(key(2)) == ()
        assert len(verdicts) == 3

    def test_what_was_read_stands_while_the_file_is_replaced(self, run: RunWriter) -> None:
        run.write_verdicts([seat(number, detail="old") for number in range(50)])
        verdicts = Verdicts(run.path)
        run.write_verdicts([seat(number, detail="replaced by something longer") for number in range(50)])
        assert {record.verdict.detail for number in range(50) for record in verdicts.of(key(number))} == {"old"}  # type: ignore[union-attr]

    def test_a_damaged_line_is_told_and_passed_over(self, run: RunWriter) -> None:
        run.write_verdicts([seat(0), seat(1)])
        file = run.path / "verdicts.jsonl"
        file.write_text(file.read_text("utf-8").replace('"repeat":0', '"repeat":-1', 1), "utf-8")
        said: list[str] = []
        verdicts = Verdicts(run.path, said.append)
        assert verdicts.of(key(0)) == ()
        assert len(verdicts.of(key(1))) == 1
        assert said[0].startswith(f"{RUN}/verdicts.jsonl byte 0: skipped")


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 2**40))))
def test_places_give_what_was_noted_in_its_order(noted: list[tuple[int, int]]) -> None:
    places = Places()
    for by, begin in noted:
        places.add(f"slot {by}", begin)
    for by in range(21):
        assert places.of(f"slot {by}") == [begin for other, begin in noted if other == by]
    assert len(places) == len(noted)


def test_places_can_be_noted_after_they_were_looked_up() -> None:
    places, numbers = Places(), list(range(100))
    random.Random(5).shuffle(numbers)  # noqa: S311 - not a secret
    for number in numbers:
        places.add(number, number)
        assert places.of(number) == [number]
