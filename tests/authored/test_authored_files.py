"""Files are read within bounds, and whatever is no readable text is named in words."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from panel.authored import MAX_BYTES, decode, hidden_characters, nearest, read_text, slug_of
from panel.errors import InputError


def told(path: Path, data: bytes | None = None) -> InputError:
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(InputError) as caught:
        read_text(path)
    assert caught.value.file == str(path)
    return caught.value


def test_a_text_file_is_read_with_plain_line_ends_and_without_its_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes(b"\xef\xbb\xbfone\r\ntwo\rthree\n")
    assert read_text(tmp_path / "a.md") == "one\ntwo\nthree\n"


@pytest.mark.parametrize(
    ("data", "what", "line"),
    [
        (b"\xff\xfeh\x00i\x00", "found UTF-16 text; expected UTF-8", None),
        (b"\xfe\xff\x00h", "found UTF-16 text; expected UTF-8", None),
        (b"\xff\xfe\x00\x00h\x00\x00\x00", "found UTF-32 text; expected UTF-8", None),
        (b"one\ntwo\x00", "found a binary file; expected text", 2),
        (b"one\n\ncaf\xe9", "found byte 0xe9, which is not UTF-8", 3),
    ],
)
def test_what_is_not_utf_8_is_named_with_its_line(tmp_path: Path, data: bytes, what: str, line: int | None) -> None:
    error = told(tmp_path / "a.md", data)
    assert (error.what, error.line, error.hint) == (what, line, "Save it as UTF-8 text.")


def test_a_file_over_the_bound_is_refused_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "big.md"
    path.write_bytes(b"x" * (MAX_BYTES + 1))
    monkeypatch.setattr("builtins.open", lambda *args, **kwargs: pytest.fail("the file was opened"))
    assert told(path).what == "found 1,000,001 bytes; at most 1,000,000 are read"


def test_a_folder_a_pipe_and_a_device_are_no_text_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.md")
    assert told(tmp_path).what == "found a folder; expected a text file"
    assert told(tmp_path / "pipe.md").what == "found a device or pipe; expected a text file"
    assert told(Path("/dev/zero")).what == "found a device or pipe; expected a text file"


def test_what_cannot_be_reached_is_excused_in_words(tmp_path: Path) -> None:
    (tmp_path / "loop.md").symlink_to("loop.md")
    (tmp_path / "file").touch()
    assert told(tmp_path / "none.md").what == "does not exist"
    assert told(tmp_path / "loop.md").what == "is a symbolic link that leads back to itself"
    assert told(tmp_path / "file" / "a.md").what == "does not exist: a part of its path is a file"
    assert told(tmp_path / ("n" * 300)).what == "does not exist: the name is too long"
    assert told(Path("a\0b")).what.startswith("cannot be read: embedded null")


def test_a_file_without_permission_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The refusal is played, since root may read everything."""

    def refuse(*args: object) -> object:
        raise PermissionError(errno.EACCES, "Permission denied")

    (tmp_path / "a.md").touch()
    monkeypatch.setattr("builtins.open", refuse)
    assert told(tmp_path / "a.md").what == "cannot be read: permission denied"


def test_bytes_of_a_later_line_name_that_line() -> None:
    with pytest.raises(InputError) as caught:
        decode(b"\xe9", "bulk.jsonl", line=7)
    assert str(caught.value) == "bulk.jsonl, line 7: found byte 0xe9, which is not UTF-8\nSave it as UTF-8 text."


def test_hidden_characters_are_told_once_each_with_the_first_line() -> None:
    found = hidden_characters("plain\ttext\nis \u202efine\nno\u202et \x1b[31m this\U000e0041")
    assert [(item.line, item.name) for item in found] == [
        (2, "U+202E RIGHT-TO-LEFT OVERRIDE"),
        (3, "U+001B control character"),
        (3, "U+E0041 TAG LATIN CAPITAL LETTER A"),
    ]
    assert hidden_characters("naïve “quotes” – 日本語 – 👩‍💻 شكرا") == []


def test_the_nearest_names_come_best_first_whatever_their_case() -> None:
    assert nearest("DUCKBD", ["uv", "duckdb", "sqlite"]) == ["duckdb"]
    assert nearest("zzz", ["uv", "duckdb"]) == []


@pytest.mark.parametrize(
    ("title", "slug"),
    [("Mistral 3 Small (22B)", "mistral-3-small-22b"), ("Žluťoučký kůň", "zlutoucky-kun"), ("工具", "tool")],
)
def test_a_title_makes_an_id(title: str, slug: str) -> None:
    assert slug_of(title, "tool") == slug
