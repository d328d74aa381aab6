"""Progress on standard error: a line per seat of a small command, a line per model of a long one, and dry runs.

Whatever is shown here costs no seat: a terminal that is closed or a file that is full ends the showing, not the run.
"""

from panel.cli.progress.choosing import json_events, long_run, watcher, watching
from panel.cli.progress.dry import show_dry_run

__all__ = ["json_events", "long_run", "show_dry_run", "watcher", "watching"]
