"""A process that buys replies until it is killed: `python write_until_killed.py ROOT COUNT`.

It says `locked` when it holds the run, the number of each reply once `append` has returned, `done`, and then waits.
"""

import sys
from pathlib import Path

from store_records import manifest, reply_line

from panel.store import Runs


def say(word: object) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


runs = Runs(Path(sys.argv[1]))
writer = runs.create(manifest())
say("locked")
for number in range(int(sys.argv[2])):
    writer.append(reply_line(number, text=f"reply {number} " * 300))
    say(number)
say("done")
sys.stdin.read()
