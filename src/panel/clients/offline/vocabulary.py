"""Vocabulary: the word lists of matchers and rules in code. What authors may edit stands in the lexicon instead."""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(text.split())


GLUE = words("the a an of to in is are for with on by it its that from as at be was can not which has have into and or")
"""Words of grammar: a sentence without them is a list of catchwords."""
LEADING = words("and but so or then yet which whose while though")
"""Words that a quote does not begin with."""
TRAILING = GLUE | words("than both but")
"""Words that a quote cut short does not end with."""
TURNS = words("but although though while whereas however because yet except")
"""Words that begin a new clause without punctuation."""
SAID_OF = words(
    "is are was were be been being became remains as now in public still officially marked entered an currently"
)
"""Words before "deprecated" or "beta" where these are said of something and not put before a noun."""
DETERMINERS = words("no without zero")
"""Denials that stand before a noun."""
HEADS = words(
    "fee fees cost costs charge charges price tax taxes surcharge penalty penalties payment payments limit limits cap"
    " caps quota restriction restrictions condition conditions obligation obligations key keys server servers manager"
    " contract contracts agreement card agent agents period lock error errors problem problems issue issues change"
    " changes results audit audits dispute disputes"
)
"""Nouns that take over from the word before them: "no licence fee" denies a fee and no licence."""
NEEDS = words("need needs needed needing require requires requiring")
NEEDLESS = words("needed required necessary lost charged refused due apply applies")
"""What follows where "no X" is no want: no X is needed, charged or lost."""
PREPOSITIONS = words("for of to with from on by")
JOINERS = words("and but while whereas which although though however yet so because")
"""Words before which, after a comma, another thought begins."""
DANGLING = PREPOSITIONS | words(
    "and or but which that who whose where as than in at into is are was were does do did can cannot could has have had"
    " will would may not there's"
)
"""Words that lean on what stands before them: no clause is begun with one where another beginning is near."""
OPENERS = words("the a an this these its their no all every each")
LEANING = PREPOSITIONS | words("as than in at into under over g")
"""Words with which a noun begins, and words after which one does (the g is that of "e.g.")."""
JOINTS = PREPOSITIONS | words("and or that which while when where through into in at as because if unless according")
"""Words before which a quote that must be cut is cut."""

FIGURE_UNITS = words("% x times percent fold")
PERFORMS = words(
    "faster slower quicker less more fewer better improve improves improved improvement improvements gain gains reduce"
    " reduces reduced reduction cut cuts cutting save saves saved savings boost boosts boosting increase increases"
    " increased cheaper accurate accuracy speed speedup throughput productivity productive smaller higher lower"
    " outperforms outperformed efficient efficiency success satisfaction performance growth roi quality effective"
    " revenue conversion benchmarks blocks catches detects recognises recognizes correct precision recall"
)
"""Words that make a percentage a claim of merit."""

STARTS = words("started start began begin first launched launch released founded created introduced appeared initial")
RELEASES = words(
    "version versions release released releases updated update updates current patch changelog firmware lts"
    " installable shipped tagged maintained"
)
LAST = words("last latest final recent newest")
COMMITS = words("commit commits")
PRACTICE = words("production use")

LANGUAGES = words(
    "python java javascript typescript go rust ruby php c c++ .net swift kotlin scala elixir r julia perl node dart lua"
    " haskell csharp sql wasm webassembly matlab"
)
PLATFORMS = words(
    "linux macos windows ios android freebsd openbsd arm x86 browsers browser firefox chrome safari edge raspberry"
    " docker kubernetes debian ubuntu fedora"
)

MONEY = words("$ € £ ¥ usd eur gbp chf euro euros dollars pounds cents")
NO_PRICE = words("raised funding valuation revenue million billion fine fined invested investment round")
"""Words of a sentence whose amounts are no prices."""
USERS = words(
    "users downloads download stars installations installs customers companies developers devices deployments teams"
    " sites subscribers units banks hospitals schools projects"
)
LARGE = words("million millions thousand billion")
NUMBERS = {
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
    "fifteen": 15,
    "twenty": 20,
    "thirty": 30,
}
