"""Run folders: what one command bought, kept as files that outlive a crash and are read without this program.

In come records; out come the files of `runs/<run id>/` and the records read back from them. Replies are appended whole
and never rewritten, derived files are replaced atomically, and one process at a time writes a run. What a crash, a
full disk or an editor did to a file is reported, and costs no other line. Never parses, never prints, reads no clock.
"""

from panel.store.layout import LATEST, new_run_id
from panel.store.reader import RunReader
from panel.store.runs import Runs
from panel.store.writer import RunWriter

__all__ = ["LATEST", "RunReader", "RunWriter", "Runs", "new_run_id"]
