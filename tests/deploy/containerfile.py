"""Containerfiles, as far as ours goes: one instruction a line, `\\` goes on."""

import json


def parse_containerfile(text: str) -> list[tuple[str, str]]:
    """Instructions and their arguments, in order. Source: Containerfile(5)."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    instructions = []
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        if line.strip():
            name, _, argument = line.strip().partition(" ")
            instructions.append((name.upper(), argument.strip()))
    return instructions


def words_of(argument: str) -> list[str]:
    """The words of a CMD in its list form, which starts no shell; ValueError for the other form."""
    try:
        words = json.loads(argument)
    except json.JSONDecodeError:
        words = None
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise ValueError(f"no list of words: {argument}")
    return words
