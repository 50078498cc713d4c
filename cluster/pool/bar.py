"""A bar for `map(..., progress=True)`. Imported when one is wanted: what draws it takes 50 ms to load."""

from typing import Final

from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress


class Bar:
    """How much of a map is done, on stderr."""

    def __init__(self, total: int | None, console: Console | None = None) -> None:
        columns = (*Progress.get_default_columns(), MofNCompleteColumn())
        self._shown: Final = Progress(*columns, console=console or Console(stderr=True))
        self._task: Final = self._shown.add_task("map", total=total)
        self._shown.start()

    def advance(self, items: int) -> None:
        """So many more are done."""
        self._shown.update(self._task, advance=items)

    def end(self) -> None:
        """Leave it as it is."""
        self._shown.stop()
