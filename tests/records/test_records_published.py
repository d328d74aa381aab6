"""What is published about stored files is what the code writes and reads."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from panel.records.base import Stored
from panel.records.published import STORED, schemas

FOLDER = Path(__file__).parents[2] / "docs" / "schemas"


def test_the_published_schemas_are_those_of_the_records() -> None:
    """`.ci/write-schemas` writes them; a changed record without it fails here."""
    published = {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.json")}
    assert published == schemas()


@pytest.mark.parametrize("name", schemas())
def test_a_published_schema_is_valid_and_asks_for_the_version(name: str) -> None:
    """Each is a JSON Schema of its own, and every stored record carries `schema_version`."""
    schema = json.loads((FOLDER / name).read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["properties"]["schema_version"]["const"] == 1


def test_every_stored_record_is_published() -> None:
    """Nothing is written in a shape that nobody can look up."""
    assert set(STORED.values()) == set(Stored.__subclasses__())
