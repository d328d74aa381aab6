"""The words of the product as frozen records. No I/O, no clock, no network; each module holds one word.

Import a record from its own module; nothing is re-exported here, so that a command loads only what it uses.
"""
