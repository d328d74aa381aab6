"""States: what a provider says of a batch, read into a JobState. Pure; what is odd counts as not said.

A status that is not known counts as running: whoever waits goes on waiting, and nothing is given up that may yet come.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from panel.clients.batches.base import PART, RUN
from panel.clients.fields import count, mapping
from panel.clients.keys import Scrub
from panel.errors import SeatFailed
from panel.records.base import ValidationError
from panel.records.batch import JobState, Phase
from panel.records.reply import utc

OUTPUT = "output file"

_MOST_PROBLEMS = 20
_LONGEST_RUN = 100
_LATEST_S = 10**11


class Seen(NamedTuple):
    """A batch as met: its state, the files that it left (what each is, and its id), and when it ended."""

    state: JobState
    files: tuple[tuple[str, str], ...] = ()
    ended_at: dt.datetime | None = None

    @property
    def may_hold_more(self) -> bool:
        """Whether there may be rows beside those in its files."""
        return OUTPUT not in dict(self.files) and (self.state.done != 0 or not self.files)

    @property
    def lacks_answers(self) -> bool:
        """Whether answers are counted, or must be there, and no file is named that holds any."""
        state = self.state
        silent = state.phase is Phase.DONE and not self.files and (state.failed or 0) < (state.total or 1)
        return OUTPUT not in dict(self.files) and (bool(state.done) or silent)

    @property
    def took_s(self) -> float:
        """Seconds from its creation to its end; 0 where either is not known."""
        begun = self.state.created_at
        return max(0.0, (self.ended_at - begun).total_seconds()) if begun and self.ended_at else 0.0


def seen(
    name: str,
    body: Mapping[str, Any],
    phases: Mapping[str, Phase],
    scrub: Scrub,
    *,
    counts: tuple[Any, Any, Any],
    files: tuple[Any, Any],
    ends: Iterable[Any],
    problems: Iterable[str],
) -> Seen:
    """A batch in this body; `counts` are total, done and failed, `files` those of output and of errors.

    Raises `SeatFailed` where it holds no usable id.
    """
    status = body.get("status")
    phase = phases.get(status) if isinstance(status, str) else None
    said = [] if phase else [f"its status is {status!r}, which is not known here"]
    total, done, failed = map(count, counts)
    run, part = named(body)
    job = body.get("id")
    try:
        state = JobState.model_validate(
            {
                "job": job if isinstance(job, str) and without_key(job, scrub) else None,
                "phase": phase or Phase.RUNNING,
                "total": total,
                "done": done,
                "failed": failed,
                "created_at": moment(body.get("created_at")),
                "run": scrub(run, _LONGEST_RUN) if run else None,
                "part": part,
                "problems": _told([*said, *problems], scrub),
            }
        )
    except ValidationError:
        raise no_batch(name, scrub(body.get("id"), 60)) from None
    ended_at = next(filter(None, map(moment, ends)), None)
    named_files = zip((OUTPUT, "error file"), files, strict=True)
    return Seen(state, tuple((what, file) for what, file in named_files if isinstance(file, str) and file), ended_at)


def _told(problems: list[str], scrub: Scrub) -> tuple[str, ...]:
    told = [scrub(problem) for problem in problems[:_MOST_PROBLEMS]]
    left = len(problems) - len(told)
    return (*told, f"and {left:,} more") if left else tuple(told)


def named(body: Mapping[str, Any]) -> tuple[str | None, int | None]:
    """The run and the part that a batch's metadata names."""
    said = mapping(body.get("metadata"))
    run, part = said.get(RUN), said.get(PART)
    if isinstance(part, str) and part.isascii() and part.isdigit() and len(part) < 10:
        part = int(part)  # ours is sent as text; a provider may give it back as the number that it is
    number = count(part)
    return (run if isinstance(run, str) and len(run) <= _LONGEST_RUN else None), number


def without_key(text: str, scrub: Scrub) -> bool:
    """Whether an id can be stored: it may spell the key with escapes, which are gone once the body is read."""
    raw = text.encode("utf-8", "surrogatepass")
    return scrub.content(raw) == raw


def moment(value: Any) -> dt.datetime | None:
    """A moment in seconds since 1970."""
    whole = count(value)
    return utc(whole) if whole is not None and 0 < whole < _LATEST_S else None


def no_batch(name: str, shown: str) -> SeatFailed:
    """Something that should be a batch has an id that no provider gives."""
    return SeatFailed(
        f"{name}: the provider gave a batch an id that cannot be one ({shown or 'none'}).",
        hint="Give the same command again; if it stays so, check that base_url is an API's.",
        code="not_json",
        billed=True,
    )
