"""Files: bytes from disk to text, within bounds. Anything that is not a readable text file is an `InputError`.

Looks before it reads: a directory, a device, a pipe or a huge file is refused unopened. Line ends become "\\n".
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from panel.errors import InputError

MAX_BYTES = 1_000_000
"""No text a person writes for panel is larger; a larger file is a mistake and is not read."""

_MARKS = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
_SAVE_AS = "Save it as UTF-8 text."


def read_text(path: Path, limit: int = MAX_BYTES) -> str:
    """The text of a file of at most `limit` bytes; raises InputError where it is absent, too large or not text."""
    file = str(path)
    try:
        found = os.stat(path)
        if not stat.S_ISREG(found.st_mode):
            raise _not_a_file(file, found.st_mode)
        if found.st_size > limit:
            raise too_large(file, found.st_size, limit)
        with open(path, "rb") as stream:
            data = stream.read(limit + 1)
    except (OSError, ValueError) as error:
        raise InputError.at(file, excuse(error)) from error
    if len(data) > limit:
        raise too_large(file, len(data), limit)
    return decode(data, file)


def decode(data: bytes, file: str, *, line: int = 1) -> str:
    """UTF-8 text with "\\n" line ends and no byte-order mark; `line` is where the bytes stand in the file."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            raise InputError.at(file, f"found {name} text; expected UTF-8", hint=_SAVE_AS)
    if b"\x00" in data:
        at = line + data[: data.index(b"\x00")].count(b"\n")
        raise InputError.at(file, "found a binary file; expected text", hint=_SAVE_AS, line=at)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        at = line + data[: error.start].count(b"\n")
        raise InputError.at(
            file, f"found byte 0x{data[error.start]:02x}, which is not UTF-8", hint=_SAVE_AS, line=at
        ) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def too_large(file: str, size: int, limit: int, line: int | None = None) -> InputError:
    """The refusal of a file, or of one line of it, that is larger than anything a person writes here."""
    found = f"found at least {size:,} bytes" if line else f"found {size:,} bytes"
    return InputError.at(
        file, f"{found}; at most {limit:,} are read", hint="Keep the facts that a reader needs.", line=line
    )


def _not_a_file(file: str, mode: int) -> InputError:
    kind = "a folder" if stat.S_ISDIR(mode) else "a device or pipe"
    hint = "" if stat.S_ISDIR(mode) else "Pipe the text in and name it - instead."
    return InputError.at(file, f"found {kind}; expected a text file", hint=hint)


def excuse(error: Exception) -> str:
    """Why the system would not hand out a file, in words."""
    if isinstance(error, OSError) and error.errno in _EXCUSES:
        return _EXCUSES[error.errno]
    reason = (error.strerror or "") if isinstance(error, OSError) else str(error)
    return f"cannot be read: {reason or type(error).__name__}"


_EXCUSES = {
    errno.ENOENT: "does not exist",
    errno.ENOTDIR: "does not exist: a part of its path is a file",
    errno.EACCES: "cannot be read: permission denied",
    errno.EPERM: "cannot be read: permission denied",
    errno.ELOOP: "is a symbolic link that leads back to itself",
    errno.ENAMETOOLONG: "does not exist: the name is too long",
}
