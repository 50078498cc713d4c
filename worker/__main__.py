"""`worker`: starts one M, or several, that serve a coordinator.

argparse, not click: this module's imports are paid at each start of a cluster.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from random import Random

from cluster.kernel import runner
from cluster.launch import connection, premises, sockets
from cluster.launch.connection import Connection
from cluster.launch.version import PYTHON
from cluster.model.clock import MonotonicClock
from cluster.model.errors import ClusterError
from cluster.model.limits import MS_MAX
from cluster.wire import frame
from cluster.wire.messages import RegisterM
from cluster.wire.security import IPC, TcpAddress, check_bind, tcp_address
from worker.link import Link
from worker.loop import Loop
from worker.nursery import FOREIGN, Nursery


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="worker",
        description="Start worker processes (Ms). Each leases a P from the coordinator before it runs goroutines.",
        epilog="examples:\n  worker\n  worker --count 4 --pin\n  worker --connect ipc:///run/gmp/coordinator.sock\n"
        "  worker --connection cluster.json --count 8",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--connect", metavar="ADDR", help="the coordinator's address (default: its connection file)")
    parser.add_argument("--dir", metavar="DIR", type=Path, help="the cluster's directory, with the connection file")
    parser.add_argument(
        "--connection",
        metavar="FILE",
        type=Path,
        help="the coordinator's connection file, as copied from its machine, with the keys of an address on TCP",
    )
    parser.add_argument(
        "--listen",
        metavar="HOST",
        help="on TCP: where other Ms reach those of this machine (default: the address on the way to the coordinator)",
    )
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
        file = arguments.connection or (arguments.dir / connection.FILE if arguments.dir else None)
        found = connection.resolve(arguments.connect, file)
        if arguments.pin or arguments.core is not None:  # psutil is loaded for those who ask: 27 ms
            pin = import_module("worker.pinning").Pinning(arguments.core).pin
        else:
            pin = None
        return serve(
            _site(found, arguments.listen),
            arguments.count,
            pin,
            watch_stdin=arguments.exit_with_parent,
            chaos=arguments.chaos,
            grows=not arguments.fixed,
        )
    except ClusterError as error:
        print(f"worker: {error}", file=sys.stderr)
        return 1


@dataclass(frozen=True, slots=True)
class Site:
    """Where the coordinator is, and where Ms listen: in its directory, or at `host`."""

    coordinator: Connection
    directory: Path | None  # None: on TCP
    host: str = ""

    def socket_of(self, pid: int) -> Path | None:
        """The socket of the M in that process, if it is a file."""
        return None if self.directory is None else self.directory / f"m-{pid}.sock"

    def endpoint_of(self, pid: int) -> str:
        """Where the M in that process binds; on TCP the system chooses the port."""
        path = self.socket_of(pid)
        return str(TcpAddress(self.host, 0)) if path is None else connection.ipc_address(path)


def _site(found: Connection, listen: str | None) -> Site:
    if found.address.startswith(IPC):
        return Site(found, connection.private_dir(connection.dir_of(found.address)))
    at = tcp_address(found.address)
    here = TcpAddress(listen or sockets.own_host((at.host, at.port)), 0)
    check_bind(here, keyed=found.keys is not None)
    return Site(found, None, here.host)


def serve(
    site: Site,
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

    def body(index: int, parent_fd: int) -> None:
        if pin is not None:
            pin(index)
        pid = os.getpid()
        clock = MonotonicClock()
        link = Link(site.coordinator.address, site.endpoint_of(pid), (parent_fd,), clock, site.coordinator.keys)
        dice = None if chaos is None else Random(f"{chaos} {index}")
        register = RegisterM(pid, PYTHON, link.endpoint, frame.why_not, runner.why_not, link.key)
        loop = Loop(link, clock, register, site.directory, dice)
        reason = loop.run()
        os._exit(FOREIGN if "Python" in reason else 0)  # no `finally` of any goroutine runs

    def bury(pid: int) -> None:
        if (path := site.socket_of(pid)) is not None:
            path.unlink(missing_ok=True)

    nursery = Nursery(body, bury)
    nursery.fork(count)
    code = nursery.watch(site.coordinator, sys.stdin.fileno() if watch_stdin else None, grows)
    if watch_stdin and site.directory is not None:
        premises.clear(site.directory)
        connection.leave(site.directory)
    return code


if __name__ == "__main__":
    sys.exit(main())
