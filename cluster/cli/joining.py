"""How commands find the running cluster that they are about."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from cluster.launch.client import Client
from cluster.launch.connection import check_answers, resolve

F = TypeVar("F", bound=Callable[..., object])


def connection_option(command: F) -> F:
    """`--connection FILE`."""
    option = click.option(
        "--connection",
        type=click.Path(dir_okay=False, path_type=Path),
        help="The coordinator's connection file, copied from its machine: it holds the keys of an address on TCP.",
    )
    return option(command)


def address_options(command: F) -> F:
    """`--address` and `--connection`, of commands about a running cluster."""
    option = click.option("--address", help="The cluster's address (default: this user's running cluster).")
    return option(connection_option(command))


def join(address: str | None, connection: Path | None) -> Client:
    """A client of that cluster; NoClusterError or ClusterError when there is none, or it may not be entered."""
    found = resolve(address, connection)
    check_answers(found)
    return Client(found.address, keys=found.keys)
