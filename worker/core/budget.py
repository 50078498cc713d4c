"""How many dispatches one run of the kernel may make before the M looks at its sockets again.

Invariants. At least one, at most BUDGET_MAX, and never more than twice the last.
Order.      Slices are as long as the last ones were, as far as anybody knows: so many of these as fit in a period.
Period.     IO_PERIOD_NS while messages come; doubled with each run since the last one, up to IO_PERIOD_MAX_NS: to look
            costs as much as some ten short tasks, and whoever has said nothing for a while can wait that long.
Rejected.   To look at the clock between two dispatches: 50 ns, a quarter of a switch.
"""

from typing import Final

from cluster.model.limits import BUDGET_MAX, IO_PERIOD_MAX_NS, IO_PERIOD_NS

DOUBLINGS: Final = (IO_PERIOD_MAX_NS // IO_PERIOD_NS).bit_length() - 1  # from the shortest period to the longest


def next_budget(budget: int, dispatches: int, elapsed_ns: int, quiet: int) -> int:
    """The budget after `budget`, of which `dispatches` took `elapsed_ns`. `quiet`: runs since the last message."""
    fitting = dispatches * (IO_PERIOD_NS << min(quiet, DOUBLINGS)) // max(elapsed_ns, 1)
    return max(1, min(fitting, 2 * budget, BUDGET_MAX))
