"""The `cluster` command: finds the subcommand, and turns errors into one paragraph and an exit code."""

import sys
from collections.abc import Mapping
from enum import IntEnum
from importlib import import_module
from typing import Final

import click

from cluster.model.errors import ClusterError


class ExitCode(IntEnum):
    """What `cluster` exits with, unless the program said `exit(n)`."""

    DONE = 0
    FAILED = 1
    MISUSE = 2  # also: panic and fatal error, as in Go
    INTERRUPTED = 130  # 128 + SIGINT


# Imported when called: a subcommand pays for its own imports only.
_COMMANDS: Final[Mapping[str, str]] = {
    "run": "Run main() of a program file.",
    "demo": "The tour: hello world explained, scaling, the cores picture; one example; handoff, preempt.",
    "switch": "What a switch costs here: from a call to a process, in an M and between Ms, beside C and Go.",
    "peers": "The pool beside every other pool that is installed.",
    "scale": "How work scales over Ps, beside a bare split over processes.",
    "status": "Ps, Ms, the global queue and programs of a running cluster.",
    "top": "The same, again and again.",
    "dump": "What every goroutine of a running cluster does: Go's dump.",
    "why": "Where a goroutine is, for what it waits, who could wake it, and how it came there.",
    "stop": "End a running cluster.",
}


class _Group(click.Group):
    """Subcommands by name; the module of one is imported when it is wanted."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"cluster.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="gmp-cluster", prog_name="cluster")
def group() -> None:
    """Goroutines and channels on all cores: Go's scheduler as a multi-process runtime for Python.

    \b
    Examples:
      cluster demo
      cluster run app.py
      cluster run -p 2 -w 2 --explain app.py --size 10
    """


def main() -> None:
    """The console script."""
    try:
        code = group.main(standalone_mode=False, prog_name="cluster")
    except click.ClickException as error:
        error.show()
        code = ExitCode.MISUSE
    except (KeyboardInterrupt, click.Abort):
        code = ExitCode.INTERRUPTED
    except ClusterError as error:
        click.echo(f"cluster: {error}", err=True)
        code = ExitCode.FAILED
    except BrokenPipeError:
        sys.stderr.close()  # whoever read our output has gone: nothing more can be said
        code = ExitCode.FAILED
    sys.exit(code if isinstance(code, int) else ExitCode.DONE)
