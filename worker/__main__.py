"""`worker`: starts one M, or several, that serve a coordinator.

argparse, not click: this module's imports are paid at each start of a cluster.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from random import Random

from cluster.kernel import runner
from cluster.launch import connection
from cluster.launch.version import PYTHON
from cluster.model.clock import MonotonicClock
from cluster.model.errors import ClusterError
from cluster.model.limits import MS_MAX
from cluster.wire import frame
from cluster.wire.messages import RegisterM
from worker.link import Link
from worker.loop import Loop
from worker.nursery import Nursery


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="worker",
        description="Start worker processes (Ms). Each leases a P from the coordinator before it runs goroutines.",
        epilog="examples:\n  worker\n  worker --count 4 --pin\n  worker --connect ipc:///run/gmp/coordinator.sock",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--connect", metavar="ADDR", help="the coordinator's address (default: its connection file)")
    parser.add_argument("--dir", metavar="DIR", type=Path, help="the cluster's directory, with the connection file")
    parser.add_argument("--count", metavar="N", type=int, default=1, help="how many Ms (default: 1)")
    parser.add_argument("--pin", action="store_true", help="pin each M to a core, in turn")
    parser.add_argument("--core", metavar="N", type=int, help="run all Ms on this one core, to see what many would do")
    parser.add_argument("--fixed", action="store_true", help="start no more Ms when goroutines wait for one")
    parser.add_argument("--chaos", metavar="SEED", type=int, help="move goroutines and Ps about by chance, for tests")
    parser.add_argument("--exit-with-parent", action="store_true", help="end when standard input is closed")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; its exit code."""
    arguments = parser().parse_args(argv)
    try:
        if not 1 <= arguments.count <= MS_MAX:
            raise ClusterError(f"--count {arguments.count}: the number of Ms is from 1 to {MS_MAX}")
        if arguments.connect:
            directory, address = connection.dir_of(arguments.connect), arguments.connect
        else:
            directory = arguments.dir or connection.default_dir()
            address = connection.find(directory).address
        if arguments.pin or arguments.core is not None:  # psutil is loaded for those who ask: 27 ms
            pin = import_module("worker.pinning").Pinning(arguments.core).pin
        else:
            pin = None
        return serve(
            address,
            directory,
            arguments.count,
            pin,
            watch_stdin=arguments.exit_with_parent,
            chaos=arguments.chaos,
            grows=not arguments.fixed,
        )
    except ClusterError as error:
        print(f"worker: {error}", file=sys.stderr)
        return 1


def serve(
    address: str,
    directory: Path,
    count: int,
    pin: Callable[[int], None] | None,
    *,
    watch_stdin: bool,
    chaos: int | None = None,
    grows: bool = False,
) -> int:
    """Start `count` Ms and stay until they have ended; the exit code. `pin` binds the M of that index to a core.

    With `grows` more are made when goroutines wait for an M.
    """

    def socket_of(pid: int) -> Path:
        return directory / f"m-{pid}.sock"

    def body(index: int, parent_fd: int) -> None:
        if pin is not None:
            pin(index)
        pid = os.getpid()
        endpoint = connection.ipc_address(socket_of(pid))
        link = Link(address, endpoint, (parent_fd,))
        dice = None if chaos is None else Random(f"{chaos} {index}")
        loop = Loop(link, MonotonicClock(), RegisterM(pid, PYTHON, endpoint, frame.why_not, runner.why_not), dice)
        reason = loop.run()
        os._exit(1 if "Python" in reason else 0)  # no `finally` of any goroutine runs

    connection.private_dir(directory)
    nursery = Nursery(body, lambda pid: socket_of(pid).unlink(missing_ok=True))
    nursery.fork(count)
    code = nursery.watch(address, sys.stdin.fileno() if watch_stdin else None, grows)
    if watch_stdin:
        connection.leave(directory)
    return code


if __name__ == "__main__":
    sys.exit(main())
