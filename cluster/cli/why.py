"""`cluster why`: where a goroutine is, for what it waits, who could wake it, and how it came there."""

import json
from pathlib import Path

import click
import psutil

from cluster.cli.entry import ExitCode
from cluster.cli.joining import address_options, join
from cluster.launch.client import Client
from cluster.model.clock import MILLISECOND, SECOND
from cluster.model.errors import ClusterError
from cluster.model.ids import NO_M
from cluster.wire.inquiry import Known, Silent, Why
from cluster.wire.messages import ProgramRow

NOT_RECORDED = "not recorded: of a program that is run with --trace or --explain it is"
NO_CLOCK = "since when is not recorded: of locks it is"


@click.command(context_settings={"ignore_unknown_options": True})  # a task of a pool has a number below zero
@click.argument("goid", type=int)
@address_options
@click.option("--program", type=int, help="The program of that number; `cluster status` shows them.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
def command(goid: int, address: str | None, connection: Path | None, program: int | None, as_json: bool) -> int:
    """Tell where goroutine GOID is, for what it waits, who could wake it, and how it came there.

    GOID is a number of `cluster dump`. What is not recorded is said to be so.

    \b
    Examples:
      cluster why 7
      cluster why 7 --program 3 --json
    """
    client = join(address, connection)
    try:
        row, why = _find(client, goid, program)
    finally:
        client.close()
    click.echo(json.dumps(describe(row, why)) if as_json else text(row, why))
    return ExitCode.DONE


def _find(client: Client, goid: int, number: int | None) -> tuple[ProgramRow, Why]:
    """The one program that has such a goroutine, and what is known. ClusterError when none has, or several have."""
    rows = [row for row in client.status().programs if number in (None, row.program)]
    if not rows:
        what = "no program runs" if number is None else f"there is no program {number}"
        raise ClusterError(f"{what}: `cluster status` shows those that run")
    answers = [(row, client.why(row.program, goid)) for row in rows]
    found = [(row, why) for row, why in answers if why.place != "nowhere"]
    if not found:
        raise ClusterError(missing(goid, answers))
    if len(found) > 1:
        names = ", ".join(f"{row.program} ({row.name})" for row, _ in found)
        raise ClusterError(f"programs {names} have a goroutine {goid}: name one with --program")
    return found[0]


def missing(goid: int, answers: list[tuple[ProgramRow, Why]]) -> str:
    """Why nothing can be told of a goroutine that nobody has."""
    names = ", ".join(str(row.program) for row, _ in answers)
    said = f"no goroutine {goid} in program {names}: it has ended, or there never was one"
    for row, why in answers:
        if why.moves:
            last = why.moves[-1]
            said = f"goroutine {goid} of program {row.program} has ended: M{last.m} took it {_s(last.ago_ns)} ago"
        if why.silent:
            said += "; or it is on one of those that do not answer: " + ", ".join(silence(one) for one in why.silent)
    return said


# -- as text


def text(row: ProgramRow, why: Why) -> str:
    """What people read."""
    lines = [f"goroutine {why.goid} of program {why.program} ({row.name}): {state(why)}", f"where: {where(why)}"]
    for found in why.found:
        lines += [f"  queue: {found.queue}"] if found.queue else []
        lines += [f"  cannot leave its M: {found.pinned}"] if found.pinned else []
    if len(waits := _waits(why)) > 1:
        lines.append(f"it waits for one of {len(waits)} cases")
    for known in waits:
        lines += _waited(why, known)
    lines += ["history:", *(f"  {line}" for line in history(why))]
    if why.silent:
        lines.append("did not answer: " + "; ".join(silence(one) for one in why.silent))
    lines += ["", *(found.text for found in why.found if found.text)]
    return "\n".join(lines).rstrip()


def state(why: Why) -> str:
    """Go's word for it, and why it waits."""
    if why.place in ("flight", "queue"):
        return "in flight" if why.place == "flight" else "runnable"
    if not why.found:
        return "unknown"
    found = why.found[0]
    return f"{found.status} [{found.reason}]" if found.reason else found.status


def where(why: Why) -> str:
    """On which M, or in which queue."""
    on = "" if why.m == NO_M else f"M{why.m} (pid {why.pid}, {why.m_status}{'' if why.p < 0 else f', holds P{why.p}'})"
    if why.place == "m":
        return f"on {on}"
    if why.place == "silent":
        return f"{why.detail}: {silence(next(one for one in why.silent if one.m == why.m))}"
    return f"{why.detail}" if why.place == "queue" else f"{why.detail}; {on}"


def silence(one: Silent) -> str:
    """What is known of an M that does not answer."""
    return f"M{one.m} (pid {one.pid}) has said nothing for {_s(one.silent_ns)}{_process(one.pid)}"


def _process(pid: int) -> str:
    try:
        return ": its process is stopped" if psutil.Process(pid).status() == psutil.STATUS_STOPPED else ""
    except psutil.Error:  # of another machine, or gone
        return ""


def _waits(why: Why) -> list[Known]:
    return [at.known for at in why.objs if at.known.kind]


def name(known: Known) -> str:
    """How an object is called here."""
    if known.home == NO_M:
        return f"{known.kind} at {known.address:#x}, which has never left its M" if known.address else known.kind
    return f"{known.kind} {known.serial} of M{known.home}" + (f" at {known.address:#x}" if known.address else "")


def _waited(why: Why, known: Known) -> list[str]:
    """An object for which it waits, its state, and who could end that."""
    since = NO_CLOCK if known.since_ns < 0 else f"for {_s(known.since_ns)}"
    lines = [f"waits: {known.doing}, {name(known)}"]
    if known.address or known.home != NO_M:
        lines[0] += f"; {since}"
    about = same(why, known)
    facts = [fact for _, one in about for fact in one.facts]
    lines += [f"  {fact.name}: {fact.value}" for fact in facts]
    if not facts and known.home != NO_M:
        lines.append(f"  its state is not known: its home, M{known.home}, has not told it")
    for title, parties in who(why, known):
        lines.append(f"  {title}: " + (", ".join(parties) if parties else "nobody, as far as is known"))
    unseen = sum(one.unseen for _, one in about)
    return [*lines, f"  goroutines that are not named here: {unseen}"] if unseen else lines


def same(why: Why, known: Known) -> list[tuple[int, Known]]:
    """What each M knows of that object: (the M, its knowledge)."""
    if known.home == NO_M:
        return [(why.m, known)]
    return [(at.m, at.known) for at in why.objs if (at.known.home, at.known.serial) == (known.home, known.serial)]


def who(why: Why, known: Known) -> list[tuple[str, list[str]]]:
    """(how, goroutines) that could wake it, or wait as it does; [] of what is no object."""
    if not known.address and known.home == NO_M:
        return []
    about = same(why, known)
    waiting = [(f"{party.goid} on M{m}", party.doing) for m, one in about for party in one.waiting]
    inside = [f"{goid} on M{m}" for m, one in about for goid in one.inside]
    having = [f"{goid} on M{m}" for m, one in about for goid in one.having]
    other = [party for party, doing in waiting if doing != known.doing]
    like = [party for party, doing in waiting if doing == known.doing]
    found = [("waiting on the other side", other)] if known.kind == "chan" else []
    if known.kind in ("mutex", "rwmutex"):
        found.append(("inside of its `async with`, and so holding it (a plain lock() is recorded nowhere)", inside))
        found += [("waiting for it otherwise", other)] if other else []
    return [*found, ("having it in a variable", having), ("waiting as it does", like)]


def history(why: Why) -> list[str]:
    """How it came where it is, as far as that is recorded."""
    lines = [] if why.made_on == NO_M else [f"made on M{why.made_on}"]
    for moved in why.moves:
        lines.append(
            f"{'moved to' if moved.started else 'came, before it began, to'} M{moved.m} {_s(moved.ago_ns)} ago"
        )
    lines += [] if lines else ["made by its client, and given to no M yet"]
    lines += [] if why.moves else ["it has not moved, as far as is recorded"]
    for found in why.found:
        ran = f"it ran {_s(found.ran_ns)} ago, {found.slices} slices here, {found.preempted} of them preempted"
        lines.append(f"last run: {NOT_RECORDED if found.ran_ns < 0 else ran}")
    return lines


def _s(ns: int) -> str:
    return f"{ns / SECOND:.1f} s" if ns >= SECOND else f"{ns / MILLISECOND:.1f} ms"


# -- as JSON


def describe(row: ProgramRow, why: Why) -> dict[str, object]:
    """The same as plain data. Durations in seconds; absent and unrecorded is null."""
    found = why.found[0] if why.found else None
    recorded = found is not None and found.ran_ns >= 0
    return {
        "program": why.program, "name": row.name, "goid": why.goid, "place": why.place, "detail": why.detail,
        "state": state(why),
        "m": _or_null(why.m), "pid": _or_null(why.pid), "p": _or_null(why.p), "m_state": why.m_status or None,
        "queue": (found.queue or None) if found else None,
        "pinned": (found.pinned or None) if found else None,
        "waits_for": [_plain(why, known) for known in _waits(why)],
        "made_on": _or_null(why.made_on),
        "moves": [{"m": one.m, "ago_s": one.ago_ns / SECOND, "started": one.started} for one in why.moves],
        "ran_s": found.ran_ns / SECOND if found and recorded else None,
        "slices": found.slices if found and recorded else None,
        "preempted": found.preempted if found and recorded else None,
        "silent": [{"m": one.m, "pid": one.pid, "silent_s": one.silent_ns / SECOND} for one in why.silent],
        "dump": (found.text or None) if found else None,
    }  # fmt: skip


def _plain(why: Why, known: Known) -> dict[str, object]:
    about = same(why, known)
    return {
        "kind": known.kind, "home": _or_null(known.home), "serial": known.serial or None, "doing": known.doing,
        "since_s": None if known.since_ns < 0 else known.since_ns / SECOND,
        "facts": {fact.name: fact.value for _, one in about for fact in one.facts},
        "waiting": [{"goid": who.goid, "m": m, "doing": who.doing} for m, one in about for who in one.waiting],
        "inside": [{"goid": goid, "m": m} for m, one in about for goid in one.inside],
        "having": [{"goid": goid, "m": m} for m, one in about for goid in one.having],
        "unseen": sum(one.unseen for _, one in about),
    }  # fmt: skip


def _or_null(number: int) -> int | None:
    return None if number < 0 else number
