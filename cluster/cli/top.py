"""`cluster top`: the status of a running cluster, again and again."""

import contextlib
import itertools
import time
from pathlib import Path

import click

from cluster.cli.entry import ExitCode
from cluster.cli.joining import address_options, join
from cluster.cli.status import show


@click.command()
@address_options
@click.option("--every-s", type=click.FloatRange(min=0.1), default=1.0, show_default=True, help="Seconds between two.")
@click.option("--times", type=click.IntRange(min=1), help="Show it so often, then end (default: until Ctrl-C).")
def command(address: str | None, connection: Path | None, every_s: float, times: int | None) -> int:
    """Show Ps, Ms, the global queue and programs of a running cluster, and how they change. Ctrl-C ends it.

    \b
    Examples:
      cluster top
      cluster top --every-s 0.2
      cluster top --times 1
    """
    client = join(address, connection)
    try:
        with contextlib.suppress(KeyboardInterrupt):
            for shown in itertools.count(1):
                status = client.status()
                click.clear()  # nothing, when nobody looks at a terminal
                show(status, client.address)
                if shown == times:
                    break
                time.sleep(every_s)
    finally:
        client.close()
    return ExitCode.DONE
