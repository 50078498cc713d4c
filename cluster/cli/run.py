"""`cluster run FILE.py [ARGS…]`: runs main() of a file, on a cluster of its own or on a running one."""

import ast
from pathlib import Path

import click

from cluster.api.cluster import Cluster
from cluster.api.session import print_to_streams
from cluster.api.source import of_file
from cluster.cli.entry import ExitCode
from cluster.cli.joining import connection_option
from cluster.launch.connection import default_file, find
from cluster.model.errors import NoClusterError
from cluster.model.limits import MS_MAX, PROCS_MAX
from cluster.trace.chrome import write as write_chrome
from cluster.trace.explain import Explainer
from cluster.wire.messages import Options, Span, Step


@click.command(context_settings={"ignore_unknown_options": False, "allow_interspersed_args": False})
@click.option("-p", "--procs", type=click.IntRange(1, PROCS_MAX), help="GOMAXPROCS: how many Ps.")
@click.option("-w", "--workers", type=click.IntRange(1, MS_MAX), help="How many Ms to start (default: one per P).")
@click.option("--address", help="Run on the cluster at this address, instead of starting one.")
@connection_option
@click.option("--race", is_flag=True, help="Copy what goroutines give each other, so that sharing fails every time.")
@click.option("--explain", is_flag=True, help="Tell every step of the scheduler as it happens, on stderr.")
@click.option("--trace", type=click.Path(dir_okay=False, writable=True, path_type=Path), help="Write a Perfetto trace.")
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(
    procs: int | None,
    workers: int | None,
    address: str | None,
    connection: Path | None,
    race: bool,
    explain: bool,
    trace: Path | None,
    file: Path,
    arguments: tuple[str, ...],
) -> int:
    """Run main() of FILE with ARGUMENTS in its sys.argv.

    \b
    Examples:
      cluster run app.py
      cluster run -p 4 -w 4 app.py --size 10
      cluster run --race app.py
      cluster run --explain app.py
      GODEBUG=schedtrace=1000 cluster run app.py

    Joins the cluster of this user if one is running and neither -p nor -w is given; else starts its
    own. Exit codes: 0 done, 1 failed, 2 panic, deadlock or misuse, or what the program said.
    """
    if (address is not None or connection is not None) and (procs is not None or workers is not None):
        raise click.UsageError("-p and -w are those of the cluster at --address: leave them out")
    problem = check_file(file) or (None if trace is None else check_writable(trace))
    if problem is not None:
        click.echo(f"cluster: {problem}", err=True)
        return ExitCode.FAILED
    watcher = _Watcher(explain)
    options = Options(explain=explain, trace=trace is not None, by_path=True, race=race)
    if address is None and connection is None:
        connection = _running(procs, workers)
    with Cluster(procs, workers, address, connection=connection) as cluster:
        code, text = cluster.run_file(of_file(file, arguments), options, print_to_streams, watcher.take)
    if text:
        print_to_streams(2, text.encode("utf-8", "surrogateescape"))
    if trace is not None:
        with trace.open("w", encoding="utf-8") as out:
            write_chrome(watcher.spans, watcher.steps, out)
    return code


def _running(procs: int | None, workers: int | None) -> Path | None:
    """The connection file of this user's running cluster, if one should be joined."""
    if procs is not None or workers is not None:
        return None
    try:
        find(file := default_file())
    except NoClusterError:
        return None
    return file


class _Watcher:
    """Tells the story on stderr, and keeps the trace for a file, as far as each was asked for."""

    def __init__(self, explain: bool) -> None:
        self._explainer = Explainer() if explain else None
        self.spans: list[Span] = []
        self.steps: list[Step] = []

    def take(self, spans: tuple[Span, ...], steps: tuple[Step, ...]) -> None:
        self.spans += spans
        self.steps += steps
        if self._explainer is not None:
            for line in self._explainer.lines(steps):
                click.echo(line, err=True)


def check_file(file: Path) -> str | None:
    """Why `file` cannot be a program, found out before any process is started; None when it can."""
    try:
        text = file.read_bytes()
    except OSError as error:
        return f"cannot read {file}: {error.strerror}"
    try:
        tree = ast.parse(text, filename=str(file))
    except (SyntaxError, ValueError) as error:
        line = f", line {error.lineno}" if isinstance(error, SyntaxError) else ""
        return f"{file}{line}: {getattr(error, 'msg', error)}: this is no Python program"
    return None if _may_define_main(tree) else f"{file} has no function `main`: a program needs `async def main():`"


def check_writable(trace: Path) -> str | None:
    """Why no trace can be written to this file, found out before the program has run; None when it can."""
    try:
        trace.open("a").close()
    except OSError as error:
        return f"cannot write {trace}: {error.strerror}"
    return None


def _may_define_main(tree: ast.Module) -> bool:
    """Whether the file may have a global `main`: by definition, assignment or import."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name="main") | ast.AsyncFunctionDef(name="main") | ast.Name(id="main"):
                return True
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                if any((alias.asname or alias.name) in ("main", "*") for alias in names):
                    return True
            case _:
                pass
    return False
