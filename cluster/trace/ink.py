"""Colours, text sizes, and the few SVG elements that the pictures are made of.

Colours.    Paul Tol's schemes "bright" for Ms and "light" for goroutines: told apart by colour-blind
            readers, and the two are not mistaken for each other. Cores are greys.
Modes.      Text and ground have classes, which a media query turns round in the dark; bars keep their
            colours, which stand out on both. No CSS variables: not every viewer of SVG knows them.
Text.       An SVG cannot ask how wide a text is, so `width_of` estimates on the wide side, and whoever
            places two texts on one line leaves that much room: labels never touch.
Numbers.    Two decimals: a fiftieth of a pixel is nothing, and files stay small.
Sources.    Paul Tol, "Colour Schemes", SRON/EPS/TN/09-002.
"""

from typing import Final
from xml.sax.saxutils import escape, quoteattr

M_COLOURS: Final = ("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377")
G_COLOURS: Final = ("#77aadd", "#ee8866", "#44bb99", "#eedd88", "#ffaabb", "#99ddff", "#bbcc33", "#aaaa00")
CORE_GREYS: Final = ("#8b949e", "#b8c0c8", "#6e7781", "#d3d9df")

FONT: Final = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'Liberation Sans', sans-serif"
STYLE: Final = f"""
text {{ font-family: {FONT}; font-size: 12px; fill: #1f2328; font-variant-numeric: tabular-nums }}
.title {{ font-size: 18px; font-weight: 600 }}
.head {{ font-size: 13px; font-weight: 600 }}
.small {{ font-size: 11px }}
.tiny {{ font-size: 9px }}
.dim {{ fill: #59636e }}
.on-dark {{ fill: #ffffff }} .on-light {{ fill: #1f2328 }}
.ground {{ fill: #ffffff }}
.track {{ fill: #eff2f5 }}
.grid {{ stroke: #d1d9e0; stroke-width: 1 }}
.done {{ stroke: #59636e; stroke-width: 1; stroke-dasharray: 3 3; fill: none }}
@media (prefers-color-scheme: dark) {{
  text {{ fill: #f0f6fc }}
  .dim {{ fill: #9198a1 }}
  .on-dark {{ fill: #ffffff }} .on-light {{ fill: #1f2328 }}
  .ground {{ fill: #0d1117 }}
  .track {{ fill: #1c2128 }}
  .grid {{ stroke: #3d444d }}
  .done {{ stroke: #9198a1 }}
}}
"""
EM_WIDTHS: Final = {"i": 0.3, "l": 0.3, ".": 0.33, ",": 0.33, " ": 0.33, "m": 0.93, "w": 0.82, "M": 0.93, "W": 1.0}
EM_WIDTH: Final = 0.62  # of all other characters; wide for most fonts, right for digits and capitals


def width_of(text: str, size_px: float = 12) -> float:
    """The width of a text in pixels, estimated on the wide side."""
    return size_px * sum(EM_WIDTHS.get(c, EM_WIDTH if c < "\u2e80" else 1.0) for c in text)


def fitted(text: str, width_px: float, size_px: float = 12) -> str:
    """The text, or its beginning and an ellipsis, in at most `width_px`; "" where not even that fits."""
    if width_of(text, size_px) <= width_px:
        return text
    while text and width_of(text + "…", size_px) > width_px:
        text = text[:-1]
    return text + "…" if text else ""


def number(value: float) -> str:
    """A coordinate, as short as it goes."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def element(tag: str, content: str | None = None, /, **attributes: float | str) -> str:
    """An SVG element. `class_` is the attribute class; other `_` in names are `-`. `content` is SVG already."""
    words = [tag]
    for name, value in attributes.items():
        text = value if isinstance(value, str) else number(value)
        words.append(f"{name.rstrip('_').replace('_', '-')}={quoteattr(printable(text))}")
    return f"<{' '.join(words)}/>" if content is None else f"<{' '.join(words)}>{content}</{tag}>"


def text(x: float, y: float, words: str, class_: str = "", anchor: str = "start") -> str:
    """One line of text; `y` is its base line."""
    more = {"class_": class_} if class_ else {}
    if anchor != "start":
        more["text_anchor"] = anchor
    return element("text", escape(printable(words)), x=x, y=y, **more)


def titled(words: str) -> str:
    """The tooltip of the element that it is put into."""
    return element("title", escape(printable(words)))


def printable(words: str) -> str:
    """The text without what XML 1.0 cannot hold: control characters and lone surrogates become U+FFFD."""
    return "".join(c if c.isprintable() or c in "\t\n" or (c > "\x9f" and _in_xml(c)) else "\ufffd" for c in words)


def _in_xml(c: str) -> bool:
    return not ("\ud800" <= c <= "\udfff" or c in "\ufffe\uffff")


def text_class_on(colour: str) -> str:
    """The class of a text that is read well on `colour`. Source: relative luminance of WCAG 2, without its gamma."""
    r, g, b = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return "on-light" if 0.2126 * r + 0.7152 * g + 0.0722 * b > 125 else "on-dark"
