"""Writing a file that a person asked for: in one step, so that no half of it is ever read."""

from __future__ import annotations

from pathlib import Path

from panel.errors import StoreError


def write_file(path: Path, text: str, hint: str) -> None:
    """In place of what stands there; what is no ordinary file, such as a link or a pipe, is written to.

    Raises StoreError with `hint` as the next step.
    """
    from panel.store.atomic import replace_text

    try:
        if path.is_symlink() or (path.exists() and not path.is_file()):
            path.write_text(text, "utf-8")
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_text(path, text, durable=False)
    except OSError as error:
        raise StoreError(f"cannot write {path}: {error.strerror or error}", hint=hint) from error
