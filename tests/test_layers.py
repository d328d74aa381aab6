"""Who may know whom: the rows of docs/architecture.md, read from the import statements, also those inside functions."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

SRC = Path(__file__).parents[1] / "src" / "panel"

ROWS = {
    "errors": 0,
    "_version": 0,
    "records": 1,
    "authored": 1,
    "settings": 2,
    "catalogue": 2,
    "personas": 2,
    "prompts": 2,
    "prices": 2,
    "clients": 2,
    "parse": 2,
    "comparator": 2,
    "render": 2,
    "store": 2,
    "makings": 3,
    "reparse": 3,
    "rereading": 3,
    "view": 3,
    "seating": 3,
    "budget": 3,
    "batching": 3,
    "checks": 3,
    "drift": 3,
    "resuming": 3,
    "convene": 3,
    "accounts": 3,
    "bridge": 3,
    "testing": 3,
    "rescore": 4,
    "desk": 5,
    "api": 5,
    "__init__": 5,
    "cli": 6,
    "__main__": 6,
}
SAME_ROW = {
    ("convene", "reparse"),
    ("convene", "seating"),
    ("convene", "budget"),
    ("resuming", "reparse"),
    ("resuming", "seating"),
    ("seating", "makings"),
    ("reparse", "makings"),
    ("rereading", "makings"),
    ("resuming", "makings"),
    ("convene", "makings"),
    ("batching", "makings"),
    ("view", "makings"),
    ("accounts", "reparse"),
    ("batching", "budget"),
    ("batching", "reparse"),
    ("batching", "rereading"),
    ("batching", "seating"),
    ("accounts", "rereading"),
    ("rereading", "reparse"),
    ("view", "reparse"),
    ("view", "rereading"),
    ("drift", "reparse"),
    ("drift", "view"),
    ("__init__", "api"),
    ("api", "desk"),
    ("__main__", "cli"),
}
"""Who may know a neighbour on the same row, and in which direction."""

DOORS = {
    "openai": {"clients"},
    "mistralai": {"clients"},
    "httpx2": {"clients"},
    "tenacity": {"clients"},
    "genai_prices": {"prices"},
    "jinja2": {"prompts", "render"},
    "rich": {"render", "cli"},
    "click": {"cli"},
    "yaml": {"authored"},
    "filelock": {"store"},
    "sqlite3": {"store"},
    "distributed": {"rescore"},
    "dask": {"rescore"},
}
"""Third parties and the rooms that may open their door."""


def modules() -> list[Path]:
    return sorted(SRC.rglob("*.py"))


def room(path: Path) -> str:
    parts = path.relative_to(SRC).with_suffix("").parts
    return parts[0]


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


@cache
def imports(path: Path) -> frozenset[str]:
    """Every module named by an import statement, wherever it stands."""
    found: set[str] = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            base = node.module or ""
            found |= {f"{base}.{alias.name}" if base == "panel" else base for alias in node.names}
    return frozenset(found)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(SRC)))
def test_no_module_imports_upward_or_sideways(path: Path) -> None:
    """Every room stands on its row and knows only the rows below, or itself."""
    here = room(path)
    assert here in ROWS, f"give {here} a row here and in docs/architecture.md"
    for name in imports(path):
        if not name.startswith("panel."):
            continue
        there = name.split(".")[1]
        if there == here or (here, there) in SAME_ROW or there in {"_version", "__version__"}:
            continue
        assert there in ROWS, f"{path}: imports {name}, which has no row"
        assert ROWS[there] < ROWS[here], (
            f"{path.relative_to(SRC)} (row {ROWS[here]}) imports {name} (row {ROWS[there]})"
        )


@pytest.mark.parametrize("vendor", sorted(DOORS))
def test_each_third_party_has_its_doors(vendor: str) -> None:
    """A vendor's package is imported only where the table says."""
    users = {room(path) for path in modules() if any(name.split(".")[0] == vendor for name in imports(path))}
    assert users <= DOORS[vendor]


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(SRC)))
def test_files_stay_readable(path: Path) -> None:
    """Past 300 lines there is a noun that wants a file of its own; every module says what it promises."""
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= 300
    assert not text.strip() or ast.get_docstring(parsed(path)), "a module begins by saying what it promises"


def test_there_is_no_import_cycle() -> None:
    """No module of panel reaches itself through imports at module level."""
    graph = {_dotted(path): _top_level(path) for path in modules()}
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join((*trail, name))
        if name in done or name not in graph:
            return
        for other in sorted(graph[name]):
            visit(other, (*trail, name))
        done.add(name)

    for name in graph:
        visit(name, ())


def _dotted(path: Path) -> str:
    parts = path.relative_to(SRC.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _top_level(path: Path) -> set[str]:
    """Names imported when the module is imported: not those inside functions or for type checkers alone."""
    found: set[str] = set()
    for node in parsed(path).body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("panel"):
            found |= {_module(node.module or "", alias.name) for alias in node.names}
    return found - {_dotted(path), "panel"}


def _module(package: str, name: str) -> str:
    """The module that `from package import name` means: a submodule where there is one, else the package itself."""
    inner = SRC.parent.joinpath(*package.split("."), name)
    return f"{package}.{name}" if inner.is_dir() or inner.with_suffix(".py").is_file() else package


HEAVY = (
    *("openai", "mistralai", "genai_prices", "httpx2", "rich", "jinja2", "pydantic", "yaml", "asyncio"),
    *("decimal", "fractions", "json", "pathlib", "urllib"),
    *("panel.cli.compare", "panel.cli.rescore", "panel.desk", "panel.records"),
)
"""What `panel --help` does without: whatever a command needs is loaded when it is named."""


def test_help_loads_nothing_heavy() -> None:
    """`panel --help` loads no SDK, no web or plotting library, not even pydantic, and no command."""
    done = _loaded_by(["--help"], HEAVY, Path.cwd())
    assert done.stderr.splitlines()[-1] == "[]"
    assert "compare" in done.stdout


UNWANTED_OFFLINE = (
    *("openai", "mistralai", "genai_prices", "httpx2", "tenacity", "sqlite3", "distributed"),
    *("asyncio", "ssl", "subprocess", "concurrent", "multiprocessing"),
    *("rich.console", "rich.table", "rich.markdown"),
    *("panel.clients.keys", "panel.clients.servers.modes", "panel.clients.servers.probing", "panel.desk.servers"),
    *("panel.clients.pacing.retrying", "panel.clients.pacing.throttle", "panel.batching", "panel.drift", "panel.view"),
    *("panel.records.masks", "panel.records.drift", "panel.render.html", "panel.render.markdown"),
)
"""What an offline comparison does without; each takes as long to load as a part of the review takes."""


def test_an_offline_comparison_loads_no_more_than_it_uses(tmp_path: Path) -> None:
    """No event loop, no server, no page that nobody asked for: bench/startup.py holds the promise this keeps."""
    done = _loaded_by(["compare", "sqlite", "duckdb"], UNWANTED_OFFLINE, tmp_path)
    assert done.stderr.splitlines()[-1] == "[]"
    assert "SQLite" in done.stdout


def _loaded_by(words: list[str], names: tuple[str, ...], folder: Path) -> subprocess.CompletedProcess[str]:
    """A command, in a process of its own that says at its end which of these modules it has loaded."""
    script = (
        "import sys\n"
        "from panel.cli import main\n"
        f"try:\n    main({words!r})\n"
        "except SystemExit:\n    pass\n"
        f"print([name for name in {names!r} if name in sys.modules], file=sys.stderr)"
    )
    return subprocess.run([sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, check=True)
