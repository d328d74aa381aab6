"""The words of two fictional queues, as four reviewers might write them: what the sample cards are made of."""

ALDER_DESCRIPTION = """Alder Queue is a job queue that keeps its jobs in a PostgreSQL table. Producers insert a row; \
workers claim rows with SKIP LOCKED and a lease of 30 seconds that they renew while they work. It is one Go binary of \
14 MB and a client library for Go, Python and TypeScript.

Version 2.4 of March 2026 runs on PostgreSQL 13 to 17. Jobs can be delayed, repeated on a cron line, and made unique \
by key. The project states 9,000 jobs a second on a four-core database; the benchmark's source is in the repository. \
There is no built-in web page for jobs that failed: the manual gives SQL queries.

Alder Queue is licensed under Apache-2.0. A support contract costs 4,800 dollars a year."""

BIRCH_DESCRIPTION = """Birch Queue is a hosted job queue with an HTTP interface. A job is posted as JSON; Birch calls \
the customer's address and tries again on any answer above 499, up to 50 times over seven days. Clients exist for \
nine languages.

The service runs in two regions, Frankfurt and Oregon. Each job may carry 256 kB. A web page lists jobs, attempts and \
answers, and can replay a job. Birch says that it delivers 99.99 % of jobs within one second, without naming a source.

The first 10,000 jobs a month are free; after that a million jobs cost 20 dollars. There is no self-hosted edition."""

REVIEWS = {
    ("alder", "builder"): (
        "A row in a table you already run is about as small as a queue can get. Alder claims work with SKIP LOCKED and "
        "a lease, so the transaction that writes an order can also enqueue its email, and neither happens without the "
        "other. That single choice removes the class of bug that separate brokers bring. The first ten minutes are one "
        "binary and a migration; the description states clients for three languages and nothing for the rest. Leaving "
        "is a SELECT away, because jobs are rows in your own database. What it lacks is a page for failed jobs: "
        "the manual hands over SQL queries, and whoever is on call at night will miss buttons. Still, few tools ask "
        "for so little and give back so much."
    ),
    ("birch", "builder"): (
        "The unit here is an HTTP call that somebody else promises to repeat. That is easy to grasp and easy to "
        "start: post JSON, receive a request, answer 200. Nine clients mean that hardly any stack is left out, and the "
        "replay button is the kind of detail a team notices in its first bad week. The bet is that your handler is "
        "reachable from outside and safe to call twice, which the description leaves to you. There is no "
        "self-hosted edition, and nothing is said about taking queued jobs along, so the way out is to drain and "
        "rewrite. For a service without a database of its own that is a fair trade; beside one, it adds a network "
        "hop to every job."
    ),
    ("alder", "skeptic"): (
        "Its rivals are River, Graphile Worker and the plain Redis list that most teams already have, so the burden of "
        "proof is on Alder. It carries more of it than usual: the 9,000 jobs a second come with a benchmark whose "
        "source can be read, although on hardware described only as four cores. The break comes when the queue shares "
        "a database with the product: a backlog of millions of rows means vacuum trouble, and the description is "
        "silent on partitioning. What ends it within a year is a maintainer who leaves; who stands behind the project "
        "is not said. A support contract with a printed price argues against that ending, and Apache-2.0 softens it. "
        "Enough is on the table to ship with eyes open."
    ),
    ("birch", "skeptic"): (
        "Amazon SQS with a Lambda, Google Cloud Tasks and Inngest all do this, and two of them print a service level "
        "with a penalty. Birch prints 99.99 % within one second and names no source, so that figure counts for "
        "nothing here. It breaks at 256 kB, which is small for anything that carries a document, and it breaks again "
        "when one of two regions is down, because failover is not mentioned. Seven days of retries will also hide an "
        "outage until it is a week old. What ends it is the price of being in the path of every request while a "
        "cloud's own queue is already on the bill. A stated service level and a second region pair would change "
        "this verdict; a claim does not."
    ),
    ("alder", "futurist"): (
        "The wager is that by 2028 most small teams will run one stateful system, not four, and that the relational "
        "database is the one that stays. For it to hold, storage has to get cheaper faster than traffic grows, "
        "and managed PostgreSQL has to keep its extensions open. Alder is on time rather than early: the idea is a "
        "decade old, but leases and SKIP LOCKED only became dull enough to trust a few versions ago. The second-order "
        "effect is quieter: when enqueueing is part of a transaction, audit and replay become queries, and a "
        "compliance team can read the queue without asking an engineer. Little depends on Alder itself surviving, "
        "which is the best thing one can say of infrastructure."
    ),
    ("birch", "futurist"): (
        "Birch assumes that by 2028 most background work will be a call to somebody else's address, made by an agent "
        "or a form rather than by a program its owner deploys. If that holds, retries, replay and a visible history "
        "are what such callers need, and an HTTP queue becomes the receipt desk of automation. The dependency is "
        "harsh: every platform that hosts functions would have to leave this gap open, and most are closing it. The "
        "timing is a little late. A side effect deserves attention: a week of automatic retries moves the cost of "
        "an outage from the caller to whoever is called, fifty times over. The thesis is sound, the place in it "
        "narrow, and the score sits just over the line because the replay page solves a problem that agents make worse."
    ),
    ("alder", "founder"): (
        "An engineering lead buys this out of the budget line that now pays for a broker, and mostly pays nothing: "
        "Apache-2.0, one binary, a database that is already there. The support contract at 4,800 dollars a year is "
        "below the price of one day of downtime for any company that would consider it, and it is printed, so "
        "purchasing can say yes without a call. The edge is not speed; it is one system fewer to secure, back up and "
        "explain to an auditor. Lock-in is close to none. The risk is on the vendor's side: who lives on such "
        "contracts is not stated, and neither is how many there are. What would change the verdict is a licence "
        "change, and even then the last open version keeps running."
    ),
    ("birch", "founder"): (
        "The buyer is a product team without an operations colleague, and the money comes out of the cloud bill. "
        "Twenty dollars for a million jobs looks like nothing until every click becomes three jobs; at two hundred "
        "million a month the bill is 4,000 dollars for something the cloud next door charges less for. The edge is "
        "weeks saved at the start, and it is real. What spoils it is that nothing binds the vendor: no service level "
        "with a penalty, no stated export, no edition to run oneself, and prices that can move while every handler in "
        "the product speaks Birch's format. A team of three that must launch this month may still choose it. "
        "Committing a company to it needs a contract that the description does not offer."
    ),
}

CRITERIA = {
    "builder": ("Clarity of the primitive", "First run", "Fit with existing stacks", "Freedom to leave"),
    "skeptic": ("Evidence for claims", "Standing against competitors", "Robustness", "Staying power"),
    "futurist": ("Thesis", "Timing", "Second-order effect", "Independence from others"),
    "founder": ("Buyer", "Pricing", "Edge", "Safety from the vendor"),
}

FIGURES = {
    ("alder", "builder"): (86, (9, 8, 8, 9)),
    ("birch", "builder"): (71, (8, 9, 7, 4)),
    ("alder", "skeptic"): (68, (8, 6, 7, 6)),
    ("birch", "skeptic"): (41, (3, 4, 5, 4)),
    ("alder", "futurist"): (74, (8, 6, 7, 9)),
    ("birch", "futurist"): (61, (7, 6, 5, 6)),
    ("alder", "founder"): (81, (8, 9, 7, 9)),
    ("birch", "founder"): (48, (7, 5, 5, 3)),
}

ANSWERS = {
    "builder": (
        ("What is the primitive?", "A unit of work that outlives the process that asked for it."),
        ("What is the bet on developer experience?", "That nothing new has to be run, or that nothing has to be run."),
        ("What decides the first ten minutes?", "Whether the first job arrives before the manual is opened twice."),
        (
            "Which one technical decision carries or sinks it?",
            "Where the job lives between being asked and being done.",
        ),
    ),
    "skeptic": (
        ("Which two or three products compete directly?", "Named in the review; from general knowledge, unchecked."),
        ("Where does it break?", "Under a backlog, and when one place is down."),
        ("What ends it within twelve months?", "A default that a larger vendor turns on."),
        ("Which claim has no source?", "See the evidence against."),
    ),
    "futurist": (
        (
            "What is the falsifiable thesis?",
            "That fewer stateful systems, or none of one's own, become normal by 2028.",
        ),
        ("What must hold for it?", "That the neighbours leave the gap open."),
        ("What is the second-order effect?", "Who can read the history of work, and who pays for repeats."),
        ("Which trend does it ride, and when?", "Consolidation of back ends; on time or a little late."),
    ),
    "founder": (
        ("Who buys it, from which budget?", "The team that now pays for a broker or for a cloud queue."),
        ("What edge does the adopter gain?", "Time at the start, or one system fewer for ever."),
        ("How do price and unit economics look?", "Printed, and different by two orders of magnitude at scale."),
        ("What would change the verdict?", "A contract, or a change of licence."),
    ),
}

EVIDENCE = {
    "alder": (
        (
            "workers claim rows with SKIP LOCKED and a lease of 30 seconds",
            "for",
            "Crashed workers give jobs back",
            True,
        ),
        ("licensed under Apache-2.0", "for", "The last open version stays usable", True),
        ("There is no built-in web page for jobs that failed", "against", "Night duty works with SQL", True),
    ),
    "birch": (
        ("tries again on any answer above 499, up to 50 times over seven days", "for", "Outages are bridged", True),
        ("can replay a job", "for", "A failed job needs no code to repeat", True),
        ("There is no self-hosted edition", "against", "Leaving means rewriting", True),
        ("prices may change without notice", "against", "The bill is not bound", False),
    ),
}
