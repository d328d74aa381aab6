"""The built wheel, installed away from the source: it holds everything the main job needs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel as it would be published, built from a copy of the tracked files."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("dist")
    for name in ("pyproject.toml", "README.md", "LICENSE", "src", "personas", "prompts", "catalogue"):
        place = ROOT / name
        copy = shutil.copytree if place.is_dir() else shutil.copy
        copy(place, source / name)
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(source)],
        check=True,
        capture_output=True,
    )
    return next(out.glob("*.whl"))


@pytest.fixture
def environment(wheel: Path, tmp_path: Path) -> Path:
    """A fresh environment with the wheel in it; returns its folder of scripts.

    The third parties come from the environment that runs the tests, so that no index is asked; `.ci/run` installs them
    for real. Our own source does not come along: a path named in a .pth file has its own .pth files ignored.
    """
    place = tmp_path / "environment"
    venv.create(place, with_pip=False)
    site = Path(sysconfig.get_path("purelib", vars={"base": str(place), "platbase": str(place)}))
    pip = [sys.executable, "-m", "pip", "--python", str(place), "install", "-q", "--no-index", "--no-deps", str(wheel)]
    subprocess.run(pip, check=True, capture_output=True)
    (site / "third_parties.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return place / "bin"


def run(scripts: Path, *command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    clean = {"PATH": os.defpath, "HOME": str(cwd), "LANG": "C.UTF-8"}
    return subprocess.run([str(scripts / command[0]), *command[1:]], cwd=cwd, env=clean, capture_output=True, text=True)


def test_the_wheel_holds_personas_prompts_and_catalogue(wheel: Path) -> None:
    """And neither tests nor runs."""
    names = zipfile.ZipFile(wheel).namelist()
    assert {"panel/_data/personas/builder.yaml", "panel/_data/prompts/system.j2", "panel/_data/catalogue/uv.md"} <= {
        *names
    }
    assert "panelreview.py" in names
    assert not [name for name in names if name.startswith(("tests/", "runs/"))]


def test_the_main_job_runs_from_the_wheel_alone(environment: Path, tmp_path: Path) -> None:
    """One command, no key, no network, no source tree: a card on standard output and its HTML in a file."""
    work = tmp_path / "work"
    work.mkdir()
    done = run(environment, "panel", "compare", "sqlite", "duckdb", "--out", "card.html", cwd=work)
    assert done.returncode == 0, done.stderr
    assert "SQLite" in done.stdout
    assert "offline rubric, no language model" in done.stdout
    assert (work / "card.html").read_text("utf-8").startswith("<!doctype html>")
    assert str(ROOT) not in done.stdout + done.stderr


def test_another_package_named_panel_is_refused_in_words(environment: Path, tmp_path: Path) -> None:
    """Where somebody else's `panel` stands first on the path, both scripts say so and run none of its code."""
    site = next((environment.parent / "lib").glob("python*/site-packages"))
    shutil.rmtree(site / "panel")
    (site / "panel").mkdir()
    (site / "panel" / "__init__.py").write_text("raise SystemExit('the other package was run')\n")
    for script in ("panel", "panelreview"):
        done = run(environment, script, "--help", cwd=tmp_path)
        assert done.returncode == 2
        assert "finds another package here" in done.stderr
        assert "virtual environment of its own" in done.stderr


def test_another_package_laid_over_ours_is_refused_too(environment: Path, tmp_path: Path) -> None:
    """Installed last into the same folder, it replaces `__init__.py` and leaves our other files beside its own."""
    site = next((environment.parent / "lib").glob("python*/site-packages"))
    (site / "panel" / "__init__.py").write_text("from .config import __version__\n")
    for script in ("panel", "panelreview"):
        done = run(environment, script, "--help", cwd=tmp_path)
        assert done.returncode == 2
        assert "finds another package here" in done.stderr
