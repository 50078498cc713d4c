"""How a goroutine ends its program, and what it may ask of its runtime.

Ends.       panic is an exception: `finally` is defer, and runs. exit, like a fatal error, ends the
            program inside the call: the goroutine is left where it stands (see runner.py).
Unlike Go.  SystemExit that leaves a goroutine is exit, too: Python programs say it so.
Sources.    Go 1.19 runtime/panic.go: gopanic; os/proc.go: Exit.
"""

from typing import NoReturn

from cluster.kernel.sched import here
from cluster.model.errors import Panic


def panic(value: object = None) -> NoReturn:
    """Raise Panic(value)."""
    raise Panic(value)


def exit(code: int = 0) -> NoReturn:
    """End the program at once with this exit code: no `except` and no `finally` of any goroutine runs."""
    sched = here("exit")
    if not isinstance(code, int):
        raise TypeError(f"exit takes an int from 0 to 255, not {type(code).__name__}: print a text before")
    sched.leave(SystemExit(code))
