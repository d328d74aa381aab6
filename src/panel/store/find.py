"""Find: which folder under `runs/` is meant by what a person typed. Looks at names only; opens no file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from panel.errors import UsageError
from panel.store.faults import told
from panel.store.layout import LATEST, is_run_id


def run_folders(root: Path) -> list[Path]:
    """The folders under `root` that are named like runs, last name first; none if `root` is not there."""
    with told("read", root):
        if not root.exists():
            return []
        return sorted((path for path in root.iterdir() if is_run_id(path.name) and path.is_dir()), reverse=True)


def run_folder(root: Path, ref: str) -> Path:
    """The folder with this name, or the only one whose name starts so; raises UsageError with the nearest names."""
    if not is_run_id(ref):
        raise UsageError(
            f"{ref!r} is no run id.", hint=f"Name a run by its id, by the first characters of it, or as {LATEST}."
        )
    names = [folder.name for folder in run_folders(root)]
    fitting = [ref] if ref in names else [name for name in names if name.startswith(ref)]
    if not fitting:
        raise UsageError(f"There is no run {ref} in {root}.", hint=_nearest(ref, names))
    if len(fitting) > 1:
        shown = ", ".join(fitting[:5]) + (", …" if len(fitting) > 5 else "")
        raise UsageError(f"{len(fitting)} runs start with {ref}: {shown}.", hint="Add characters until one fits.")
    return root / fitting[0]


def _nearest(ref: str, names: Sequence[str]) -> str:
    from difflib import get_close_matches  # only mistakes pay for it

    near = get_close_matches(ref, names, n=3, cutoff=0.4)
    return f"Nearest: {', '.join(near)}." if near else "See what there is: panel runs list"
