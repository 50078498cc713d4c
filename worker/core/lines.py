"""Lines of one stream of a program that have not ended.

Invariants. What comes out are whole lines, or what somebody flushes; all of it in the order in which it was
            written, but for what is torn.
Torn.       `print` writes a line in pieces, and its goroutine may be preempted between two of them: what others
            write then does not end up in the middle. They begin a line of their own, and its line waits for
            it to go on. Else a line is everybody's, as on a terminal: one may begin it and another end it.
Unlike Go.  Go's Println makes one write of a line.
"""

from typing import Final

from cluster.kernel.g import G


class Lines:
    """What was written and is held back."""

    def __init__(self) -> None:
        self._text = ""
        self._writer: G | None = None  # of the last of it
        self._torn: Final[dict[int, str]] = {}  # by goid: lines of goroutines that were preempted in the middle of them

    def write(self, g: G | None, text: str) -> str:
        """The lines that have ended by `text`, which `g` writes."""
        before = self._writer
        if self._text and before is not None and before is not g and before.preempted:
            self._torn[before.goid], self._text = self._text, ""
        mine = self._torn.pop(g.goid, "") if g is not None and self._torn else ""
        self._writer = g
        text = self._text + mine + text
        end = text.rfind("\n") + 1
        self._text = text[end:]
        return text[:end]

    def flush(self) -> str:
        """The line that has not ended, too: somebody wants it seen."""
        text, self._text = self._text, ""
        return text

    def rest(self) -> str:
        """All that is held back: nobody will write more."""
        text = "".join(self._torn.values()) + self.flush()
        self._torn.clear()
        return text
