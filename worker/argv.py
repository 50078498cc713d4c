"""`sys.argv` of an M: the arguments of whichever program is executing. Several programs share an M."""

from collections.abc import Callable, Iterable, MutableSequence
from typing import Final, overload


class ProgramArgv(MutableSequence[str]):
    """Reads and changes the list that `current` returns."""

    def __init__(self, current: Callable[[], list[str]]) -> None:
        self._current: Final = current

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        return self._current()[index]

    @overload
    def __setitem__(self, index: int, value: str) -> None: ...
    @overload
    def __setitem__(self, index: slice, value: Iterable[str]) -> None: ...
    def __setitem__(self, index: int | slice, value: str | Iterable[str]) -> None:
        self._current()[index] = value  # type: ignore[index,assignment]  # as the overloads pair them

    def __delitem__(self, index: int | slice) -> None:
        del self._current()[index]

    def __len__(self) -> int:
        return len(self._current())

    def insert(self, index: int, value: str) -> None:
        self._current().insert(index, value)

    def copy(self) -> list[str]:
        return self._current().copy()

    def __add__(self, other: list[str]) -> list[str]:
        return self._current() + other

    def __radd__(self, other: list[str]) -> list[str]:
        return other + self._current()

    def __eq__(self, other: object) -> bool:
        return self._current() == other

    __hash__ = None  # type: ignore[assignment]  # as of a list

    def __repr__(self) -> str:
        return repr(self._current())
