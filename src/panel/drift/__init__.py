"""Drift: what changed between two runs, paired by tool and persona, and why. The rules in words: docs/drift.md.

    drift_between(runs, before, after)   the report of two runs, or of two models
    drift_since(runs, reader)            of a run over a catalogue and what stood before it
    tools_of(reader)                     the tools that a run names
    judge_moved(drift)                   where the judge itself moved: the alarm
    watch_list(straddlers, run)          tools whose verdict hangs on little, as text; read_watch_list reads it back

Reads the files of runs and writes nothing. No call, no clock, no cost.
"""

from panel.drift.between import Asked, drift_between, drift_since, judge_moved
from panel.drift.shelves import tools_of
from panel.drift.straddling import read_watch_list, watch_list

__all__ = ["Asked", "drift_between", "drift_since", "judge_moved", "read_watch_list", "tools_of", "watch_list"]
