"""How many dispatches one run of the kernel may make before the M looks at its sockets again.

Invariants. At least one, at most BUDGET_MAX, and never more than twice the last.
Order.      Slices are as long as the last ones were, as far as anybody knows: so many of these as fit in IO_PERIOD_NS.
Rejected.   To look at the clock between two dispatches: 50 ns, a quarter of a switch.
"""

from cluster.model.limits import BUDGET_MAX, IO_PERIOD_NS


def next_budget(budget: int, dispatches: int, elapsed_ns: int) -> int:
    """The budget after one of `budget`, when `dispatches` have taken `elapsed_ns`."""
    fitting = dispatches * IO_PERIOD_NS // max(elapsed_ns, 1)
    return max(1, min(fitting, 2 * budget, BUDGET_MAX))
