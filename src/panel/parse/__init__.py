"""Reply to Verdict: pure and total. No text, however broken, raises; nothing unreadable becomes a number (law 4).

    from panel.parse import parse
    verdict = parse(reply, prompt, persona)     # Scored, or Abstained with a reason from the closed list
    fault = fault_of(verdict)                   # of an Abstained: what to tell the model when it is asked again

    Reply.text ─ scan ─ thinking ─ candidates (decode, shape, placeholders) ─ reading ─ checks, steering ─▶ Verdict

The reasons, flags and notes are told in docs/abstentions.md.
"""

from panel.parse.faults import fault_of
from panel.parse.verdicts import parse

PARSER = "parse-1"
"""Which reading this is. Raised with every change by which a stored reply could come to another verdict, so that what
was read before is read again; that costs nothing."""

__all__ = ["PARSER", "fault_of", "parse"]
