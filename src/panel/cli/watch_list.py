"""Reading a watch list that a person names: the ids of the tools that a command is to look at, one on a line."""

from __future__ import annotations

from pathlib import Path

from panel.errors import InputError, UsageError


def watched(watch: Path | None) -> tuple[str, ...] | None:
    """The tools that the list names, none at all where it names none; None where there is no list.

    Raises UsageError for a list that cannot be read, InputError for a line that is no id.
    """
    if watch is None:
        return None
    from panel.drift import read_watch_list

    try:
        text = watch.read_text("utf-8")
    except OSError as error:
        raise UsageError(
            f"cannot read the watch list {watch}: {error.strerror or error}", hint="`--straddling FILE` writes one."
        ) from error
    except UnicodeDecodeError:
        raise InputError.at(str(watch), "it is not text in UTF-8.", hint="Write one tool id on a line.") from None
    return read_watch_list(text, str(watch))
