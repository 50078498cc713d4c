"""`cluster status`: who holds which P, what the Ms do, what waits."""

import json
from pathlib import Path

import click
import psutil
from rich.console import Console
from rich.table import Table

from cluster.cli.entry import ExitCode
from cluster.cli.joining import address_options, join
from cluster.model.clock import SECOND
from cluster.wire.messages import MRow, Status


@click.command()
@address_options
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of tables.")
def command(address: str | None, connection: Path | None, as_json: bool) -> int:
    """Show Ps, Ms, the global queue and programs of a running cluster.

    \b
    Examples:
      cluster status
      cluster status --json
    """
    client = join(address, connection)
    try:
        status = client.status()
    finally:
        client.close()
    if as_json:
        click.echo(json.dumps(describe(status, client.address)))
    else:
        show(status, client.address)
    return ExitCode.DONE


def describe(status: Status, address: str) -> dict[str, object]:
    """The status as plain data. Sizes in bytes, durations in seconds, absent ids are null."""
    return {
        "address": address,
        "pid": status.pid,
        "gomaxprocs": status.procs,
        "globrunq": status.globrunq,
        "bad_frames": status.bad_frames + sum(m.bad_frames for m in status.ms),
        "cut_off": status.cut_off,
        "turned_away": status.turned_away,
        "counts": status.counts._asdict(),
        "ps": [
            {
                "p": p.p,
                "status": p.status,
                "m": None if p.m < 0 else p.m,
                "epoch": p.epoch,
                "runq": p.runq,
                "schedtick": p.tick,
            }
            for p in status.ps
        ],
        "ms": [_describe_m(m) for m in status.ms],
        "programs": [
            {
                "program": program.program,
                "name": program.name,
                "goroutines": program.goroutines,
                "stacks": program.stacks,
                "largest_stack": program.largest,
                "age_s": round(program.age_ns / SECOND, 3),
            }
            for program in status.programs
        ],
    }


def _describe_m(m: MRow) -> dict[str, object]:
    core, rss = process_facts(m.pid)
    return {
        "m": m.m,
        "pid": m.pid,
        "state": m.status,
        "p": None if m.p < 0 else m.p,
        "runnable": m.runnable,
        "goroutines": m.goroutines,
        "pinned": m.pinned,
        "immobile": m.immobile or None,
        "unpreempted": m.unpreempted or None,
        "bad_frames": m.bad_frames,
        "core": core,
        "rss": rss,
        "silent_s": round(m.silent_ns / SECOND, 3),
    }


def process_facts(pid: int) -> tuple[int | None, int | None]:
    """(core, resident bytes) of a process of this machine; None where the system does not tell."""
    try:
        process = psutil.Process(pid)
        core = process.cpu_num() if hasattr(process, "cpu_num") else None
        return core, process.memory_info().rss
    except psutil.Error:
        return None, None


def show(status: Status, address: str) -> None:
    """The status as tables."""
    console = Console()
    console.print(f"coordinator pid {status.pid} at {address}")
    console.print(f"GOMAXPROCS {status.procs}, global queue {status.globrunq}")
    counts = status.counts
    console.print(
        f"since it began: {counts.steals} steals of {counts.stolen} goroutines, {counts.handoffs} Ps handed off, "
        f"{counts.messages} messages",
        highlight=False,
    )
    ps = _table("Ps", "P", "status", "M", "epoch", "queue", "schedtick")
    for p in status.ps:
        ps.add_row(str(p.p), p.status, _id(p.m), str(p.epoch), str(p.runq), str(p.tick))
    ms = _table("Ms", "M", "pid", "state", "P", "core", "RSS", "runnable", "goroutines", "pinned")
    for m in status.ms:
        core, rss = process_facts(m.pid)
        size = "" if rss is None else f"{rss / 2**20:.1f} MiB"
        ms.add_row(
            str(m.m), str(m.pid), m.status, _id(m.p), "" if core is None else str(core), size,
            str(m.runnable), str(m.goroutines), str(m.pinned),
        )  # fmt: skip
    programs = _table("Programs", "program", "name", "goroutines", "stacks", "largest", "age")
    for program in status.programs:
        age = f"{program.age_ns / SECOND:.1f} s"
        stacks, largest = f"{program.stacks / 1024:,.0f} KiB", f"{program.largest / 1024:,.0f} KiB"
        programs.add_row(str(program.program), program.name, str(program.goroutines), stacks, largest, age)
    for table in (ps, ms, programs):
        console.print(table)
    show_strangers(console, status)
    for what, reasons in (
        ("that have started stay on", {m.m: m.immobile for m in status.ms if m.immobile}),
        ("are not preempted on", {m.m: m.unpreempted for m in status.ms if m.unpreempted}),
    ):
        for reason in dict.fromkeys(reasons.values()):
            names = ", ".join(f"M{m}" for m in reasons if reasons[m] == reason)
            console.print(f"Goroutines {what} {names}: {reason}")


def show_strangers(console: Console, status: Status) -> None:
    """Who sent what is no message, and who was not let in; nothing when nobody did."""
    by_ms = [f"M{m.m} {m.bad_frames}" for m in status.ms if m.bad_frames]
    if status.bad_frames or by_ms:
        who = ", ".join([f"coordinator and others {status.bad_frames}", *by_ms])
        console.print(f"Bad frames dropped: {who}; peers cut off by the coordinator: {status.cut_off}")
    if status.turned_away:
        console.print(f"Visitors turned away, whose key opens nothing here: {status.turned_away}")


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column, justify="left" if column in ("status", "state", "name") else "right")
    return table


def _id(number: int) -> str:
    return "-" if number < 0 else str(number)
