"""Skeleton: a file to begin a persona with. It loads as it is; the linter names what is still to be filled in."""

from __future__ import annotations

import json
from collections.abc import Iterator

from panel.authored import Where, check, parse_yaml
from panel.errors import InputError, UsageError
from panel.personas.loading import EXPECTED, LEXICON
from panel.records.persona import Persona

FILL_IN = "Fill in:"
"""How a text begins that nobody has written yet."""

_HEAD = """\
# A persona is who is asked. Any text may be in any language; `panel personas lint` checks the file.
# The id names the persona in commands and in stored runs: keep it, even if you change the name.
id: {id}
name: {name}
motto: "{fill} the question this persona always asks, in a few words"

# Who it is and what it looks for, said to it as "you". At least 40 words. Ask for moves, never for a fixed opening.
brief: >-
  {fill} who you are, what you look for first, what makes you trust a tool and what makes you walk away from it.

# How it writes.
voice: >-
  {fill} sentence length, vocabulary, temper.

# What it must answer in a short note each: one to eight questions, four serve best.
questions:
"""
_QUESTION = """\
  - id: question_{n}
    asks: "{fill} question {n}, answered from the description of the tool"
"""
_CRITERIA = """\

# What it scores from 0 to 10, where 10 is always best for whoever adopts the tool. Four criteria.
# The anchors say what 0-3, 4-6 and 7-10 look like; a bad product must be able to reach the low one.
criteria:
"""
_CRITERION = """\
  - id: criterion_{n}
    name: "{fill} name of criterion {n}"
    asks: "{fill} what criterion {n} means, as a question"
    anchors:
      low: "{fill} what a poor tool shows for criterion {n}"
      middle: "{fill} what an ordinary tool shows for criterion {n}"
      high: "{fill} what an excellent tool shows for criterion {n}"
"""
_TAIL = """\

# What it is glad to see, and what it has seen too often: short noun phrases.
excited_by:
  - "{fill} something it is glad to see"
tired_of:
  - "{fill} something it has seen too often"

# Words and phrases it never writes. The brief and the anchors must do without them too.
never_writes:
  - game changer

predicts: false   # true: it may end with a prediction that has a date
votes: false      # true once it is filled in: it sits and counts; false: it is asked only when named

# The offline rubric needs `signals:` to sit for this persona; models do not. See docs/personas.md.
"""


def new_text(id: str, name: str) -> str:
    """The file of a new persona, to be saved as `<id>.yaml`; raises UsageError where `id` or `name` cannot be one."""
    quoted = {key: json.dumps(text, ensure_ascii=False) for key, text in (("id", id), ("name", name))}
    text = "".join(
        [
            _HEAD.format(**quoted, fill=FILL_IN),
            *(_QUESTION.format(n=n, fill=FILL_IN) for n in range(1, 5)),
            _CRITERIA,
            *(_CRITERION.format(n=n, fill=FILL_IN) for n in range(1, 5)),
            _TAIL.format(fill=FILL_IN),
        ]
    )
    _refuse_unusable(text, id)
    return text


def texts(value: object, where: Where = ()) -> Iterator[tuple[Where, str]]:
    """Every text of a persona given as plain values, with its place; signals are no text for readers."""
    if isinstance(value, str):
        yield where, value
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        if (*where, key) != ("signals",):
            yield from texts(part, (*where, key))


def blanks(value: object) -> Iterator[Where]:
    """The places, in order, whose texts nobody has written yet."""
    return (where for where, text in texts(value) if text.startswith(FILL_IN))


def _refuse_unusable(text: str, id: str) -> None:
    try:
        _, faults = check(Persona, parse_yaml(text, "the new persona"), EXPECTED)
    except InputError as error:
        faults = [error]
    if faults:
        raise UsageError(f"{faults[0].message}.", hint=faults[0].hint)
    if f"{id}.yaml" == LEXICON:
        raise UsageError(f"{LEXICON} is the file of the shared signals.", hint="Choose another id.")
