"""One HTML page with all that it needs in it: no script, no font, no link, nothing that is fetched.

Light or dark as the reader's system is, by a media query over a few variables. It is read on a screen of any width and
on paper. Text from outside (names of goroutines, of processors) is escaped where it enters: `escaped`, `cells`.
"""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

STYLE: Final = """
:root {
  color-scheme: light dark;
  --ground: #fbfbfa; --card: #ffffff; --ink: #1f2328; --soft: #5a6470; --line: #e1e4e8; --track: #eef1f4;
  --ours: #2f6fb0; --bare: #c2703d; --other: #8a94a0; --warm: #fff6e0; --warm-line: #e6c36a;
  --work: #2f6fb0; --dearer: #d08a3e; --kept: #b8556a; --asleep: #b9c1ca;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0f1318; --card: #161b22; --ink: #e8edf3; --soft: #9aa5b1; --line: #2b323b; --track: #222931;
    --ours: #6aa8e6; --bare: #e39a67; --other: #77828e; --warm: #2c2615; --warm-line: #7d6930;
    --work: #5b9bdc; --dearer: #dba15c; --kept: #d57c8f; --asleep: #4b5560;
  }
}
* { box-sizing: border-box }
body {
  margin: 0; background: var(--ground); color: var(--ink); line-height: 1.6; font-size: 17px;
  font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif;
}
main { max-width: 1128px; margin: 0 auto; padding: 56px 24px 96px }
header h1 { font-size: 40px; line-height: 1.15; letter-spacing: -0.02em; margin: 0 0 12px }
header .lead { font-size: 20px; line-height: 1.5; max-width: 46em; margin: 0 0 20px }
p, ul.plain { max-width: 44em; margin: 0 0 14px }
.meta { color: var(--soft); font-size: 14px; max-width: none }
section { margin-top: 64px }
h2 { font-size: 28px; line-height: 1.2; letter-spacing: -0.01em; margin: 0 0 14px }
h2 .no { color: var(--soft); font-weight: 400; margin-right: 10px }
h3 { font-size: 18px; margin: 30px 0 8px }
nav { display: flex; flex-wrap: wrap; gap: 6px 20px; font-size: 15px; margin-top: 18px }
nav a { color: var(--ours); text-decoration: none } nav a:hover { text-decoration: underline }
.card {
  background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 22px 24px; margin: 18px 0;
  overflow-x: auto;
}
.warning {
  background: var(--warm); border: 1px solid var(--warm-line); border-radius: 10px; padding: 14px 20px; margin: 18px 0;
  font-size: 15px;
}
.warning p { margin: 0; max-width: none }
.words { display: grid; grid-template-columns: repeat(auto-fit, minmax(230px, 1fr)); gap: 14px; margin: 18px 0 }
.words div { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 16px 18px }
.words b { font-size: 19px } .words p { font-size: 15px; margin: 4px 0 0; color: var(--soft) }
table { border-collapse: collapse; width: 100%; font-size: 15px; font-variant-numeric: tabular-nums }
th { text-align: left; font-weight: 600; color: var(--soft); font-size: 13px }
th { padding: 6px 12px 6px 0; vertical-align: bottom }
td { padding: 6px 12px 6px 0; border-top: 1px solid var(--line); vertical-align: top }
td.n, th.n { text-align: right; white-space: nowrap }
td.dim, .dim { color: var(--soft) }
tr.group td { border-top: none; padding-top: 22px; font-weight: 600 }
td pre { margin: 0; padding: 6px 12px }
code, pre { font-family: ui-monospace, "SF Mono", "DejaVu Sans Mono", Consolas, monospace; font-size: 0.88em }
pre { background: var(--track); border-radius: 8px; padding: 14px 18px; margin: 12px 0 }
pre { overflow-x: auto; line-height: 1.5 }
.go { color: var(--soft); font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: 12px }
.why { color: var(--soft); font-size: 14px }
figure { margin: 18px 0 } figure svg { max-width: 100%; height: auto; display: block }
figcaption, .note { color: var(--soft); font-size: 14px; max-width: 60em }
.scale { position: relative; height: 16px; min-width: 260px; margin-top: 4px }
.scale { background: var(--track); border-radius: 3px }
.scale i { position: absolute; top: 0; bottom: 0; left: 0; border-radius: 3px; background: var(--ours) }
.scale i.c { background: var(--other) } .scale i.go-bar { background: #00a6c8 }
.scale i.perf { background: var(--bare) }
.scale u { position: absolute; top: 7px; height: 2px; background: var(--ink); opacity: 0.75 }
.axis { position: relative; height: 18px; min-width: 260px; font-size: 12px; font-weight: 400; color: var(--soft) }
.axis span { position: absolute; transform: translateX(-50%); white-space: nowrap }
.axis span:first-child { transform: none } .axis span:last-child { transform: translateX(-100%) }
.stack { display: flex; height: 20px; min-width: 260px; border-radius: 4px; overflow: hidden; background: var(--track) }
.stack i { display: block }
.work { background: var(--work) } .dearer { background: var(--dearer) }
.kept { background: var(--kept) } .asleep { background: var(--asleep) }
.key { display: flex; flex-wrap: wrap; gap: 6px 22px; font-size: 14px; margin: 10px 0 }
.key span { display: inline-flex; align-items: center; gap: 8px }
.key i { width: 12px; height: 12px; border-radius: 3px; display: inline-block }
.key i.ours { background: var(--ours) } .key i.bare { background: var(--bare) }
.panels { display: grid; grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); gap: 14px }
.panels figure { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 16px; margin: 0 }
.panels figcaption { font-size: 14px; margin-top: 8px }
svg.plot text { font-size: 12px; fill: var(--soft); font-family: inherit }
svg.plot text.name { font-size: 15px; font-weight: 600; fill: var(--ink) }
svg.plot text.ours { fill: var(--ours); font-weight: 600 } svg.plot text.bare { fill: var(--bare); font-weight: 600 }
svg.plot .rule { stroke: var(--line); stroke-width: 1 }
svg.plot .ideal { stroke: var(--soft); stroke-width: 1.5; stroke-dasharray: 4 4; fill: none }
svg.plot .line-ours { stroke: var(--ours); stroke-width: 2.5; fill: none }
svg.plot .line-bare { stroke: var(--bare); stroke-width: 2.5; fill: none }
svg.plot circle.ours { fill: var(--ours) } svg.plot circle.bare { fill: var(--bare) }
@media print { section { break-inside: avoid } body { font-size: 12pt } nav { display: none } }
@media (max-width: 700px) { header h1 { font-size: 30px } main { padding-top: 28px } .card { padding: 14px } }
"""


def page(title: str, lead: str, meta: str, chapters: Sequence[tuple[str, str]]) -> str:
    """The whole page. Each chapter is a title and its HTML; `title`, `lead` and `meta` are text."""
    links = "".join(f'<a href="#c{at}">{at}. {escape(name)}</a>' for at, (name, _) in enumerate(chapters, 1))
    body = "\n".join(
        f'<section id="c{at}"><h2><span class="no">{at}</span>{escape(name)}</h2>\n{html}\n</section>'
        for at, (name, html) in enumerate(chapters, 1)
    )
    head = f'<header><h1>{escape(title)}</h1><p class="lead">{escape(lead)}</p><p class="meta">{escape(meta)}</p>'
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>\n"
        f"<body><main>{head}<nav>{links}</nav></header>\n{body}\n</main></body></html>\n"
    )


def escaped(words: str) -> str:
    """Text as HTML."""
    return escape(words)


def card(*html: str) -> str:
    """A framed part."""
    return f'<div class="card">{"".join(html)}</div>\n'


def warning(texts: Iterable[str]) -> str:
    """What keeps the figures from being believed; "" when nothing does."""
    lines = "".join(f"<p>{escape(text)}</p>" for text in texts)
    return f'<div class="warning">{lines}</div>\n' if lines else ""


def cells(values: Iterable[str], numbers: bool = False, tag: str = "td") -> str:
    """Cells of a row, of text."""
    attribute = ' class="n"' if numbers else ""
    return "".join(f"<{tag}{attribute}>{escape(value)}</{tag}>" for value in values)


def table(head: str, rows: Iterable[str]) -> str:
    """A table of rows that are HTML already."""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(f'<tr>{row}</tr>' for row in rows)}</tbody></table>"
