"""`coordinator`: owns the P table and the programs of one cluster.

argparse, not click: this module's imports are paid at each start of a cluster.
"""

import argparse
import logging
import os
import select
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import zmq

from cluster.launch import connection
from cluster.launch.cpus import default_procs
from cluster.launch.version import PYTHON
from cluster.model.clock import SECOND, Instant, MonotonicClock
from cluster.model.errors import ClusterError
from cluster.model.limits import IDLE_EXIT_MAX_S, MS_MAX, PROCS_MAX
from coordinator.core.step import Core
from coordinator.server import Server


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="coordinator",
        description="Start the coordinator of a cluster. Workers and `cluster` find it through its connection file.",
        epilog="examples:\n  coordinator\n  coordinator --procs 4\n  coordinator --bind ipc:///run/gmp/coordinator.sock",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--bind", metavar="ADDR", help="address to listen at (default: a socket in the directory)")
    parser.add_argument("--dir", metavar="DIR", type=Path, help="the cluster's directory (default: this user's)")
    parser.add_argument("--procs", metavar="N", type=int, help="GOMAXPROCS, how many Ps (default: the usable CPUs)")
    parser.add_argument(
        "--max-threads", metavar="N", type=int, default=MS_MAX, help=f"most Ms, over which is fatal (default: {MS_MAX})"
    )
    parser.add_argument(
        "--idle-exit",
        metavar="SECONDS",
        type=float,
        help="end Ms that were made on demand when they have been idle so long between programs (default: they stay)",
    )
    parser.add_argument("--exit-with-parent", action="store_true", help="end when standard input is closed")
    parser.add_argument("--quiet", action="store_true", help="log errors only")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; its exit code."""
    arguments = parser().parse_args(argv)
    logging.basicConfig(
        level=logging.ERROR if arguments.quiet else logging.INFO, format="coordinator: %(levelname)s %(message)s"
    )
    procs = default_procs() if arguments.procs is None else arguments.procs
    try:
        if not 1 <= procs <= PROCS_MAX:
            raise ClusterError(f"--procs {procs}: the number of Ps is from 1 to {PROCS_MAX}")
        if not 1 <= arguments.max_threads <= MS_MAX:
            raise ClusterError(f"--max-threads {arguments.max_threads}: the number of Ms is from 1 to {MS_MAX}")
        if arguments.idle_exit is not None and not 0 <= arguments.idle_exit <= IDLE_EXIT_MAX_S:
            raise ClusterError(f"--idle-exit {arguments.idle_exit}: seconds, from 0 to {IDLE_EXIT_MAX_S}")
        if arguments.bind:
            directory, address = connection.dir_of(arguments.bind), arguments.bind
        else:
            directory = arguments.dir or connection.default_dir()
            address = connection.ipc_address(directory / connection.SOCKET)
        idle_exit_ns = None if arguments.idle_exit is None else int(arguments.idle_exit * SECOND)

        def core(now: Instant) -> Core:
            return Core(procs, os.getpid(), PYTHON, now, arguments.max_threads, idle_exit_ns)

        serve(address, connection.private_dir(directory), core, watch_stdin=arguments.exit_with_parent)
    except (ClusterError, OSError) as error:
        print(f"coordinator: {error}", file=sys.stderr)
        return 1
    return 0


def serve(address: str, directory: Path, begin: Callable[[Instant], Core], *, watch_stdin: bool) -> None:
    """Serve what `begin` makes until a signal, `cluster stop`, or the end of standard input."""
    try:
        _serve(address, directory, begin, watch_stdin)
    except (OSError, zmq.ZMQError) as error:
        if watch_stdin and select.select([sys.stdin], [], [], 0)[0]:
            return  # who started us has gone meanwhile, and the directory with it
        raise ClusterError(f"cannot serve at {address}: {error}") from error


def _serve(address: str, directory: Path, begin: Callable[[Instant], Core], watch_stdin: bool) -> None:
    held = connection.lock(directory)
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)  # the wake-up fd ends the loop
    clock = MonotonicClock()
    core = begin(clock.now())
    server = Server(core, clock, address, (wake_read, *([sys.stdin.fileno()] if watch_stdin else [])))
    connection.write(directory, connection.Connection(address, os.getpid()))
    logging.getLogger("coordinator").info(
        "listening address=%s procs=%d pid=%d", address, len(core.state.table), os.getpid()
    )
    try:
        server.run()
    finally:
        connection.remove(directory)
        if watch_stdin:
            connection.leave(directory)
        os.close(held)


if __name__ == "__main__":
    sys.exit(main())
