"""The faces of a drift report: terminal, Markdown and JSON. The first two are set from one list of sections, so that
both tell the same facts; text from outside is cleaned for both and escaped for Markdown. JSON is the record itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from panel.errors import UsageError
from panel.records.drift import Drift
from panel.render import safe
from panel.render.drift_sections import Section, sections

FORMS = ("terminal", "markdown", "json")
WIDTH = 100


def render(drift: Drift, form: str, *, width: int | None = None, colour: bool = False, most: int = 20) -> str:
    """The report in one of `FORMS`, ending in a line feed; lists are cut at `most` items, and say so, but in JSON.

    Raises UsageError for another form.
    """
    if form == "json":
        return safe.escaped(drift.model_dump_json(indent=2)) + "\n"
    faces: dict[str, Callable[[Sequence[Section]], str]] = {
        "terminal": lambda found: _terminal(found, WIDTH if width is None else width, colour),
        "markdown": _markdown,
    }
    if form not in faces:
        raise UsageError(f"a drift report has no form {form!r}.", hint=f"Choose one of: {', '.join(FORMS)}.")
    return faces[form](sections(safe.plain(drift), most))


def _terminal(found: Sequence[Section], width: int, colour: bool) -> str:
    from panel.render.layout import Page, styled

    page = Page(width, colour=colour)
    for number, section in enumerate(found):
        if number:
            page.heading(section.heading)
        else:
            page.text((section.heading, "bold"))
            page.rule("=")
        for text in section.texts:
            page.text((text, "yellow") if section.loud else text)
        if section.rows:
            page.table(section.header, [[styled(cell) for cell in row] for row in section.rows], whole=True)
        if section.items:
            page.items(section.items)
        if section.rest:
            page.text((section.rest, "dim"))
    page.fit_rules()
    return str(page)


def _markdown(found: Sequence[Section]) -> str:
    from panel.render.markdown import bullets, escape, table

    blocks = []
    for number, section in enumerate(found):
        blocks.append(f"{'##' if number else '#'} {escape(section.heading)}")
        blocks += [f"**{escape(text)}**" if section.loud else escape(text) for text in section.texts]
        if section.rows:
            blocks.append(table(section.header, section.rows))
        if section.items:
            blocks.append(bullets(section.items))
        if section.rest:
            blocks.append(escape(section.rest))
    return "\n\n".join(blocks) + "\n"
