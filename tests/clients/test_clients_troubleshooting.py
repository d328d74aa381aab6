"""docs/troubleshooting.md has a row for every code, with the message as it is printed and a next step."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from client_samples import a_model

from panel.clients.codes import CODES, hint_for
from panel.clients.wire.broken import CERTIFICATE

PAGE = (Path(__file__).parents[2] / "docs" / "troubleshooting.md").read_text("utf-8")
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("| `")]


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


def test_every_fault_of_a_certificate_is_explained() -> None:
    section = PAGE[PAGE.index("## Certificates") :]
    found = {
        words
        for line in re.findall(r"^\| (it [^|]*|somebody[^|]*)", section, re.M)
        for words in re.split("[,;] ", line.strip())
    }
    assert found == set(CERTIFICATE.values())
