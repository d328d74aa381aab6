"""Borrowed experience (law 8): a reviewer that has used nothing must not write as if it had.

Finds a first person together with a verb of use in the past ("we ran", "when I tried"), or its own trials ("in our
benchmarks"). Others may test: "you can test it", "teams that tested it" and the vendor's own words in quote marks are
no claim of ours. Nor is reading: "I found no price" stays silent.
"""

from __future__ import annotations

import re
from functools import cache

_ADVERBS = r"(?:(?:also|personally|actually|recently|just|first|then|even|quickly|briefly|already|both|\w+ly) ){0,2}"
_DID = (
    r"(?:tested|tried(?! to (?:find|locate|see|read))|benchmarked|deployed|installed|measured|profiled|timed|"
    r"migrated|trialled|trialed|piloted|ran|"
    r"stress-tested|load-tested|experimented|played with|worked with|spun up|set (?:it|this) up|hit (?:a|the|an)|"
    r"put (?:it|this) through|reproduced|shipped|integrated)"
)
_USED = (
    r"(?:used|run|built|evaluated|adopted|bought|operated)"
    r"(?! (?:by|the (?:description|text|data|page|sources?|fields?|listing|evidence)))"
)
_OWN = (
    r"(?:tests?|testing|benchmarks?|benchmarking|trials?|experiments?|measurements?|deployments?|hands-on|pilots?|"
    r"experience|workloads?|clusters?|laptop|machines?|set-?up|evaluation runs?|load tests?)"
)
_SPAN = (
    r"(?:an? |\d+ |one |two |three |four |several |some |many |a few |a couple of )(?:hours?|days?|weeks?|"
    r"months?|years?|nights?)"
)
_TRIAL = r"(?:testing|tests|use|usage|time|trials?|experience|evaluation|work|experiments?|benchmarks?)"


_FIRST_PERSON = (
    r"\b(?:i|we|my|our|myself|ourselves|hands-on|ich|wir|meine[nm]|unsere[nm]|j'ai|nous|nos|mes|he|hemos|mis|nuestras|"
    r"after (?:using|testing|running|trying))\b"
)
"""One of these stands in every claim; most texts hold none, and the patterns are then never compiled."""
_WORD = re.compile(r"\w+")
_CUES = frozenset(
    {"i", "we", "my", "our", "myself", "ourselves", "hands", "after", "ich", "wir", "meinen", "meinem", "unseren"}
    | {"unserem", "j", "nous", "nos", "mes", "he", "hemos", "mis", "nuestras"}
)
"""The first words of `_FIRST_PERSON`: looking words up in a set is ten times faster than the pattern."""


def may_claim(text: str) -> bool:
    """Whether a text normalised by `straight` can hold a claim at all; cheap."""
    if _CUES.isdisjoint(_WORD.findall(text.lower())):
        return False
    return re.search(_FIRST_PERSON, text, re.IGNORECASE) is not None


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    wholes = (
        rf"(?<!if )\b(?:i|we)(?:'ve| have|'d| had)? {_ADVERBS}{_DID}\b",
        rf"\b(?:i|we)(?:'ve| have|'d| had) {_ADVERBS}{_USED}\b",
        r"(?<!if )\b(?:i|we) (?:used|built|adopted|bought|operated)(?= (?:it|this|that|with|on|for|in)\b)",
        r"(?<!if )(?<!before )(?<!should )(?<!can )(?<!could )(?<!would )\b(?:i|we) (?:use|run|deploy) (?:it|"
        r"this) (?:in|on|for|at|with|every|daily)\b",
        rf"\b(?:in|from|during|on|after|through|with|by) (?:my|our) (?:own |recent |internal |early |local )?{_OWN}\b",
        r"\b(?:my|our) (?:own |internal |local )?(?:tests?|testing|benchmarks?|trials?|experiments?|"
        r"measurements?) (?:show|shows|showed|suggest|suggests|suggested|confirm|confirms|confirmed|found|find|put|"
        r"gave|revealed)\b",
        rf"\b(?:in|from|during|after|with|through) (?:(?:some|brief|extensive|a (?:bit|week|day|month|"
        rf"few \w+) of) )?hands-on {_TRIAL}\b",
        r"\b(?:my|our) hands-on\b",
        r"\b(?:after|having) (?:using|tried|testing|tested|running|used|deployed|run) (?:it|this|them) "
        r"(?:myself|ourselves)\b",
        rf"\bafter (?:using|testing|running|trying) (?:it|this|them) (?:for|over) {_SPAN}",
        r"\bwhen (?:i|we) (?:tried|tested|ran|used|installed|deployed|built)\b",
        r"\b(?:ich habe|wir haben)\b[^.!?]{0,60}\b(?:getestet|ausprobiert|gemessen|eingesetzt|installiert|verwendet)\b",
        r"\bin (?:meinen|unseren|meinem|unserem) (?:tests?|versuchen?|benchmarks?|messungen)\b",
        r"\b(?:j'ai|nous avons) (?:testé|essayé|mesuré|utilisé|déployé|installé)\b|\b(?:dans|lors de) (?:nos|"
        r"mes) (?:tests|essais)\b",
        r"\b(?:he|hemos) (?:probado|usado|medido|instalado|desplegado)\b|\ben (?:nuestras|mis) pruebas\b",
    )
    return tuple(re.compile(whole, re.IGNORECASE) for whole in wholes)


def borrowed(text: str) -> tuple[str, ...]:
    """The claims of own experience in a text normalised by `straight`, in its words and order; overlaps once."""
    if not may_claim(text):
        return ()
    matches = [match for pattern in _patterns() for match in pattern.finditer(text)]
    kept: list[re.Match[str]] = []
    for match in sorted(matches, key=lambda match: (match.start(), -match.end())):
        if not kept or match.start() >= kept[-1].end():
            kept.append(match)
    return tuple(match.group() for match in kept)
