"""Clients that other packages bring: found by entry point, loaded when asked for, named when they are broken."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from client_samples import a_prompt

from panel.clients import connect, plugins, resolve
from panel.clients.plugins import find, names
from panel.errors import ConfigError, RunStopping
from panel.records.model import Model

EXAMPLE = Path(__file__).parents[2] / "examples" / "echo-client"
MODEL = Model(name="acme/x", provider="acme", model="x", endpoint="acme", key_variable="ACME_KEY")

Install = Callable[..., Path]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Puts a package on the path as an installation would leave it: its modules, and what its metadata offers."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def installing(package: str, offers: str, **modules: str) -> Path:
        info = tmp_path / f"{package.replace('-', '_')}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n", "utf-8")
        (info / "entry_points.txt").write_text(f"[panel.clients]\n{offers}\n", "utf-8")
        for name, text in modules.items():
            monkeypatch.delitem(sys.modules, name, raising=False)
            (tmp_path / f"{name}.py").write_text(text, "utf-8")
        return tmp_path

    return installing


GOOD = """
class Client:
    def __init__(self, model, environ):
        self.name = model.name

    async def ask(self, prompt):
        return prompt.messages[0].content
"""


class TestFinding:
    def test_none_is_found_where_none_is_installed(self) -> None:
        assert find("acme") is None
        assert "acme" not in names()

    async def test_a_package_brings_a_provider(self, install: Install) -> None:
        install("acme-panel", "acme = acme_good:Client", acme_good=GOOD)
        assert "acme" in names()
        factory = find("acme")
        assert factory is not None
        client = factory(MODEL, {})
        assert (client.name, await client.ask(a_prompt())) == ("acme/x", "You are the Builder.")

    def test_listing_loads_nothing(self, install: Install) -> None:
        install("acme-panel", "acme = acme_loud:Client", acme_loud="raise SystemError('loaded')")
        assert "acme" in names()
        assert "acme_loud" not in sys.modules

    def test_one_package_brings_several(self, install: Install) -> None:
        install("acme-panel", "acme = acme_two:Client\nbeta = acme_two:Client", acme_two=GOOD)
        assert {"acme", "beta"} <= set(names())

    def test_two_packages_with_one_name_are_both_named(self, install: Install) -> None:
        install("acme-one", "acme = acme_one:Client", acme_one=GOOD)
        install("acme-two", "acme = acme_two:Client", acme_two=GOOD)
        with pytest.raises(ConfigError, match="'acme': acme-one and acme-two") as caught:
            find("acme")
        assert caught.value.hint == "Uninstall all but one of them."

    BROKEN = (
        ("acme_no:Client", "", "could not be loaded (AttributeError: module 'acme_no' has no attribute 'Client')"),
        ("acme_gone:Client", "", "could not be loaded (ModuleNotFoundError: No module named 'acme_gone')"),
        ("acme_no:Client", "1/0", "could not be loaded (ZeroDivisionError: division by zero)"),
        ("acme_no:Client", "Client = (", "could not be loaded (SyntaxError: "),
        ("acme_no:Client", "Client = 7", "cannot be called: acme_no:Client is a int"),
    )

    @pytest.mark.parametrize(("value", "text", "reason"), BROKEN)
    def test_one_that_cannot_be_loaded_is_named_with_the_reason(
        self, install: Install, value: str, text: str, reason: str
    ) -> None:
        install("acme-panel", f"acme = {value}", acme_no=text)
        with pytest.raises(ConfigError) as caught:
            find("acme")
        said = caught.value.message
        assert said.startswith("acme-panel brings a client for the provider 'acme', which ")
        assert reason in said
        assert "\n" not in said
        assert "Update acme-panel" in caught.value.hint


class TestBuilding:
    def test_what_its_factory_raises_is_named_without_the_key(self, install: Install) -> None:
        text = "def make(model, environ):\n    raise ValueError('cannot use ' + environ['ACME_KEY'])"
        install("acme-panel", "acme = acme_bad:make", acme_bad=text)
        factory = find("acme")
        assert factory is not None
        with pytest.raises(ConfigError, match=r"could not be built \(ValueError: cannot use \[key\]\)"):
            factory(MODEL, {"ACME_KEY": "hidden-0123456789"})

    def test_panels_own_errors_pass(self, install: Install) -> None:
        text = "from panel.clients.keys import read_key\ndef make(model, environ):\n    return read_key(model, environ)"
        install("acme-panel", "acme = acme_keyless:make", acme_keyless=text)
        factory = find("acme")
        assert factory is not None
        with pytest.raises(RunStopping, match="ACME_KEY is not set"):
            factory(MODEL, {})

    @pytest.mark.parametrize("body", ["None", "object()", "type('C', (), {'name': 'x'})()"])
    def test_what_is_no_client_is_refused(self, install: Install, body: str) -> None:
        install("acme-panel", "acme = acme_odd:make", acme_odd=f"def make(model, environ):\n    return {body}")
        factory = find("acme")
        assert factory is not None
        with pytest.raises(ConfigError, match="which is none: a "):
            factory(MODEL, {})

    def test_resolve_and_connect_use_it(self, install: Install) -> None:
        install("acme-panel", "acme = acme_wired:Client", acme_wired=GOOD)
        model = resolve("acme/large/2")
        assert (model.provider, model.model, model.base_url, model.key_variable) == ("acme", "large/2", None, None)
        assert connect(model, {}).name == "acme/large/2"

    def test_a_built_in_provider_stays_what_it_is(self, install: Install) -> None:
        install("acme-panel", "openai = acme_thief:Client", acme_thief=GOOD)
        client = connect(resolve("openai/gpt-6-luna"), {"OPENAI_API_KEY": "sk-test-0123456789abcdef"})
        assert type(client).__name__ == "OpenAIClient"


def installed_example(tmp_path: Path) -> dict[str, str]:
    """An environment in which the example is installed beside panel."""
    info = tmp_path / "panel_echo_client-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: panel-echo-client\nVersion: 0.1.0\n", "utf-8")
    (info / "entry_points.txt").write_text("[panel.clients]\necho = echo_client:connect\n", "utf-8")
    path = os.pathsep.join((str(tmp_path), str(EXAMPLE)))
    return {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}


class TestExample:
    def test_it_offers_what_its_pyproject_says(self) -> None:
        import tomllib

        project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text("utf-8"))["project"]
        assert project["entry-points"][plugins.GROUP] == {"echo": "echo_client:connect"}

    def test_it_stays_small(self) -> None:
        assert len((EXAMPLE / "echo_client.py").read_text("utf-8").splitlines()) < 60

    def test_it_keeps_the_contract(self, tmp_path: Path) -> None:
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(EXAMPLE)]
        command += ["-c", str(EXAMPLE / "pyproject.toml"), str(EXAMPLE / "tests")]
        done = subprocess.run(
            command, env=installed_example(tmp_path), cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "passed" in done.stdout

    def test_a_review_by_it(self, tmp_path: Path) -> None:
        command = [sys.executable, "-m", "panel", "review", "sqlite", "--model", "echo/parrot"]
        done = subprocess.run(
            command, env=installed_example(tmp_path), cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "echo/parrot" in done.stdout
        assert "50" in done.stdout
