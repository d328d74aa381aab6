"""docs/troubleshooting.md has a row for every code, with the message as it is printed and a next step."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from client_samples import a_model

from panel.clients.codes import CODES, hint_for
from panel.clients.wire.broken import CERTIFICATE

PAGE = (Path(__file__).parents[2] / "docs" / "troubleshooting.md").read_text("utf-8")
SOURCE = Path(__file__).parents[2] / "src" / "panel"


def rows(heading: str) -> list[list[str]]:
    """The cells of the table under this heading."""
    section = PAGE[PAGE.index(f"## {heading}\n") :].removeprefix("## ").partition("\n## ")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:3] == "| `"]


ROWS = rows("What the messages mean")
MORE = rows("What batches and clusters add")


def test_every_code_has_its_row_with_its_message() -> None:
    """In the order of the codes."""
    assert [(row[0].strip("`"), row[1]) for row in ROWS] == list(CODES.items())


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_every_row_says_what_it_means_and_what_to_do(row: list[str]) -> None:
    assert len(row) == 4
    assert all(row)


@pytest.mark.parametrize("code", [code for code in CODES if code not in ("no_key", "bad_key")])
def test_every_code_has_a_next_step(code: str) -> None:
    """Those about keys are given where keys are read."""
    assert hint_for(code, a_model("compatible", "http://localhost:8080/v1"))


def test_every_code_that_batches_and_clusters_add_has_its_row() -> None:
    """As they are spelt where they are made."""
    places = ("batching", "clients/batches", "rescore")
    source = "".join(path.read_text("utf-8") for place in places for path in (SOURCE / place).rglob("*.py"))
    made = set(re.findall(r'"((?:batch|no|worker|cluster)_[a-z]+)"', source)) - CODES.keys()
    assert {row[0].strip("`") for row in MORE} == made | {"budget", "client_fault"}


@pytest.mark.parametrize("row", MORE, ids=[row[0] for row in MORE])
def test_every_one_of_them_has_a_meaning_and_a_next_step(row: list[str]) -> None:
    assert len(row) == 3
    assert all(row)


def test_every_fault_of_a_certificate_is_explained() -> None:
    section = PAGE[PAGE.index("## Certificates") :]
    found = {
        words
        for line in re.findall(r"^\| (it [^|]*|somebody[^|]*)", section, re.M)
        for words in re.split("[,;] ", line.strip())
    }
    assert found == set(CERTIFICATE.values())
