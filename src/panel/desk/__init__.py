"""The desk: where one command is carried out, from names to reviews and cards.

What the command line and the Python API share. `Desk` finds what a command names and puts its outcome together;
`buying` carries out what costs something: it reads the clock and holds the bridge into asyncio, so that nobody below
has to.
"""

from panel.desk.desk import Desk
from panel.desk.wanted import Outcome, Unasked, Wanted

__all__ = ["Desk", "Outcome", "Unasked", "Wanted"]
