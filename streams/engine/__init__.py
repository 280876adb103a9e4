"""How a partition number is worked on: batches in, one unit of work, memories, watermarks, dead letters.

The stages know none of this: they take a record, look at a memory and say what follows. What a unit of work promises
(here: nothing is lost, repeats carry the same ids) is decided in `unit.py` alone.
"""
