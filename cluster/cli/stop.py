"""`cluster stop`: ends a running cluster."""

import click

from cluster.cli.entry import ExitCode
from cluster.launch.client import Client, check_address
from cluster.launch.connection import default_dir, find


@click.command()
@click.option("--address", help="The cluster's address (default: this user's running cluster).")
def command(address: str | None) -> int:
    """End a running cluster: its programs are ended first.

    \b
    Examples:
      cluster stop
      cluster stop --address ipc:///run/user/1000/gmp-cluster/coordinator.sock
    """
    address = address or find(default_dir()).address
    check_address(address)
    client = Client(address)
    try:
        client.stop_cluster()
    finally:
        client.close()
    return ExitCode.DONE
