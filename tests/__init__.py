"""Tests mirror the sources: `tests/worker/core/test_runq.py` is for `worker/core/runq.py`, and `tests/kernel/` for
`cluster/kernel/`. What mirrors nothing:

conftest   what holds for every test: chance, and that no process is left
fakes      a clock and the like that a test owns
test_tidy  the rules of style, which `tidy/` finds in the sources
deploy     deploy/ fits the programs that it starts
golang     Go's semantics, a test for each sentence of the spec
scenarios  scripts with the expected trace
sim        the real cores on links that delay, drop, repeat and kill
process    the few tests with real processes; nothing else may wait, or open a socket
"""
