"""Rules: orders to whoever judges, text that addresses them, claims of authority, roles handed out. English."""

from __future__ import annotations

from panel.parse.steering.rules import (
    AI,
    AUTHORITY,
    JUDGES,
    LINE,
    MODELS,
    OPENS,
    ORDER,
    PEOPLE,
    PRAISE,
    ROLE,
    SPEAKS,
    Excuse,
    Rule,
    pairs,
)

_IGNORE = rf"{OPENS}(?:ignore|disregard|forget)"
_EARLIER = r"(?:previous|prior|preceding|earlier|above|foregoing)"
_YOURS = rf"(?:your|{_EARLIER}|existing|original|former|initial|system|other)"
_WORDS = r"(?:instructions?|prompts?|directions?|directives?|guidelines?)"
_RULES = r"(?:orders|commands|rules|criteria|rubric|constraints)"
_FILL = r"(?:(?:all|any|every|of|the|these|those|my|our|and|or) ){0,4}"
_FAULTS = (
    r"(?:weakness(?:es)?|drawbacks?|downsides?|limits?|limitations?|negatives?|flaws?|shortcomings?|disadvantages?)"
)
_OFFICE = r"(?:editor(?:-in-chief)?|administrator|moderator|operator|panel (?:chair|organi[sz]er|operator|lead))"
_SENDER = r"(?:editors?|administrators?|admin|moderator|operator|system|openai|anthropic|developers? of this panel)"
_ROLES = (
    r"(?:reviewer|judge|critic|editor|fan|evangelist|enthusiast|salesperson|marketer|employee|advocate|dan|assistant|"
    r"unrestricted|unfiltered|s[kc]eptic)"
)

_AS_AI = tuple(f"as {pair}" for pair in pairs("a an the", "ai llm large language automated"))
_ACTS = "act behave respond write speak roleplay role-play pose"
_MESSAGES = "message note instruction instructions notice directive order orders"
_OFFICES = "system developer admin administrator editor editorial panel"

RULES: tuple[Rule, ...] = (
    Rule(
        ORDER,
        ("ignor", "disregard", "forget"),
        rf"{_IGNORE} {_FILL}(?:{_YOURS}(?: (?:of|the|and|or|\w+)){{0,3}}? {_WORDS}|your (?:\w+ ){{0,2}}?{_RULES})\b|"
        rf"{_IGNORE} all (?:of )?(?:the )?{_EARLIER} {_RULES}\b",
        Excuse.TOLD,
    ),
    Rule(
        ORDER,
        ("ignor", "disregard", "forget"),
        rf"{_IGNORE} (?:everything|anything|all|what(?:ever)?)(?: that)?(?: was| is| has been| you)? "
        r"(?:above(?! \d)|before|said|told|written|so far|you(?:'ve| have| were)?|been told|know|learned|learnt)\b",
        Excuse.TOLD,
    ),
    Rule(
        ORDER,
        ("overrid", "overrul", "bypass", "discard", "follow"),
        rf"{OPENS}(?:override|overrule|bypass|discard|do not follow|don't follow|stop following) "
        rf"(?:(?:all|any|of|the|and|or) ){{0,3}}(?:your|{_EARLIER})(?: \w+){{0,2}}? {_WORDS}\b",
        Excuse.TOLD,
    ),
    Rule(
        ORDER,
        ("do not", "don't", "never", "omit"),
        rf"{OPENS}(?:(?:do not|don't|never) (?:mention|list|report|write about|criti[cs]i[sz]e|discuss|include|"
        r"point out)|omit) "
        rf"(?:any |the |its |our |an? ){{1,2}}(?:\w+ ){{0,2}}?{_FAULTS}\b",
    ),
    Rule(
        ORDER,
        ("review", "verdict", "evaluation", "assessment", " rating"),
        rf"{OPENS}(?:write|produce|give|leave|post|return|output) (?:(?:only|us|it|this|the|tool|a|an|very) ){{0,4}}"
        rf"{PRAISE} (?:review|verdict|evaluation|assessment|rating)s?\b",
    ),
    Rule(
        ORDER,
        pairs("recommend endorse praise favor favour", "this it us our the"),
        r"\byou (?:must|should|will|have to|are (?:required|instructed) to) (?:\w+ )?"
        r"(?:recommend|endorse|praise|favou?r) (?:this|it|us|our|the)\b",
    ),
    Rule(
        ORDER,
        ("steering", "doubt", "concerns", "not_stated", "walk_away_if"),
        rf"{OPENS}(?:leave|keep|set|make|put) (?:the |your )?(?:steering|doubt|concerns|not_stated|walk_away_if)"
        r"(?: field| key| list)?(?: to| as| at)? (?:null|none|empty|blank|unset)\b",
    ),
    Rule(
        ORDER,
        pairs("start begin open end finish close conclude", "your"),
        rf"{OPENS}(?:start|begin|open|end|finish|close|conclude) your (?:\w+ )?"
        r"(?:review|verdict|assessment|evaluation)s? (?:with|by)\b",
    ),
    Rule(
        ORDER,
        ("following", "these", "this", "exact"),
        rf"{OPENS}(?:append|add|insert|include|embed|attach|copy|paste|repeat|put) (?:\w+ ){{0,3}}?"
        r"(?:following|this|these|exact) (?:\w+ ){0,2}?"
        r"(?:image|link|sentence|phrase|text|words?|line|paragraph|markdown|html|badge|url|address)s? "
        r"(?:\w+ ){0,4}?(?:your|the|every|each) (?:\w+ )?"
        r"(?:review|verdict|reply|answer|response|output|assessment)s?\b",
    ),
    Rule(
        SPEAKS,
        ("review", "judge", "grader", "evaluator", "model", "llm", "ai ", "gpt", "claude", "gemini", "panel"),
        rf"{LINE}(?:(?:important |special )?(?:note|message|notice|reminder|memo|instructions?) (?:to|for) "
        rf"(?:(?:the |any |all |our |every ){{0,2}}{JUDGES}|(?:the |any |all |every ){MODELS})|"
        rf"(?:attention|attn|hello|hi|hey|dear):?,? (?:the |any |all |our |every ){{0,2}}{PEOPLE}|"
        rf"(?:to|for) (?:the |any |all |every ){{1,2}}{PEOPLE})"
        r"(?: (?:reading|reviewing|evaluating) (?:this|it))?\s?[:,!—–-]",
    ),
    Rule(
        SPEAKS,
        ("review", "grader", "evaluator"),
        rf"{LINE}(?:ai |llm )?(?:reviewers?|graders?|evaluators?) ?[:,] ?"
        r"(?:please |you |rate|score|give|ignore|ship|say|answer)",
    ),
    Rule(
        SPEAKS,
        ("if you are", "if you're", *_AS_AI),
        rf"\bif you(?: are|'re) (?:an? |the )?{AI}\b"
        r"(?: (?:reading|reviewing|evaluating|asked)|,? (?:you|please|ignore|rate|give|your)\b)|"
        rf"\bas (?:an? |the ){AI}, "
        r"(?:you (?:must|should|will|are)|please|ignore|rate|score|give|your (?:task|review|job|answer|verdict))\b",
    ),
    Rule(
        SPEAKS,
        ("reading this", "reviewing this", "evaluating this", "rating this", "scoring this", "judging this"),
        rf"\b(?:{PEOPLE}|you(?: are|'re)?|when|while|whoever is|anyone) (?:\w+ )?"
        r"(?:reviewing|evaluating|rating|scoring|judging|reading) this\b"
        r"(?: (?:tool|product|description|text|page|entry|passage))?",
    ),
    Rule(
        AUTHORITY,
        ("editor", "admin", "moderator", "operator", "panel"),
        r"\b(?:i am|i'm|we are|speaking as|signed:?|this is) (?:the |your )?"
        rf"(?:(?:system|site|panel|chief|page'?s?|publication'?s?) )?{_OFFICE}\b"
        r"(?= ?(?:[.,:;!—–-]|of this|and (?:i|you)|speaking|here|$))",
    ),
    Rule(
        AUTHORITY,
        (*pairs(_MESSAGES, "from by"), *pairs(_OFFICES, "override notice directive instruction")),
        r"\b(?:(?:message|note|instructions?|notice|directive|orders?) (?:from|by) (?:the |your )?(?:\w+ )?"
        rf"{_SENDER}|"
        r"(?:system|developer|admin(?:istrator)?|editor(?:ial)?|panel) (?:override|notice|directive|instructions?))"
        r"\s?[:\]!—–]",
    ),
    Rule(
        AUTHORITY,
        ("instruction", "directive", "orders", "your new", "your real", "your actual", "your true", "your only"),
        rf"{LINE}(?:your )?(?:new|updated|revised|real|actual|true) (?:system )?(?:instructions?|directives?|orders) ?"
        r"(?:follow|:|are)|\byour (?:new|real|actual|true|only) (?:task|job|goal|instructions?) (?:is|are)\b",
    ),
    Rule(
        ROLE,
        ("you are", "pretend", "from now on", *pairs(_ACTS, "as like")),
        r"\byou are (?:now|no longer|henceforth|actually) (?:\w+ ){0,4}?"
        rf"(?:{_ROLES}|model|ai|(?:developer|unrestricted|review|dan|god) mode|bound)\b|"
        rf"{OPENS}(?:{_ACTS.replace(' ', '|')}) "
        rf"(?:as if you (?:are|were)|as|like) (?:\w+ ){{0,4}}?{_ROLES}\b|"
        rf"{OPENS}pretend (?:that )?(?:you|to be|this (?:tool|product))\b|"
        r"\bfrom now on,? "
        r"(?:you (?:are an?|must|should|will (?:act|answer|rate|score|respond|be|only|always))|ignore|always|only)\b",
        Excuse.TOLD,
    ),
    Rule(
        ROLE,
        (
            "you play",
            "you are playing",
            "imagine you",
            "imagine that you",
            "suppose you",
            "suppose that you",
            "as if you",
        ),
        r"\byou (?:play|are playing) [^.!?\n]{0,30}\b(?:reviewer|critic|assistant)\b|"
        rf"{OPENS}(?:imagine|suppose) (?:that )?(?:you are|you're|you were) (?:\w+ ){{0,3}}?"
        r"(?:reviewer|judge|critic|fan)\b|"
        rf"{OPENS}(?:answer|judge|review|reply|respond) as if you (?:are|were)\b[^.!?\n]{{0,60}}"
        r"\b(?:review|recommend|favou?r|prais|lov)",
        Excuse.TOLD,
    ),
)
