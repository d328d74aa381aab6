"""A TOOL argument is found where the user means it; one broken file hides no other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from panel.catalogue import Catalogue, read_many
from panel.errors import InputError, UsageError
from panel.records.tool import Tool


def no_stdin() -> str:
    raise AssertionError("standard input is read only for -")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "catalogue"
    folder.mkdir()
    (folder / "lathe.md").write_text("---\nname: Lathe\nformerly: [old-lathe, spindle]\n---\nIt turns.")
    (folder / "plane.yaml").write_text("name: Plane\ndescription: It smooths.")
    (folder / "saw.json").write_text(json.dumps({"id": "band-saw", "name": "Band saw", "description": "It cuts."}))
    (folder / "many.jsonl").write_text(
        '{"name": "Drill", "description": "d"}\n\n{"id": "awl", "name": "Awl", "description": "a"}\n'
    )
    (folder / "README.md").write_text("About this folder.")
    (folder / ".hidden.md").write_text("x")
    (folder / "_draft.md").write_text("x")
    (folder / "picture.png").write_bytes(b"\x89PNG")
    return folder


def ids(found: list[Tool]) -> list[str]:
    return [tool.id for tool in found]


def test_a_folder_holds_the_tools_of_its_entries_by_file_name(folder: Path) -> None:
    assert ids([tool for tool in read_many(folder) if isinstance(tool, Tool)]) == [
        "lathe",
        "drill",
        "awl",
        "plane",
        "band-saw",
    ]


def test_a_broken_file_is_an_error_in_its_place(folder: Path) -> None:
    (folder / "many.jsonl").write_text('{"name": "Drill", "description": "d"}\n{"name": 3}\nnot json\n')
    found = [item.id if isinstance(item, Tool) else (item.line, item.what) for item in read_many(folder)]
    assert found == [
        "lathe",
        "drill",
        (2, "found 3; expected text"),
        (3, "is not valid JSON: Expecting value, column 1"),
        "plane",
        "band-saw",
    ]


def test_a_line_over_the_bound_is_skipped_and_the_next_is_read(tmp_path: Path) -> None:
    path = tmp_path / "many.jsonl"
    path.write_text('{"name": "' + "x" * 2_500_000 + '"}\n{"name": "Awl", "description": "a"}\n')
    error, tool = read_many(path)
    assert isinstance(error, InputError)
    assert (error.line, error.what) == (1, "found at least 1,000,001 bytes; at most 1,000,000 are read")
    assert isinstance(tool, Tool)


def test_a_missing_folder_or_bulk_file_is_an_error(tmp_path: Path) -> None:
    for name in ("none.jsonl", "none.md"):
        (error,) = read_many(tmp_path / name)
        assert isinstance(error, InputError)
        assert error.what == "does not exist"


@pytest.mark.parametrize(
    ("slug", "id"),
    [("lathe", "lathe"), ("band-saw", "band-saw"), ("saw", "band-saw"), ("spindle", "lathe"), ("awl", "awl")],
)
def test_a_slug_is_an_id_a_former_id_or_a_file_name(folder: Path, slug: str, id: str) -> None:
    found = Catalogue(folder).find(slug)
    assert found is not None
    assert found.id == id


def test_an_id_goes_before_a_former_id_and_before_a_file_name(folder: Path) -> None:
    (folder / "x.md").write_text("---\nname: X\nid: spindle\nformerly: [saw]\n---\nx")
    catalogue = Catalogue(folder)
    assert [getattr(catalogue.find(slug), "name", None) for slug in ("spindle", "saw")] == ["X", "X"]


def test_a_known_slug_is_found_without_reading_the_others(folder: Path) -> None:
    (folder / "broken.md").write_bytes(b"\xff\xfe")
    for index in range(3):
        (folder / f"pipe{index}.md").symlink_to("nowhere.md")
    catalogue = Catalogue(folder)
    assert getattr(catalogue.find("lathe"), "id", None) == "lathe"
    assert "lathe" in catalogue.ids()


def test_the_broken_file_of_a_slug_is_told_and_not_called_unknown(folder: Path) -> None:
    (folder / "loop.md").symlink_to("loop.md")
    with pytest.raises(InputError, match=r"loop\.md: is a symbolic link that leads back to itself"):
        Catalogue(folder).find("loop")


def test_two_files_of_one_name_and_two_entries_of_one_id_are_no_choice(folder: Path) -> None:
    (folder / "lathe.json").write_text("{}")
    (folder / "x.md").write_text("---\nname: X\nid: band-saw\n---\nx")
    with pytest.raises(InputError, match=r"lathe\.md and lathe\.json both describe lathe"):
        Catalogue(folder).find("lathe")
    with pytest.raises(InputError, match="two entries have the id band-saw"):
        Catalogue(folder).find("band-saw")


@pytest.mark.parametrize("slug", ["../secret", "a/b", "", "x" * 5000, "a\0b", ".hidden"])
def test_what_cannot_be_an_id_is_never_looked_for_on_disk(folder: Path, slug: str) -> None:
    (folder.parent / "secret.md").write_text("x")
    assert Catalogue(folder).find(slug) is None


def test_an_unknown_slug_offers_the_nearest_and_names_the_folder(folder: Path) -> None:
    with pytest.raises(UsageError) as caught:
        Catalogue(folder).resolve("lathee", no_stdin)
    assert caught.value.message == f"There is no tool 'lathee' in {folder}, and no file or folder of that name."
    assert caught.value.hint == "Did you mean lathe? All of them: panel catalogue list"
    assert Catalogue(folder).nearest("spindel") == ["lathe"]
    assert Catalogue(folder).nearest("Band Saw") == ["band-saw"]


def test_a_catalogue_that_is_not_there_knows_nothing(tmp_path: Path) -> None:
    catalogue = Catalogue(tmp_path / "none")
    assert (catalogue.find("uv"), catalogue.ids(), catalogue.nearest("uv")) == (None, (), [])


def test_a_slug_goes_before_a_folder_of_that_name(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lathe").mkdir()
    (tmp_path / "lathe" / "a.md").write_text("Another.")
    catalogue = Catalogue(folder)
    assert ids(catalogue.resolve("lathe", no_stdin)) == ["lathe"]
    assert ids(catalogue.resolve("./lathe", no_stdin)) == ["a"]


def test_a_file_a_folder_and_a_bulk_file_are_named_by_their_path(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    catalogue = Catalogue(tmp_path / "none")
    assert ids(catalogue.resolve("lathe.md", no_stdin)) == ["lathe"]
    assert ids(catalogue.resolve(str(folder / "plane.yaml"), no_stdin)) == ["plane"]
    assert ids(catalogue.resolve("many.jsonl", no_stdin)) == ["drill", "awl"]
    assert ids(catalogue.resolve(".", no_stdin)) == ["lathe", "drill", "awl", "plane", "band-saw"]


def test_a_dash_is_standard_input(folder: Path) -> None:
    (tool,) = Catalogue(folder).resolve("-", lambda: "# Chisel\n\nIt carves.")
    assert (tool.id, tool.name) == ("chisel", "Chisel")


def test_a_folder_without_a_tool_says_what_a_tool_would_be(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("About.")
    with pytest.raises(InputError) as caught:
        Catalogue(tmp_path).resolve(f"{tmp_path}/", no_stdin)
    assert caught.value.what == "holds no tool"
    assert ".md, .yaml, .yml, .json, .jsonl" in caught.value.hint


def test_nothing_is_returned_of_a_folder_that_is_partly_broken(folder: Path) -> None:
    (folder / "a.md").write_text("---\nname: 1\n---\nx")
    (folder / "b.md").write_text("")
    with pytest.raises(InputError) as caught:
        Catalogue(folder).resolve(str(folder), no_stdin)
    assert caught.value.file == str(folder / "a.md")
    assert caught.value.hint.endswith(f"1 more cannot be read. panel catalogue lint {folder} tells them all.")


@pytest.mark.parametrize("ref", ["nowhere/x.md", "x.md", "a\0b", "x" * 5000])
def test_what_is_nowhere_is_a_usage_error(folder: Path, ref: str) -> None:
    with pytest.raises(UsageError, match="There is no tool"):
        Catalogue(folder).resolve(ref, no_stdin)
