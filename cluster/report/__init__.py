"""The report that ends `cluster demo`: one HTML file that needs nothing else, in words that a student understands.

page        the page itself: its style, and the few elements that it is made of
costs       the ladder of switch costs, as bars on a logarithmic scale
curves      speed-up over Ps, a small drawing for each kind of work
prose       its sentences
chapters    what the report says, chapter by chapter

It draws by itself, without matplotlib: the demo needs no extra. Must not import cli, which calls it.
"""
