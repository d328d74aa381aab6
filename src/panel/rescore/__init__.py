"""Rescore: a catalogue before a panel: what is stale is asked again, within a budget, and what is fresh is not.

`planning` says how every seat stands and why; `opening` reads the open seats back out of a run, one at a time;
`running` does what was planned. Memory does not grow with the catalogue.
"""
