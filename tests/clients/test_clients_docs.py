"""docs/models.md says what the code does: every code, every setting, every refused parameter."""

from __future__ import annotations

import re
from pathlib import Path

from panel.clients.codes import CODES
from panel.clients.registry import KEY_VARIABLES, PROVIDERS, RESERVED
from panel.clients.wire.failures import PASSING, STOPPING
from panel.prices.ahead import CHARS_PER_TOKEN, EXPECTED_OUTPUT_TOKENS
from panel.records.hosts import HOMES
from panel.records.model import Model, ModelSettings

PAGE = (Path(__file__).parents[2] / "docs" / "models.md").read_text("utf-8")


def rows(heading: str) -> list[list[str]]:
    """The table's cells under the header row that begins so."""
    lines = PAGE[PAGE.index(f"| {heading} |") :].splitlines()[2:]
    table = lines[: next(i for i, line in enumerate([*lines, ""]) if not line.startswith("|"))]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table]


def test_the_table_of_codes_is_the_codes_with_their_meanings() -> None:
    assert {cells[0].strip("`"): cells[1] for cells in rows("code")} == CODES


def test_what_stops_a_run_and_what_may_be_asked_again_is_as_documented() -> None:
    table = {cells[0].strip("`"): cells[2:] for cells in rows("code")}
    assert {code for code, (_, run) in table.items() if run == "stops"} == STOPPING
    raised_elsewhere = {"interrupted", "unreachable", "not_json", "no_choices"}
    assert {code for code, (again, _) in table.items() if again == "may help"} == PASSING | raised_elsewhere


def test_every_setting_of_a_model_is_documented() -> None:
    named = {name for cells in rows("key") for name in re.findall(r"`(\w+)`", cells[0])}
    assert named == set(ModelSettings.model_fields)


def test_the_defaults_are_as_documented() -> None:
    defaults = {cells[0].strip("`"): cells[2] for cells in rows("key")}
    assert defaults["max_output_tokens"] == str(Model.model_fields["max_output_tokens"].default)
    assert float(defaults["timeout_s"]) == Model.model_fields["timeout_s"].default
    money = " ".join((Path(__file__).parents[2] / "docs" / "money.md").read_text("utf-8").split())
    assert f"one answer of {EXPECTED_OUTPUT_TOKENS} tokens of output" in money
    assert f"{CHARS_PER_TOKEN} characters to a token" in money


def test_addresses_variables_and_refusals_are_as_documented() -> None:
    for word in (*HOMES.values(), *KEY_VARIABLES.values(), *PROVIDERS, *RESERVED):
        assert word in PAGE
