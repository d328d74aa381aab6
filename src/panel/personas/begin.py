"""Begin: write the file of a new persona beside the others, never over one that exists."""

from __future__ import annotations

from pathlib import Path

from panel.errors import StoreError, UsageError
from panel.personas.skeleton import new_text


def begin(folder: Path, name: str, shown: str) -> Path:
    """Write `<folder>/<name>.yaml` to be filled in; raises UsageError where it exists, StoreError on a failure."""
    text = new_text(name, shown)
    path = folder / f"{name}.yaml"
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(f"{path} exists.", hint="Choose another id, or edit that file.") from None
    except OSError as error:
        raise StoreError(f"cannot write {path}: {error.strerror or error}", hint="Check the folder.") from error
    return path
