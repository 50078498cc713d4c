"""Random asynchronous programs: modules of Python that use every construct in which a coroutine can be suspended.

A program is a function `main(log)`. It tells what it does in `log`, and yields what it is asked for at
each suspension. `log.closed` has what generators say that are closed because nobody holds them any more:
that is no matter of order, for a traceback may have held them, and tracebacks do not move. A program
depends on nothing but what is sent to it, so that two runs with the same answers are equal, wherever
each step of them takes place. Functions do not recurse and loops are short; but a program may be long:
who runs it counts the steps.
"""

import random
from collections.abc import Callable
from typing import Final

PRELUDE: Final = """import contextlib
import itertools
import types


@types.coroutine
def park(what=None):
    return (yield what)


class Trouble(Exception):
    pass


class Worse(Trouble):
    def __init__(self, text, *, extra):
        super().__init__(text)
        self.extra = extra


class Twice:
    def __init__(self, what):
        self.what = what

    def __await__(self):
        first = yield ("twice", self.what)
        second = yield ("again", first)
        return first, second


class Guard:
    def __init__(self, log, name, eats):
        self.log, self.name, self.eats = log, name, eats

    def __repr__(self):
        return f"<{type(self).__name__} {self.name}>"

    def __enter__(self):
        self.log.append(("enter", self.name))
        return self.name

    def __exit__(self, kind, error, traceback):
        self.log.append(("exit", self.name, repr(error)))
        return self.eats and isinstance(error, Trouble)


class Later(Guard):
    async def __aenter__(self):
        self.log.append(("aenter", self.name, await park("aenter")))
        return self

    async def __aexit__(self, kind, error, traceback):
        self.log.append(("aexit", self.name, repr(error), await park("aexit")))
        return self.__exit__(kind, error, traceback)

    async def ask(self, what):
        return self.name, await park(what)


class Nearer(Later):
    async def ask(self, what):
        return "nearer", await super().ask(what)


@contextlib.contextmanager
def guarded(log, name):
    log.append(("begin", name))
    try:
        yield name
    except Trouble as trouble:
        log.append(("caught", name, repr(trouble)))
    finally:
        log.append(("end", name))


@contextlib.asynccontextmanager
async def guarded_later(log, name):
    await park(("begin", name))
    try:
        yield name
    except KeyError as error:
        log.append(("caught", name, repr(error), await park("caught")))
    finally:
        log.append(("end", name, await park("end")))


def count(log, n):
    try:
        for i in range(n):
            sent = yield i
            if sent is not None:
                log.append(("count", sent))
    except GeneratorExit:
        log.closed.append(("counting", i))
        raise
    else:
        log.append(("counted", n))


def chained(log, n):
    yield from count(log, n)
    yield from (i * i for i in range(n))


async def series(log, n):
    try:
        for i in range(n):
            got = yield i, await park(("series", i))
            if got is not None:
                log.append(("series", got))
    except GeneratorExit:
        log.closed.append(("series", i))
        raise
    except Trouble as trouble:
        log.append((repr(trouble), await park("trouble in a series")))
        raise
    else:
        log.append(("series over", n, await park("series over")))


def pair(a, b=0, /, *more, key=None, **rest):
    return a, b, len(more), key, sorted(rest)

"""

_ITERABLES: Final = (
    "range({n})",
    "[1, 2, 3][:{n}]",
    "(4, 5)",
    "'xyz'",
    "b'ab'",
    "{{'a': 1, 'b': 2}}",
    "{{'a': 1, 'b': 2}}.items()",
    "{{'a': 3, 'b': 4}}.values()",
    "reversed({{'p': 1, 'q': 2}})",
    "{{7, 8}}",
    "enumerate('pq', {n})",
    "zip('abc', range({n}))",
    "reversed([1, 2])",
    "count(log, {n})",
    "chained(log, 2)",
    "map(str, [1, 2])",
    "filter(None, [0, 1, 2])",
    "(z + {n} for z in range(3))",
    "iter([7, 8, 9])",
    "iter([1, 2, 0, 3].pop, 0)",
)
_ERRORS: Final = ("Trouble({n})", "Worse('w', extra={n})", "KeyError({n})", "ValueError({n})")
_CATCHES: Final = ("Trouble", "Worse", "(Trouble, KeyError)", "Exception", "KeyError")
_EXPRESSION_DEPTH: Final = 2
_BLOCK_DEPTH: Final = 3
_NESTED_DEPTH: Final = 1


class Scope:
    """What a statement may use where it stands."""

    def __init__(self, names: list[str], functions: list[str], depth: int, in_loop: bool) -> None:
        self.names = names
        self.functions = functions
        self.depth = depth
        self.in_loop = in_loop

    def inner(self, *names: str, in_loop: bool | None = None) -> "Scope":
        """A block in this one; what it defines is not sure to exist afterwards."""
        in_loop = self.in_loop if in_loop is None else in_loop
        return Scope([*self.names, *names], list(self.functions), self.depth - 1, in_loop)


class Author:
    """Writes one program. Everything that it decides comes from the seed."""

    def __init__(self, seed: int) -> None:
        self._random: Final = random.Random(seed)
        self._names = 0
        self._simple: Final[tuple[Callable[[Scope], list[str]], ...]] = (
            self._assign, self._assign, self._log, self._await, self._raise, self._leave_loop, self._call, self._change,
            self._forget,
        )  # fmt: skip
        self._compound: Final[tuple[Callable[[Scope], list[str]], ...]] = (
            self._for, self._for, self._while, self._try, self._try, self._try_group, self._with, self._async_with,
            self._exit_stack, self._async_for, self._async_for, self._drive, self._function, self._function, self._if,
            self._match, self._hold_generator,
        )  # fmt: skip

    def program(self) -> str:
        """The source of a module with a coroutine function `main(log)`."""
        functions: list[str] = []
        parts = [PRELUDE]
        for _ in range(self._number(1, 4)):
            name = self._name("f")
            scope = Scope(["a", "b", "c"], list(functions), _BLOCK_DEPTH, False)
            head = f"async def {name}(log, a, b=2, *args, c=3, **kw):"
            parts.append("\n".join([head, *_indented(self._block(scope)), "    return a, b, c, log[-3:]", "", ""]))
            functions.append(name)
        parts.append("\n".join(["async def main(log):", *_indented(self._calls(functions)), "    return len(log)", ""]))
        return "\n".join(parts)

    def _calls(self, functions: list[str]) -> list[str]:
        """Each function twice; an exception that leaves one is told, and the last one's is the program's."""
        lines: list[str] = []
        for i, name in enumerate([*functions, *functions]):
            lines += ["try:", f"    log.append(await {name}(log, {i}))", "except Exception as error:"]
            lines.append("    log.append((repr(error), repr(error.__context__)))")
        return [*lines, "    raise"]

    # -- chance

    def _number(self, least: int, end: int) -> int:
        return self._random.randrange(least, end)

    def _maybe(self, chance: float) -> bool:
        return self._random.random() < chance

    def _name(self, kind: str) -> str:
        self._names += 1
        return f"{kind}{self._names}"

    # -- expressions

    def _expression(self, names: list[str], depth: int = _EXPRESSION_DEPTH) -> str:
        n = self._number(0, 9)
        simple = [str(n), "len(log)", f"(await park({n}))", f"(await park({n}))", "'text'", *names[-3:]]
        if depth == 0 or self._maybe(0.3):
            return self._random.choice(simple)
        left, right = (self._expression(names, depth - 1) for _ in range(2))
        few = n % 3
        return self._random.choice(
            (
                f"({left}, {right})",
                f"[{left}, await park({right}), {left}]",
                f"{{'k': {left}, 'm': await park({n})}}",
                f"({left} if await park({n}) else {right})",
                f"({left} and await park({n}) or {right})",
                f"f'{{{n}!r}}-{{await park({n})}}-{{str({n})}}'",
                f"[(q, await park(q)) for q in range({few})]",
                f"[(q, r, await park(r)) for q in range(2) if q or await park(q) for r in 'ab'[:{few}]]",
                f"{{q: await park(q) for q in 'ab'[:{few}]}}",
                f"[q async for q in series(log, {few})]",
                f"[(q, {left}) async for q in series(log, {few}) if await park(q)]",
                f"sum([i for i in count(log, {few})])",
                f"(lambda x, y={n}: (x, y, {self._random.choice(names)}))({left})",
                f"pair({left}, *[{right}, await park({n})], key=await park({n}), **{{'z': {n}}})",
                f"max(len(str({left})), len(str(await park({n}))))",
                f"(await Twice({left}))",
                f"(await {self._random.choice(('Later', 'Nearer'))}(log, {n}, True).ask({right}))",
                f"[fn() for fn in [lambda: q for q in range({few})]]",
                f"({left}, (new := await park({n})), new)",
            )
        )

    # -- statements that stand alone

    def _block(self, scope: Scope) -> list[str]:
        lines: list[str] = []
        for _ in range(self._number(1, 4)):
            kinds = self._simple + self._compound if scope.depth > 0 else self._simple
            lines += self._random.choice(kinds)(scope)
        return lines

    def _assign(self, scope: Scope) -> list[str]:
        name, value = self._name("v"), self._expression(scope.names)
        scope.names.append(name)
        return [f"{name} = {value}"]

    def _log(self, scope: Scope) -> list[str]:
        return [f"log.append(repr({self._expression(scope.names)})[:60])"]

    def _await(self, scope: Scope) -> list[str]:
        return [f"log.append(await park({self._expression(scope.names, 1)}))"]

    def _raise(self, _: Scope) -> list[str]:
        error = self._random.choice(_ERRORS).format(n=self._number(0, 9))
        return [f"if (await park('raise?')) and len(log) % {self._number(2, 6)} == 0:", f"    raise {error}"]

    def _leave_loop(self, scope: Scope) -> list[str]:
        how = self._random.choice(("break", "continue")) if scope.in_loop else "return 'early'"
        return [f"if len(log) % {self._number(3, 7)} == {self._number(0, 3)}:", f"    {how}"]

    def _call(self, scope: Scope) -> list[str]:
        if not scope.functions:
            return ["await park('nobody to call')"]
        function = self._random.choice(scope.functions)
        return [f"log.append(repr(await {function}(log, {self._expression(scope.names, 1)}))[:60])"]

    def _change(self, scope: Scope) -> list[str]:
        name = self._name("v")
        scope.names.append(name)
        return [f"{name} = [{self._number(0, 9)}]", f"{name} += [await park({name}), len({name})]"]

    def _forget(self, scope: Scope) -> list[str]:
        name = self._name("gone")
        lines = [f"{name} = {self._expression(scope.names, 1)}", f"del {name}", "await park('gone')"]
        return [*lines, "try:", f"    {name}", "except UnboundLocalError as error:", "    log.append(repr(error))"]

    # -- statements with blocks

    def _for(self, scope: Scope) -> list[str]:
        name = self._name("i")
        iterable = self._random.choice(_ITERABLES).format(n=self._number(0, 4))
        lines = [f"for {name} in {iterable}:", *_indented(self._block(scope.inner(name, in_loop=True)))]
        return [*lines, "else:", *_indented(self._block(scope.inner()))] if self._maybe(0.3) else lines

    def _while(self, scope: Scope) -> list[str]:
        name = self._name("n")
        body = [f"{name} += 1", *self._block(scope.inner(name, in_loop=True))]
        return [f"{name} = 0", f"while {name} < {self._number(1, 4)} and await park({name}) != 's':", *_indented(body)]

    def _try(self, scope: Scope) -> list[str]:
        lines = ["try:", *_indented(self._block(scope.inner()))]
        kind = self._number(0, 4)
        if kind != 1:
            told = (
                "log.append(('caught', repr(error), repr(error.__context__), repr(error.__cause__), await park('x')))"
            )
            body = [told, *self._block(scope.inner("error"))]
            after = self._number(0, 8)
            if after < 3:
                body.append(("raise", "raise Worse('again', extra=1) from error", "raise ValueError('other')")[after])
            lines += [f"except {self._random.choice(_CATCHES)} as error:", *_indented(body)]
            if self._maybe(0.3):
                lines += ["else:", *_indented(self._block(scope.inner()))]
        if kind != 0:
            body = ["log.append(('finally', await park('finally')))", *self._block(scope.inner(in_loop=False))]
            lines += ["finally:", *_indented(body)]
        return lines

    def _try_group(self, scope: Scope) -> list[str]:
        group = "ExceptionGroup('several', [Trouble(1), KeyError(2), Worse('w', extra=3)])"
        body = ["await park('group')", *self._simple_block(scope), f"raise {group}"]
        caught = ["log.append((repr(part.exceptions), await park('part')))"]
        lines = ["try:", *_indented(body), "except* Trouble as part:", *_indented(caught)]
        return [*lines, "except* KeyError as part:", *_indented(caught)] if self._maybe(0.7) else lines

    def _simple_block(self, scope: Scope) -> list[str]:
        inner = Scope(list(scope.names), [], 0, False)
        return self._log(inner) + self._assign(inner)

    def _with(self, scope: Scope) -> list[str]:
        n = self._number(0, 9)
        managers = [f"Guard(log, {n}, {self._maybe(0.5)}) as w", f"guarded(log, {n}) as w"]
        chosen = ", ".join(self._random.sample(managers, self._number(1, 3)))
        return [f"with {chosen}:", *_indented(self._block(scope.inner("w")))]

    def _async_with(self, scope: Scope) -> list[str]:
        n = self._number(0, 9)
        managers = [f"Later(log, {n}, {self._maybe(0.5)}) as w", f"guarded_later(log, {n}) as w"]
        chosen = ", ".join(self._random.sample(managers, self._number(1, 3)))
        return [f"async with {chosen}:", *_indented(self._block(scope.inner("w")))]

    def _exit_stack(self, scope: Scope) -> list[str]:
        if self._maybe(0.5):
            head = [
                "with contextlib.ExitStack() as stack:",
                f"    stack.enter_context(guarded(log, {self._number(0, 9)}))",
            ]
            head.append("    stack.callback(log.append, 'called back')")
        else:
            enter = f"    await stack.enter_async_context(guarded_later(log, {self._number(0, 9)}))"
            head = ["async with contextlib.AsyncExitStack() as stack:", enter]
            head.append("    stack.push_async_callback(park, 'async callback')")
        return [*head, *_indented(self._block(scope.inner()))]

    def _async_for(self, scope: Scope) -> list[str]:
        name = self._name("i")
        lines = [f"async for {name} in series(log, {self._number(0, 4)}):"]
        lines += _indented(self._block(scope.inner(name, in_loop=True)))
        return [*lines, "else:", *_indented(self._block(scope.inner()))] if self._maybe(0.3) else lines

    def _drive(self, scope: Scope) -> list[str]:
        """An async generator by hand: asend, athrow, aclose."""
        name = self._name("s")
        lines = [f"{name} = series(log, {self._number(1, 4)})", "try:", f"    log.append(await {name}.asend(None))"]
        step = self._random.choice((f"asend({self._number(0, 9)})", "athrow(Trouble('thrown'))", "__anext__()"))
        lines += [f"    log.append(await {name}.{step})", *_indented(self._block(scope.inner(in_loop=False)))]
        lines += ["except (StopAsyncIteration, Trouble) as error:", "    log.append(repr(error))"]
        return [*lines, "finally:", f"    await {name}.aclose()"]

    def _function(self, scope: Scope) -> list[str]:
        name, inner = self._name("g"), Scope(["z", "k", "w"], [], min(scope.depth - 1, _NESTED_DEPTH), False)
        own = [captured for captured in scope.names if captured[0] == "v"]
        captured = self._random.choice(own) if own else "log[-2:]"
        body: list[str] = []
        if own and self._maybe(0.5):
            body = [f"nonlocal {captured}", f"{captured} = ({captured}, {self._number(0, 9)})[1]"]
        body += [*self._block(inner), f"return z, k, w, {captured}"]
        scope.functions.append(name)
        head = f"async def {name}(log, z, k={self._number(0, 9)}, *, w=2):"
        call = f"log.append(repr(await {name}(log, {self._number(0, 9)}))[:60])"
        return [head, *_indented(body), call, f"log.append({captured})"]

    def _if(self, scope: Scope) -> list[str]:
        lines = [f"if {self._expression(scope.names)}:", *_indented(self._block(scope.inner()))]
        return [*lines, "else:", *_indented(self._block(scope.inner()))]

    def _match(self, scope: Scope) -> list[str]:
        subject = self._random.choice(("{'k': [1, 2, 3]}", "(1, 'two')", "await park('match')"))
        cases = ["case {'k': [first, *others]}:", "case (first, others):", "case others if await park('case'):"]
        body = _indented(_indented(self._block(scope.inner())))
        lines = [f"match {subject}:"]
        for case in cases:
            lines += [f"    {case}", "        log.append((repr(others), await park('matched')))"]
        return [*lines, "    case _:", *body]

    def _hold_generator(self, scope: Scope) -> list[str]:
        name = self._name("it")
        made = self._random.choice(
            (
                f"chained(log, {self._number(1, 4)})",
                f"(x + {self._number(0, 9)} for x in count(log, 3))",
                "itertools.chain([1, 2], 'ab')",
                "itertools.islice(itertools.count(3), 4)",
                "iter({'a': 1, 'b': 2}.items())",
            )
        )
        lines = [f"{name} = {made}", f"log.append(next({name}, None))", *self._block(scope.inner(in_loop=False))]
        return [*lines, f"log.append((next({name}, None), await park('held')))", f"log.append(list({name}))"]


def _indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]
