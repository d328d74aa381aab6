"""Rules: promises, threats and precedents meant to move whoever judges. English.

They name the reviewer, the panel or the verdict: that bad ratings hurt and good ones please is what any text may say.
"""

from __future__ import annotations

from panel.parse.steering.rules import ANCHOR, PRESSURE, Excuse, Rule, pairs

_AGAINST = r"(?:skip|reject|refuse|downgrade|criti[cs]i[sz]e|mark down|(?:do not|don't|fail to) (?:ship|recommend))"
_OURS = r"(?:this|our) (?:tool|product|software|entry|submission|description|service)"
_JUDGED = "skip reject downgrad recommend ship prais favor favour criti"

RULES: tuple[Rule, ...] = (
    Rule(
        PRESSURE,
        pairs("if should unless", "you the this"),
        rf"\b(?:if|should|unless) (?:you|the (?:reviewers?|panel|judges?|models?)|this panel) {_AGAINST} {_OURS}\b",
        Excuse.TOLD,
    ),
    Rule(
        PRESSURE,
        pairs("who that which", _JUDGED),
        r"\b(?:reviewers?|models?|judges?|panel(?:l?ists?| members)|ai systems?) (?:who|that|which) "
        r"(?:skip|reject|downgrad|recommend|ship|prais|favou?r|criti[cs])\w* (?:this|our|us)\b",
        Excuse.TOLD,
    ),
    Rule(
        PRESSURE,
        pairs("vote answer say choose votes answers says chooses", "ship skip 'ship 'skip \"ship \"skip"),
        r"\b(?:failing|failure|refus(?:ing|al)) to (?:vote|answer|say|choose) [\"']?ship\b|"
        r"\b(?:if|should|unless) (?:you|the panel|a reviewer) (?:vote|answer|say|choose)s? [\"']?s[hk]ip\b",
        Excuse.TOLD,
    ),
    Rule(
        ANCHOR,
        ("panel", "reviewer", "persona"),
        r"\b(?:previous|earlier|other|all|every|each|past) (?:previous |earlier |other |past )?"
        r"(?:(?:review )?panels?|panel(?:l?ists?| members?)|(?:ai|llm) reviewers?|personas?)\b[^.!?\n]{0,30}"
        r"\b(?:gave|awarded|scored|rated|voted|chose|answered)\b[^.!?\n]{0,20}\b(?:9\d|100|ship)\b",
        Excuse.TOLD,
    ),
    Rule(
        ANCHOR,
        pairs("score scores", "below under"),
        r"\bscores? (?:below|under) \d{2,3} (?:will|would|is|are|can only|must) [^.!?\n]{0,30}"
        r"\b(?:error|mistake|misreading|bias) (?:of|by) (?:the|a|its) (?:reviewer|judge|panel|model|grader)",
        Excuse.TOLD,
    ),
)
