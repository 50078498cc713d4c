"""systemd unit files, as far as ours go: sections of `Key=value`, where a key may come again."""

Unit = dict[str, dict[str, list[str]]]


def parse_unit(text: str) -> Unit:
    """Section → key → its values, in order; ValueError for a line that systemd would not understand.

    An empty value forgets the ones before it, as in systemd. Source: systemd.syntax(7).
    """
    unit: Unit = {}
    section: dict[str, list[str]] | None = None
    lines = [line.strip() for line in text.replace("\\\n", " ").splitlines()]
    for number, line in enumerate(lines, 1):
        if not line or line[0] in "#;":
            continue
        if line[0] == "[" and line[-1] == "]":
            section = unit.setdefault(line[1:-1], {})
            continue
        key, equals, value = (part.strip() for part in line.partition("="))
        if not equals or not key.isalnum() or section is None:
            raise ValueError(f"line {number} is neither a section nor Key=value in one: {line}")
        section[key] = [*section.get(key, []), value] if value else []
    return unit
