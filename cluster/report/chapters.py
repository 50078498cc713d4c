"""What the report says, chapter by chapter, of what was found. Sentences that are always the same are in prose.py."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from cluster.bench.efficiency import LOSSES, Row, Series, limits
from cluster.bench.laws import Fits
from cluster.bench.machine import in_lines, in_words
from cluster.bench.scalework import KINDS
from cluster.report import prose
from cluster.report.costs import Bar, ladder
from cluster.report.curves import account, panel
from cluster.report.page import card, cells, escaped, page, table, warning
from cluster.trace.explain import WORDS

# A line of the story: time, what happened, perhaps why, perhaps where in Go. See cluster/trace/explain.py.
LINE: Final = re.compile(r"\s*(?P<ms>[\d.]+) ms  (?P<says>.*?)(?: \((?P<go>[^()]*)\))?")
REASONS: Final = tuple(words.because for words in WORDS.values() if words.because)


@dataclass(frozen=True, slots=True)
class Findings:
    """All that the demo has found out. `cores` is an SVG; without bars or rows their chapters say so."""

    facts: Mapping[str, object]
    when: str
    story: Sequence[str]
    cores: str
    cores_say: str
    bars: Sequence[Bar] = ()
    rows: Sequence[Row] = ()
    fits: Mapping[Series, Fits] = field(default_factory=dict)
    said: Sequence[str] = ()  # what was left out, and what is wrong with the machine


def report(found: Findings) -> str:
    """The whole page."""
    chapters = [
        ("Hello, world: how a goroutine comes to run", _hello(found)),
        ("Which core ran what, and when", _cores(found)),
        ("What a switch costs", _costs(found)),
        ("The same work on more Ps", _scaling(found)),
        ("This machine", _machine(found)),
        ("How it was measured, and how to do it again", prose.HOW),
    ]
    return page(prose.TITLE, prose.LEAD, f"{found.when} · {in_words(found.facts)}", chapters)


def _hello(found: Findings) -> str:
    head = cells(("ms",), numbers=True, tag="th") + cells(("what happened", "in Go's runtime"), tag="th")
    return prose.HELLO + card(table(head, map(_told, found.story)))


def _told(line: str) -> str:
    """A line of the story as a row; what the program printed stands out."""
    matched = LINE.fullmatch(line)
    if matched is None:
        return f'<td class="n dim">output</td><td colspan="2"><pre>{escaped(line.strip())}</pre></td>'
    says = matched["says"]
    reason = next((one for one in REASONS if says.endswith(one) and says != one), "")
    if reason:
        says = says.removesuffix(reason).rstrip(":; ")
    why = f'<br><span class="why">{escaped(reason)}</span>' if reason else ""
    return (
        f'<td class="n dim">{matched["ms"]}</td><td>{escaped(says)}{why}</td>'
        f'<td class="go">{escaped(matched["go"] or "")}</td>'
    )


def _cores(found: Findings) -> str:
    return f"{prose.CORES}<p>{escaped(found.cores_say)}</p><figure>{found.cores}</figure>"


def _costs(found: Findings) -> str:
    if not found.bars:
        return prose.COSTS + prose.COSTS_MISSING
    return prose.COSTS + card(ladder(found.bars)) + prose.COSTS_NOTE


def _scaling(found: Findings) -> str:
    strong = [row for row in found.rows if not row.weak and not row.pinned]
    if not strong:
        return prose.SCALING + prose.SCALING_MISSING
    kinds = list(dict.fromkeys(row.kind for row in strong))
    panels = "".join(panel([row for row in strong if row.kind == kind], KINDS[kind].says) for kind in kinds)
    over = prose.OVERSUBSCRIBED if any(row.oversubscribed for row in strong) else ""
    drawn = f'{prose.SCALING_KEY}<div class="panels">{panels}</div>{over}'
    return prose.SCALING + drawn + _gone(strong) + _laws(found)


def _gone(strong: Sequence[Row]) -> str:
    """Where the time went, on the largest number of Ps that have a core each."""
    most = max((row.procs for row in strong if not row.oversubscribed), default=1)
    if most == 1:
        return prose.ONE_CORE
    rows = [row for row in strong if row.procs == most]
    names = {"work": "the work, as on one P", **LOSSES}
    key = "".join(f'<span><i class="{name}"></i>{escaped(words)}</span>' for name, words in names.items())
    counted = ("of ideal", "steals", "hand-offs", "messages per goroutine")
    head = cells(("work", "all the time that the Ps had"), tag="th") + cells(counted, numbers=True, tag="th")
    said = "".join(f"<li><b>{escaped(row.kind)}</b>: {escaped(limits(row))}.</li>" for row in rows)
    return (
        f"<h3>Where the time went, on {most} Ps</h3>{prose.GONE}"
        f'<div class="key">{key}</div>{card(table(head, map(_account, rows)))}<ul class="plain">{said}</ul>'
    )


def _account(row: Row) -> str:
    numbers = (
        f"{100 * row.efficiency.median:.0f} %",
        f"{row.steals:,.0f}",
        f"{row.handoffs:,.0f}",
        f"{row.messages_per_goroutine:.2g}",
    )
    return f"{cells((row.kind,))}<td>{account(row.lost)}</td>{cells(numbers, numbers=True)}"


def _laws(found: Findings) -> str:
    fitted = {kind: fits for (kind, pinned), fits in found.fits.items() if not pinned}
    lines = "".join(
        f"<li><b>{escaped(kind)}</b>: {escaped('; '.join(fits.says()))}</li>"
        for kind, fits in fitted.items()
        if fits.says()
    )
    knows = "".join(f"<p>{escaped(text)}</p>" for text in dict.fromkeys(fits.knows() for fits in fitted.values()))
    return f'{prose.LAWS}<ul class="plain">{lines}</ul>{knows}'


def _machine(found: Findings) -> str:
    rows = [cells((name.replace("_", " "), value)) for name, value in in_lines(found.facts)]
    return prose.MACHINE + warning(found.said) + card(table(cells(("", ""), tag="th"), rows))
