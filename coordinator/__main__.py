"""`coordinator`: owns the P table and the programs of one cluster.

argparse, not click: this module's imports are paid at each start of a cluster.
"""

import argparse
import logging
import os
import select
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import zmq

from cluster.launch import connection, premises, sockets
from cluster.launch.connection import Connection
from cluster.launch.cpus import default_procs
from cluster.launch.version import PYTHON
from cluster.model.clock import SECOND, Instant, MonotonicClock
from cluster.model.errors import ClusterError
from cluster.model.lease import ACROSS_MACHINES, ONE_MACHINE, Periods
from cluster.model.limits import IDLE_EXIT_MAX_S, MS_MAX, PROCS_MAX
from cluster.wire.security import EVERYWHERE, IPC, Keys, Pair, TcpAddress, check_bind, tcp_address
from coordinator.core.step import Core
from coordinator.server import Server

log: Final = logging.getLogger("coordinator")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="coordinator",
        description="Start the coordinator of a cluster. Workers and `cluster` find it through its connection file.",
        epilog="examples:\n  coordinator\n  coordinator --procs 4\n  coordinator --bind ipc:///run/gmp/coordinator.sock\n"
        "  coordinator --bind tcp://0.0.0.0:7878 --connection cluster.json",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--bind", metavar="ADDR", help="address to listen at (default: a socket in the directory)")
    parser.add_argument("--dir", metavar="DIR", type=Path, help="the cluster's directory (default: this user's)")
    parser.add_argument(
        "--connection",
        metavar="FILE",
        type=Path,
        help="connection file to write, with the keys of an address on TCP (default: in the directory)",
    )
    parser.add_argument("--no-keys", action="store_true", help="let all users of this machine in, on 127.0.0.1 only")
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
        place = _place(arguments)
        idle_exit_ns = None if arguments.idle_exit is None else int(arguments.idle_exit * SECOND)

        def core(now: Instant) -> Core:
            return Core(procs, os.getpid(), PYTHON, now, arguments.max_threads, idle_exit_ns, place.periods)

        serve(place, core, watch_stdin=arguments.exit_with_parent)
    except (ClusterError, OSError) as error:
        print(f"coordinator: {error}", file=sys.stderr)
        return 1
    return 0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a coordinator listens, and what it leaves there."""

    address: str
    directory: Path  # its lock's, and its socket's; mode 0700
    file: Path  # its connection file
    keyed: bool

    @property
    def periods(self) -> Periods:
        """Of the leases: networks are slower to come back than processes."""
        near = self.address.startswith(IPC) or tcp_address(self.address).is_loopback
        return ONE_MACHINE if near else ACROSS_MACHINES


def _place(arguments: argparse.Namespace) -> Place:
    """What the command line says about it, checked; ClusterError when it must not be."""
    if arguments.bind and not arguments.bind.startswith(IPC):
        address = tcp_address(arguments.bind)
        check_bind(address, keyed=not arguments.no_keys)
        directory = arguments.dir or connection.default_dir()
        bind, keyed = str(address), not arguments.no_keys
    else:
        if arguments.no_keys:
            raise ClusterError("--no-keys is for an address on TCP: sockets in a directory have no keys")
        directory = connection.dir_of(arguments.bind) if arguments.bind else arguments.dir or connection.default_dir()
        bind, keyed = arguments.bind or connection.ipc_address(directory / connection.SOCKET), False
    connection.private_dir(directory)
    return Place(bind, directory, arguments.connection or directory / connection.FILE, keyed)


def serve(place: Place, begin: Callable[[Instant], Core], *, watch_stdin: bool) -> None:
    """Serve what `begin` makes until a signal, `cluster stop`, or the end of standard input."""
    try:
        _serve(place, begin, watch_stdin)
    except (OSError, zmq.ZMQError) as error:
        if watch_stdin and select.select([sys.stdin], [], [], 0)[0]:
            return  # who started us has gone meanwhile, and the directory with it
        raise ClusterError(f"cannot serve at {place.address}: {error}") from error


def _serve(place: Place, begin: Callable[[Instant], Core], watch_stdin: bool) -> None:
    held = connection.lock(place.directory)
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)  # the wake-up fd ends the loop
    clock = MonotonicClock()
    core = begin(clock.now())
    pair = sockets.new_pair() if place.keyed else None
    wake_fds = (wake_read, *([sys.stdin.fileno()] if watch_stdin else []))
    clear = partial(premises.clear, place.directory)
    clear()
    server = Server(core, clock, place.address, wake_fds, pair, clear)
    address = _reached_at(server.address)
    connection.write(place.file, Connection(address, os.getpid(), socket.gethostname(), _let_in(server, pair)))
    log.info("listening address=%s procs=%d pid=%d", server.address, len(core.state.table), os.getpid())
    if not place.keyed and not place.address.startswith(IPC):
        log.warning("no keys: every user of this machine can run code as this one address=%s", server.address)
    try:
        server.run()
    finally:
        connection.remove(place.directory, place.file)
        clear()
        if watch_stdin:
            connection.leave(place.directory)
        os.close(held)


def _let_in(server: Server, pair: Pair | None) -> Keys | None:
    """The keys of all who may enter, made anew for each life of a coordinator."""
    if pair is None or server.gate is None:
        return None
    entrance = sockets.new_pair()
    server.gate.let_in(entrance.public, "member")
    return Keys(pair.public, entrance.public, entrance.secret)


def _reached_at(address: str) -> str:
    """The address for the connection file: everywhere is nowhere to connect to."""
    if address.startswith(IPC):
        return address
    parts = tcp_address(address)
    return str(TcpAddress(sockets.own_host(), parts.port)) if parts.host in EVERYWHERE else address


if __name__ == "__main__":
    sys.exit(main())
