"""The one door of jinja2 for pages: the environments that fill the templates of this package.

In goes a template's name and its values, out comes text. An undefined name is an error, HTML is escaped by default,
Markdown by a `finalize` that every printed value passes; no template can forget to.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from panel.records.scale import SCALE
from panel.render import lists, phrases, words
from panel.render.safe import host, paragraphs, web_address

FOLDER = Path(__file__).parent / "templates"


@cache
def environment(*, autoescape: bool, finalize: Callable[[Any], Any] | None = None) -> Environment:
    """An environment over this package's templates; `finalize` is applied to every value before it is printed."""
    made = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=autoescape,  # noqa: S701 - on for HTML; Markdown escapes in `finalize`
        finalize=finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
        optimized=False,  # constant folding costs more here than it saves
    )
    made.policies["json.dumps_kwargs"] = {"sort_keys": False}
    made.filters["capital"] = words.capital
    made.globals |= {
        "say": phrases,
        "lists": lists,
        "words": words,
        "scale": SCALE,
        "paragraphs": paragraphs,
        "web_address": web_address,
        "host": host,
    }
    return made
