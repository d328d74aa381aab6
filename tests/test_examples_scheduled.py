"""examples/scheduled/ and its pages: every command exists, every file reads, and the script for the night works."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import click
import pytest
import yaml

from panel.cli import command as panel

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples" / "scheduled"
PAGES = [ROOT / "docs" / "scheduled.md", ROOT / "docs" / "rescoring.md"]
SCRIPTS = sorted(EXAMPLES.glob("*.sh"))
WORKFLOW = EXAMPLES / "github-actions.yml"

STANDS_FOR = {
    "$watch": "watch.txt",
    "$max_cost": "5",
    "$flips": "5%",
    "RUN": "latest",
    "PART": "1",
    "HOST:PORT": "10.0.0.5:8786",
}
"""What a value in a command stands for, where it is not one itself."""


def fenced(page: Path, kind: str) -> list[str]:
    """The blocks of this kind on a page, with the blocks that are merely indented among the commands."""
    text = page.read_text("utf-8")
    found = re.findall(rf"^```{kind}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return [*found, *re.findall(r"(?:^    .*\n)+", text, re.MULTILINE)] if kind == "sh" else found


def commands_in(text: str) -> Iterator[str]:
    """The command lines of panel in a script, whole."""
    for line in text.replace("\\\n", " ").splitlines():
        found = re.match(r"\s*(?:exec |- +|- run: |\d\S* \S+ \S+ \S+ \S+ +)?(panel [a-z].*)", line)
        if found:
            yield re.split(r" \|\|? | >", found[1])[0]


def every_command() -> list[str]:
    """Those of the scripts, the workflow and the blocks of the pages, and what the script for the night is given."""
    found = [line for path in (*SCRIPTS, WORKFLOW) for line in commands_in(path.read_text("utf-8"))]
    given = re.findall(r'set -- (--watch .*) "\$@"', (EXAMPLES / "nightly.sh").read_text("utf-8"))
    for page in PAGES:
        text = page.read_text("utf-8")
        for block in (*fenced(page, "sh"), *fenced(page, "yaml")):
            found += commands_in(re.sub(r"(>-)?\n {6}", " ", block))
        given += re.findall(r"nightly\.sh( -[^`#\n]*)", text)
    return list(dict.fromkeys([*found, *(f"panel rescore catalogue {more.strip()}" for more in given)]))


def every_mention() -> list[str]:
    """Commands that a sentence names, mostly without what must follow."""
    found = [said for page in PAGES for said in re.findall(r"`(panel [a-z][^`…]*)`", page.read_text("utf-8"))]
    return list(dict.fromkeys(found))


def parse(line: str) -> None:
    """As the command line does it; nothing is run."""
    for told, meant in STANDS_FOR.items():
        line = line.replace(told, meant)
    words = [word for word in shlex.split(line, comments=True)[1:] if word != "$@"]
    found: click.Command | None = panel
    while isinstance(found, click.Group) and words:
        found = found.get_command(click.Context(found), words.pop(0))
    assert found is not None, line
    found.make_context("panel", words)


@pytest.mark.parametrize("line", every_command())
def test_every_command_that_is_told_can_be_given(line: str) -> None:
    parse(line)


@pytest.mark.parametrize("line", every_mention())
def test_every_command_that_is_named_exists_with_its_options(line: str) -> None:
    with suppress(click.MissingParameter, click.BadOptionUsage):  # something that must follow is left out
        parse(line)


def test_the_commands_are_found_where_they_stand() -> None:
    """So that none passes by not being looked at."""
    told = every_command()
    assert sum("--summary" in line for line in told) == 3  # the script for the night, GitHub's job and GitLab's
    assert sum("--via batch" in line for line in told) == 2
    assert sum("--watch " in line for line in told) == 2
    assert len(told) >= 15
    assert len(every_mention()) >= 5


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_plain_posix_and_can_be_run(script: Path) -> None:
    assert script.read_text("utf-8").startswith("#!/bin/sh\n")
    assert os.access(script, os.X_OK)
    for checker in ("dash", "sh"):
        if shutil.which(checker):
            assert subprocess.run([checker, "-n", str(script)], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not shutil.which("shellcheck"), reason="shellcheck is not installed")
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_shellcheck_finds_nothing(script: Path) -> None:
    done = subprocess.run(["shellcheck", str(script)], capture_output=True, text=True, check=False)
    assert done.stdout == ""


class TestWorkflow:
    """The job for GitHub Actions. YAML reads the key `on` as true."""

    @pytest.fixture
    def workflow(self) -> Any:
        return yaml.safe_load(WORKFLOW.read_text("utf-8"))

    def test_it_reads_and_is_what_the_page_says(self, workflow: Any) -> None:
        assert set(workflow[True]) == {"pull_request", "push", "schedule", "workflow_dispatch"}
        assert set(workflow["jobs"]) == {"plan", "rescore"}
        assert workflow["permissions"] == {}

    def test_a_secret_is_in_the_one_step_that_asks_and_nowhere_else(self, workflow: Any) -> None:
        steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
        assert [step.get("id") for step in steps if "secrets." in str(step)] == ["rescore"]
        assert all("secrets." not in str(step.get("run", "")) for step in steps)
        assert "secrets." not in str(workflow["env"]) + str([job.get("env") for job in workflow["jobs"].values()])

    def test_a_pull_request_may_only_read_and_gets_no_secret(self, workflow: Any) -> None:
        job = workflow["jobs"]["plan"]
        assert job["permissions"] == {"contents": "read"}
        assert "secrets" not in str(job)
        assert "environment" not in job
        assert "pull_request_target" not in WORKFLOW.read_text("utf-8")
        assert workflow["jobs"]["rescore"]["if"] == "github.event_name != 'pull_request'"

    def test_no_text_from_outside_stands_in_a_script(self, workflow: Any) -> None:
        steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
        assert [step["run"] for step in steps if "${{" in step.get("run", "")] == []
        assert all(step["with"]["persist-credentials"] is False for step in steps if "checkout" in step.get("uses", ""))

    def test_jobs_that_ask_run_one_after_the_other_and_keep_what_they_bought(self, workflow: Any) -> None:
        job = workflow["jobs"]["rescore"]
        assert job["concurrency"] == {"group": "panel-rescore", "cancel-in-progress": False}
        kept = next(step for step in job["steps"] if step.get("name") == "keep the runs")
        assert kept["if"].startswith("always()")

    @pytest.mark.parametrize(
        "script",
        [
            step["run"]
            for job in yaml.safe_load(WORKFLOW.read_text("utf-8"))["jobs"].values()
            for step in job["steps"]
            if "run" in step
        ],
    )
    def test_its_scripts_are_scripts(self, script: str) -> None:
        assert subprocess.run(["sh", "-n"], input=script.encode(), capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not (shutil.which("git") and shutil.which("bash")), reason="git or bash is not installed")
class TestJobs:
    """The steps of the workflow, carried out by `panel` and git on a repository on this disk; `gh` is a stand-in."""

    @pytest.fixture
    def job(self, tmp_path: Path) -> Callable[..., dict[str, int]]:
        tools, origin, seed = tmp_path / "bin", tmp_path / "origin.git", tmp_path / "seed"
        tools.mkdir()
        program(tools / "gh", f'#!/bin/sh\necho "$@" >>"{tmp_path}/gh"\nif [ "$2" = list ]; then echo 0; fi\n')
        program(tools / "panel", f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m panel "$@"\n')
        bare = {"PATH": f"{tools}:{os.environ['PATH']}", "HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1"}
        bare |= {"RUNNER_TEMP": str(tmp_path), "GITHUB_RUN_ID": "7", "GITHUB_REPOSITORY": "acme/reviews"}

        def do(script: str, place: Path, **more: str) -> int:
            done = subprocess.run(["bash", "-e", "-c", script], cwd=place, env=bare | more, check=False, timeout=90)
            return done.returncode

        seed.mkdir()
        write_catalogue(seed)
        begin = f"git init -q -b main . && git add . && git -c user.name=a -c user.email=a@b commit -qm a && \
            git clone -q --bare . {origin}"
        assert do(begin, seed) == 0
        steps = yaml.safe_load(WORKFLOW.read_text("utf-8"))["jobs"]["rescore"]["steps"]
        scripts = {
            step["name"]: step["run"].replace("openai/gpt-6-luna", "offline") for step in steps if "name" in step
        }

        def run(number: int) -> dict[str, int]:
            """The exit code of each step until one fails; each job works in the same place, as on a runner."""
            place, output = tmp_path / "checkout", tmp_path / f"output-{number}"
            assert do(f"git clone -q --depth 1 file://{origin} {place}", tmp_path) == 0
            said = {"PANEL_RUNS": ".panel-runs", "GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": f"{output}.md"}
            codes: dict[str, int] = {}
            for name, script in scripts.items():
                if output.exists():
                    said["CODE"] = output.read_text("utf-8").strip().removeprefix("code=")
                codes[name] = do(script, place, **said)
                if codes[name]:
                    break
            place.rename(tmp_path / f"job-{number}")
            return codes

        return run

    def test_a_second_job_knows_what_the_first_one_bought(
        self, job: Callable[..., dict[str, int]], tmp_path: Path
    ) -> None:
        assert set(job(1).values()) == {0}
        assert set(job(2).values()) == {0}
        first, second = (
            {path.name for path in (tmp_path / f"job-{number}" / ".panel-runs").iterdir() if path.is_dir()}
            for number in (1, 2)
        )
        assert first == second
        assert len(first) == 1

    def test_a_change_that_turns_verdicts_opens_a_pull_request_that_fails(
        self, job: Callable[..., dict[str, int]], tmp_path: Path
    ) -> None:
        job(1)
        assert "state=success" in (tmp_path / "gh").read_text("utf-8")
        shutil.copy(ROOT / "catalogue" / "sqlite.md", tmp_path / "seed" / "catalogue" / "alder.md")
        push = "git add . && git -c user.name=a -c user.email=a@b commit -qm b && git push -q ../origin.git main"
        subprocess.run(["bash", "-e", "-c", push], cwd=tmp_path / "seed", check=True)
        (tmp_path / "gh").unlink()
        assert job(2)["say how it ended"] == 6
        calls = (tmp_path / "gh").read_text("utf-8")
        assert f"pr create --head panel-drift --base main --title Votes that flipped --body-file {tmp_path}/" in calls
        assert "-f state=failure -f context=panel/drift" in calls
        shown = ["git", "-C", str(tmp_path / "origin.git"), "show", "panel-drift:reports/drift.md"]
        assert "alder" in subprocess.run(shown, capture_output=True, text=True, check=True).stdout

    def test_what_is_kept_is_the_runs_and_nothing_else(
        self, job: Callable[..., dict[str, int]], tmp_path: Path
    ) -> None:
        job(1)
        listed = ["git", "-C", str(tmp_path / "origin.git"), "ls-tree", "-r", "--name-only", "panel-runs"]
        names = subprocess.run(listed, capture_output=True, text=True, check=True).stdout.split()
        assert {Path(name).name for name in names} == {
            ".gitignore",
            "run.json",
            "inputs.jsonl",
            "plan.jsonl",
            "replies.jsonl",
            "verdicts.jsonl",
        }

    def test_a_store_that_cannot_be_read_ends_the_job_before_anything_is_asked(
        self, job: Callable[..., dict[str, int]], tmp_path: Path
    ) -> None:
        real = shlex.quote(str(shutil.which("git")))
        program(tmp_path / "bin" / "git", f'#!/bin/sh\nif [ "$1" = ls-remote ]; then exit 128; fi\nexec {real} "$@"\n')
        assert job(1) == {"fetch the runs": 1}


def test_every_block_of_yaml_on_the_pages_reads() -> None:
    blocks = [block for page in PAGES for block in fenced(page, "yaml")]
    assert [sorted(yaml.safe_load(block)) for block in blocks] == [["panel"]]


def test_exit_codes_are_told_in_one_table_and_the_other_page_leads_there() -> None:
    """As `panel --help` tells them; 1 fits nothing that could be told."""
    from panel.cli import EXIT_CODES

    codes = {int(code) for code in re.findall(r"^  (\d+)  ", EXIT_CODES, re.MULTILINE)}
    rows = [re.findall(r"^\| ([\d, ]+) \|", page.read_text("utf-8"), re.MULTILINE) for page in PAGES]
    assert rows[0] == []
    assert codes - {1} <= {int(row) for row in rows[1]} <= codes
    assert "(rescoring.md#how-it-ends)" in PAGES[0].read_text("utf-8")


class Night(NamedTuple):
    """What one night left behind: its exit code, what was said aloud, and the mails as subject, address and text."""

    code: int
    out: str
    err: str
    mails: list[tuple[str, str, str]]


Nights = Callable[..., Night]

MAIL = """#!/bin/sh
number=$(ls "$MAILS" | wc -l)
{ printf '%s\\n' "$2" "$3"; cat; } >"$MAILS/$number"
"""

ENTRY = """---
name: NAME
---
NAME keeps jobs in one file. It was first released in 2019 under the MIT licence, handles 4,000 jobs a second, has
clients in Python and Go, costs $29 per month for 3 users, and backups are taken every 6 hours and kept for 14 days.
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with a catalogue of two tools."""
    folder = tmp_path / "reviews"
    folder.mkdir()
    write_catalogue(folder)
    return folder


def write_catalogue(folder: Path) -> None:
    (folder / "catalogue").mkdir()
    for name in ("Alder", "Beech"):
        (folder / "catalogue" / f"{name.lower()}.md").write_text(ENTRY.replace("NAME", name), "utf-8")


@pytest.fixture
def night(place: Path, tmp_path: Path) -> Nights:
    """Runs a script of the examples in `place`, with our `panel` and a `mail` that keeps what it is given."""
    tools, mails = tmp_path / "bin", tmp_path / "mails"
    tools.mkdir()
    mails.mkdir()
    program(tools / "mail", MAIL)
    program(tools / "panel", f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m panel "$@"\n')
    bare = {"PATH": f"{tools}:{os.environ['PATH']}", "HOME": str(tmp_path), "MAILS": str(mails)}

    def run(*words: str, script: str = "nightly.sh", **settings: str) -> Night:
        said = {f"NIGHTLY_{name.upper()}": value for name, value in ({"to": "editors@example.org"} | settings).items()}
        environment = bare | said | {"NIGHTLY_FOLDER": str(place)}
        done = subprocess.run(
            [str(EXAMPLES / script), *words], env=environment, capture_output=True, text=True, check=False, timeout=90
        )
        sent = [path.read_text("utf-8").split("\n", 2) for path in sorted(mails.iterdir())]
        for path in mails.iterdir():
            path.unlink()
        return Night(done.returncode, done.stdout, done.stderr, [(one[0], one[1], one[2]) for one in sent])

    return run


def program(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")
    path.chmod(0o755)


def stub(tmp_path: Path, code: int, summary: str = "", drift: str = "The report\n") -> None:
    """A `panel` that ends with this code and writes these files."""
    program(
        tmp_path / "bin" / "panel",
        f"""#!/bin/sh
        echo "$@" >>"{tmp_path}/asked"
        echo "key: ${{OPENAI_API_KEY-none}}"
        echo "panel: what went wrong" >&2
        while [ $# -gt 1 ]; do
          case $1 in
            --summary) printf '%s' {shlex.quote(summary)} >"$2" ;;
            --drift) printf '%s' {shlex.quote(drift)} >"$2" ;;
          esac
          shift
        done
        exit {code}
        """,
    )


def asked(tmp_path: Path) -> list[str]:
    """What the stand-in was called with."""
    calls = tmp_path / "asked"
    return calls.read_text("utf-8").splitlines() if calls.exists() else []


class TestNights:
    def test_the_first_night_asks_everything_and_mails_the_summary(self, night: Nights, place: Path) -> None:
        """For real, by the offline rubric: no key, no network."""
        done = night()
        assert (done.code, done.out, done.err) == (0, "", "")
        [(subject, to, text)] = done.mails
        assert (subject, to) == ("panel: up to date", "editors@example.org")
        assert re.search(r"^Run [0-9a-f-]+: complete$", text, re.MULTILINE)
        assert "8 seats: 8 scored, 0 abstained, 0 stored before, 0 open" in text
        assert len(list((place / "logs").glob("*.log"))) == 1

    def test_a_night_with_nothing_stale_makes_no_run_and_no_mail(self, night: Nights, place: Path) -> None:
        night()
        runs = {path.name for path in (place / "runs").iterdir() if path.is_dir()}
        done = night()
        assert (done.code, done.mails) == (0, [])
        assert {path.name for path in (place / "runs").iterdir() if path.is_dir()} == runs

    def test_a_night_on_which_verdicts_turn_mails_the_drift_and_ends_with_6(self, night: Nights, place: Path) -> None:
        night()
        shutil.copy(ROOT / "catalogue" / "sqlite.md", place / "catalogue" / "alder.md")  # a far better one
        done = night(flips="0")
        assert done.code == 6
        [(subject, _, text)] = done.mails
        assert subject == "panel: more drift than allowed"
        assert "\nDrift\n-----\n" in text
        assert "Votes that flipped\n---" in text
        assert "alder" in text
        assert "First flips" not in text  # the report lists them all

    def test_mails_are_plain_text(self, night: Nights, place: Path) -> None:
        night()
        shutil.copy(ROOT / "catalogue" / "sqlite.md", place / "catalogue" / "alder.md")
        [(_, _, text)] = night(flips="0").mails
        assert not re.search(r"^#|^\||\\[-$>]", text, re.MULTILINE)
        summary = max((place / "logs").glob("*.summary.txt")).read_text("utf-8")  # named after the second it began in
        assert "First flips\n-----------\n\ntool" in summary

    def test_a_broken_entry_is_mailed_with_its_file_and_the_others_are_asked(self, night: Nights, place: Path) -> None:
        (place / "catalogue" / "broken.yaml").write_text("name: [\n", "utf-8")
        done = night()
        assert done.code == 3
        [(subject, _, text)] = done.mails
        assert subject == "panel: entries that cannot be used"
        assert "8 seats: 8 scored" in text
        assert "left out: catalogue/broken.yaml, line 2" in text

    def test_a_catalogue_that_is_not_there_is_mailed_as_a_failure(self, night: Nights) -> None:
        done = night(catalogue="no-such-folder")
        assert done.code in (2, 3, 4)
        assert "no-such-folder" in done.mails[0][2]

    def test_a_night_keeps_the_list_of_what_hangs_on_little(self, night: Nights, place: Path) -> None:
        night()
        assert (place / "watch.txt").read_text("utf-8").startswith("# Tools whose verdict in run ")


class TestWeeks:
    @pytest.mark.parametrize("options", [["--watch", "watch.txt"], ["--category", "Queues"], ["--category=Queues"]])
    def test_a_night_over_a_part_of_the_catalogue_leaves_the_list_as_it_is(
        self, night: Nights, tmp_path: Path, options: list[str]
    ) -> None:
        stub(tmp_path, 0, "Run")
        night(*options)
        assert [line.split()[0] for line in asked(tmp_path)] == ["rescore"]

    def test_the_week_script_asks_what_hangs_on_little_five_times(
        self, night: Nights, place: Path, tmp_path: Path
    ) -> None:
        stub(tmp_path, 0, "Run")
        (place / "watch.txt").write_text("# a comment\nalder  # builder: 61\n", "utf-8")
        assert night(script="weekly.sh").code == 0
        [line] = asked(tmp_path)
        assert line.startswith("rescore catalogue ")
        assert line.endswith(" --watch watch.txt --repeats 5")

    @pytest.mark.parametrize(
        ("options", "name"),
        [
            ([], "watch.txt"),
            (["--model", "openai/gpt-6-luna", "--via", "batch"], "watch-openai-gpt-6-luna.txt"),
            (["-m", "a b", "--model=c/d"], "watch-a-b-c-d.txt"),
        ],
    )
    def test_each_model_has_a_list_of_its_own_in_the_night_and_in_the_week(
        self, night: Nights, place: Path, tmp_path: Path, options: list[str], name: str
    ) -> None:
        stub(tmp_path, 0, "Run")
        night(*options)
        assert f"--straddling {name}" in asked(tmp_path)[-1]
        (place / name).write_text("alder\n", "utf-8")
        night(*options, script="weekly.sh")
        assert asked(tmp_path)[-1].endswith(" ".join(["", "--watch", name, "--repeats", "5", *options]))

    def test_a_week_of_another_model_than_the_nights_says_so_aloud(
        self, night: Nights, place: Path, tmp_path: Path
    ) -> None:
        stub(tmp_path, 0, "Run")
        (place / "watch-a.txt").write_text("alder\n", "utf-8")
        done = night(script="weekly.sh")
        assert (done.code, asked(tmp_path), "give both the same --model" in done.err) == (2, [], True)

    def test_a_week_in_which_nothing_hangs_on_little_asks_nothing(
        self, night: Nights, place: Path, tmp_path: Path
    ) -> None:
        stub(tmp_path, 0, "Run")
        (place / "watch.txt").write_text("# Tools whose verdict in run 1 straddles the line.\n", "utf-8")
        assert night(script="weekly.sh").code == 0
        assert asked(tmp_path) == []


class TestCodes:
    """What the script does about each exit code, with a stand-in for panel."""

    @pytest.mark.parametrize(
        ("code", "summary", "subject"),
        [
            (0, "Run", "panel: up to date"),
            (3, "Run", "panel: entries that cannot be used"),
            (3, "", "panel: entries that cannot be used"),
            (5, "Run", "panel: not finished, goes on the next time"),
            (5, "", "panel: could not ask"),
            (6, "Run", "panel: more drift than allowed"),
            (1, "", "panel: failed with code 1"),
            (2, "", "panel: failed with code 2"),
            (4, "", "panel: failed with code 4"),
        ],
    )
    def test_it_is_mailed_under_its_own_subject_and_handed_on(
        self, night: Nights, tmp_path: Path, code: int, summary: str, subject: str
    ) -> None:
        stub(tmp_path, code, summary)
        done = night()
        assert done.code == code
        assert [mail[0] for mail in done.mails] == [subject]
        text = done.mails[0][2]
        assert text.startswith(summary)
        assert ("The report" in text) == (code == 6)
        if not summary:
            assert "panel: what went wrong" in text

    @pytest.mark.parametrize("code", [130, 143])
    def test_of_what_somebody_stopped_there_is_no_mail(self, night: Nights, tmp_path: Path, code: int) -> None:
        stub(tmp_path, code)
        assert night()[::3] == (code, [])

    def test_its_own_options_are_handed_on(self, night: Nights, tmp_path: Path) -> None:
        stub(tmp_path, 5, "Run")
        night("--via", "batch", "--detach", max_cost="20", flips="2%")
        words = asked(tmp_path)[0].split()
        assert words[:4] == ["rescore", "catalogue", "--max-cost", "20"]
        assert words[-5:] == ["--fail-on-flips", "2%", "--via", "batch", "--detach"]

    def test_without_an_address_it_prints_so_that_cron_mails_it(self, night: Nights, tmp_path: Path) -> None:
        stub(tmp_path, 0, "Run\n")
        assert night(to="") == (0, "panel: up to date\n\nRun\n", "", [])

    def test_keys_are_read_for_panel_alone(self, night: Nights, place: Path, tmp_path: Path) -> None:
        keys = tmp_path / "keys"
        keys.write_text("OPENAI_API_KEY=abc\n", "utf-8")
        stub(tmp_path, 0, "Run")
        program(tmp_path / "bin" / "mail", MAIL + 'echo "mail: ${OPENAI_API_KEY-none}" >>"$MAILS/$number"\n')
        done = night(keys=str(keys))
        assert "key: abc" in next((place / "logs").glob("*.log")).read_text("utf-8")
        assert done.mails[0][2].endswith("mail: none\n")

    def test_a_mail_that_cannot_be_sent_is_said_aloud(self, night: Nights, tmp_path: Path) -> None:
        stub(tmp_path, 0, "Run")
        program(tmp_path / "bin" / "mail", "#!/bin/sh\nexit 1\n")
        done = night()
        assert done.code == 0
        assert "no mail could be sent" in done.err

    def test_old_logs_go_and_everything_else_stays(self, night: Nights, place: Path, tmp_path: Path) -> None:
        stub(tmp_path, 0)
        logs = place / "logs"
        logs.mkdir()
        for name in ("2026-01-01-021500.log", "2026-01-01-021500.summary.txt", "notes.md"):
            (logs / name).write_text("old", "utf-8")
            os.utime(logs / name, (1, 1))
        night()
        left = {path.name for path in logs.iterdir()}
        assert "notes.md" in left
        assert not any(name.startswith("2026-01-01") for name in left)

    @pytest.mark.skipif(not shutil.which("flock"), reason="flock is not installed")
    def test_a_second_night_does_not_begin_while_the_first_is_at_work(
        self, night: Nights, place: Path, tmp_path: Path
    ) -> None:
        stub(tmp_path, 0, "Run")
        (place / "logs").mkdir()
        with (place / "logs" / "lock").open("w") as lock:
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX)
            done = night()
        assert (done.code, done.mails) == (0, [])
        assert "the one before is still at work" in done.err
        assert asked(tmp_path) == []
        assert night().mails
