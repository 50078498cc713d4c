"""`cluster stop`: ends a running cluster."""

from pathlib import Path

import click

from cluster.cli.entry import ExitCode
from cluster.cli.joining import address_options, join


@click.command()
@address_options
def command(address: str | None, connection: Path | None) -> int:
    """End a running cluster: its programs are ended first.

    \b
    Examples:
      cluster stop
      cluster stop --address ipc:///run/user/1000/gmp-cluster/coordinator.sock
    """
    client = join(address, connection)
    try:
        client.stop_cluster()
    finally:
        client.close()
    return ExitCode.DONE
