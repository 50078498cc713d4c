"""What a run of the kernel may end with: events for the shell, which tells the coordinator."""

from dataclasses import dataclass

from cluster.kernel.g import G, Program


@dataclass(frozen=True, slots=True)
class Returned:
    """The main goroutine of a program ended by returning `value`."""

    program: Program
    value: object


@dataclass(frozen=True, slots=True)
class Panicked:
    """An exception left goroutine `g`; or it ended the program from inside a call, and `where` describes it."""

    g: G
    error: BaseException
    where: str = ""


Event = Returned | Panicked
