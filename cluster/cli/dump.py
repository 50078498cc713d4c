"""`cluster dump`: what every goroutine of a running cluster does, in Go's format."""

from pathlib import Path

import click

from cluster.cli.entry import ExitCode
from cluster.cli.joining import address_options, join
from cluster.model.errors import ClusterError


@click.command()
@address_options
@click.option("--program", type=int, help="Only of the program of that number; `cluster status` shows them.")
def command(address: str | None, connection: Path | None, program: int | None) -> int:
    """Show a dump of all goroutines of a running cluster, program by program.

    Each M answers for itself, also beside a goroutine that computes. One that is stopped is left out after a second.

    \b
    Examples:
      cluster dump
      cluster dump --program 3
    """
    client = join(address, connection)
    try:
        rows = [row for row in client.status().programs if program in (None, row.program)]
        if program is not None and not rows:
            raise ClusterError(f"there is no program {program}: `cluster status` shows those that run")
        for row in rows:
            texts = client.dump(row.program)
            click.echo(f"program {row.program}: {row.name}", err=True)
            click.echo("\n\n".join(text.rstrip("\n") for text in texts))
    finally:
        client.close()
    return ExitCode.DONE
