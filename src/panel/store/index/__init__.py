"""Index: what all stored runs hold, found by question or by slot without reading them again.

In come the run folders; out come entries, one for each line of their verdicts, and on demand the records that these
point to. It is a cache and never the truth: `runs/index.sqlite` may be deleted at any time, what changed among the
files is read again before anything is looked up, and where the cache cannot be used, a temporary one takes its place.
It writes nothing else and parses no reply. The one door to sqlite3, which loads where this is imported.
"""

from panel.store.index.entry import Entry
from panel.store.index.index import Alias, Index, Served

__all__ = ["Alias", "Entry", "Index", "Served"]
