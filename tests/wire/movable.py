"""Goroutines for the tests of moving: every construct in which a coroutine can be suspended.

Each of PROGRAMS awaits `park`, is answered "v1", "v2" and so on, and tells in its result what it saw.
"""

import collections
import contextlib
import contextvars
import dataclasses
import enum
import functools
import itertools
import math
import sys
import types
from collections.abc import Callable
from typing import Any

Main = Callable[..., Any]
PROGRAMS: list[Main] = []

MISSING = object()
SETTING: contextvars.ContextVar[int] = contextvars.ContextVar("SETTING")


def program(fn: Main) -> Main:
    PROGRAMS.append(fn)
    return fn


@types.coroutine
def park(what=None):
    return (yield what)


async def leaf(i):
    return i, await park(("leaf", i))


@program
async def await_chain():
    async def middle(n):
        held = [n]
        held.append(await leaf(n))
        return held

    return await middle(1), await middle(2)


async def down(n):
    return await park("bottom") if n == 0 else (await down(n - 1), n)[0]


@program
async def deep_chain():
    return await down(60)


@program
async def iterables():
    seen, items = [], {"p": 1, "q": 2, "r": 3}
    for i in range(3):
        seen.append((i, await park(i)))
    for i in [1, 2], (3, 4), "ab", b"c", {5}, iter([6, 7]), reversed([8, 9]), bytearray(b"d"):
        for j in i:
            seen.append((j, await park(j)))
    for key in items:
        seen.append((key, await park(key)))
    for key, value in items.items():
        seen.append((key, value, await park(key)))
        items["r"] = 99  # which the iterator must see
    for view in (items.values(), reversed(items), reversed(items.values()), reversed(items.items()), items.keys()):
        for value in view:
            seen.append((value, await park(value)))
    for view in items.keys(), items.values(), items.items():
        await park(view)
        seen.append(len(view))
    for a, b in zip(range(3), "abc", strict=True):
        seen.append((a, b, await park(a)))
    for a, b in enumerate("xy", 5):
        seen.append((a, b, await park(a)))
    for a in map(functools.partial(pow, 2), filter(None, [0, 1, 2])):
        seen.append(await park(a))
    for a in iter([1, 2, 0].pop, 1):
        seen.append((a, await park(a)))
    return seen


@program
async def tools_of_itertools():
    seen = []
    for a in itertools.islice(itertools.count(3), 3):
        seen.append((a, await park(a)))
    for a in itertools.chain([1], "b", itertools.repeat("c", 2)):
        seen.append((a, await park(a)))
    around = itertools.cycle("xyz")
    for a in itertools.accumulate([1, 2, 3]):
        seen.append((a, next(around), await park(a)))
    for pair in itertools.product("ab", [1, 2]):
        seen.append((pair, await park(pair)))
    return seen


class Context:
    def __init__(self, log, *, eats=()):
        self.log, self.eats = log, eats

    def __enter__(self):
        self.log.append("enter")
        return self

    def __exit__(self, kind, error, traceback):
        self.log.append(("exit", repr(error)))
        return isinstance(error, self.eats)

    async def __aenter__(self):
        self.log.append(("aenter", await park("aenter")))
        return self

    async def __aexit__(self, kind, error, traceback):
        self.log.append(("aexit", repr(error), await park("aexit"), traceback is None))
        return isinstance(error, self.eats)


@contextlib.contextmanager
def context(log):
    log.append("begin")
    try:
        yield 5
    finally:
        log.append("end")


@contextlib.asynccontextmanager
async def later_context(log):
    log.append(("begin", await park("begin")))
    try:
        yield 6
    except ValueError as error:
        log.append((repr(error), await park("in except")))
        raise
    finally:
        log.append(("end", await park("in finally")))


@program
async def with_statements():
    log = []
    with Context(log, eats=KeyError) as c, context(log) as five:
        log.append((c.eats is KeyError, five, await park("in with")))
        raise KeyError("k")
    async with Context(log, eats=IndexError), later_context(log) as six:
        log.append((six, await park("in async with")))
        raise IndexError("i")
    try:
        async with later_context(log):
            raise ValueError("v")
    except ValueError as error:
        log.append(repr(error))
    with contextlib.ExitStack() as stack:
        stack.enter_context(context(log))
        stack.callback(log.append, "callback")
        log.append(await park("in stack"))
    async with contextlib.AsyncExitStack() as later:
        await later.enter_async_context(later_context(log))
        later.push_async_callback(leaf, "pushed")
        log.append(await park("in async stack"))
    return [entry if entry[:1] != ("aexit",) else entry[:3] for entry in log]


class OwnError(Exception):
    def __init__(self, first, *, second):
        super().__init__(f"{first} {second}")
        self.second = second


@program
async def try_statements():
    log = []
    for i in range(5):
        try:
            try:
                log.append(await park(("try", i)))
                if i == 1:
                    raise OwnError(i, second=[i])
                if i == 2:
                    raise KeyError("missing")
                if i == 3:
                    raise OSError(2, "no file", "name")
            except OwnError as error:
                log.append((error.args, error.second, await park("in except")))
                try:
                    raise
                except OwnError as again:
                    log.append(again is error)
                    await park("deeper")
                    try:
                        raise TypeError("t") from error
                    except TypeError as last:
                        await park("deepest")
                        log.append((last.__cause__ is error, last.__context__ is again, repr(sys.exception())))
            except OSError as error:
                await park("in except")
                log.append((error.errno, error.filename, repr(error.__context__), repr(sys.exception())))
                error.add_note("noted")
                await park("noted")
                log.append(error.__notes__)
            else:
                log.append(("else", await park("else")))
            finally:
                log.append(("finally", await park("finally"), repr(sys.exception())))
        except KeyError as error:
            log.append((error.args, await park("outer")))
    return log


@program
async def exception_groups():
    log = []
    try:
        await park("in try")
        raise ExceptionGroup("several", [ValueError(1), KeyError(2), OwnError(3, second=4)])
    except* ValueError as part:
        log.append((repr(part.exceptions), await park("values")))
    except* OwnError as part:
        log.append((part.exceptions[0].second, await park("own")))
    except* KeyError as part:
        log.append((repr(part), await park("keys")))
    return log


@program
async def closures():
    n, unbound = 10, None

    def increase(by=2, *, twice=False):
        """Its documentation."""
        nonlocal n
        n += by * (1 + twice)
        return n

    async def nested(z):
        nonlocal n
        n += z
        return n, await park(("nested", n)), increase()

    def countdown(k):
        return [] if k == 0 else [k, *countdown(k - 1)]

    increase.mark = "marked"
    both = lambda q, *, r=7: (q, r, n)  # noqa: E731
    generator = (i * i + n for i in range(4))
    seen = [increase(), await nested(5), both(1), next(generator), countdown(2)]
    seen.append(await park("between"))
    seen += [increase(twice=True), n, both(2), increase.mark, increase.__doc__, increase.__defaults__, countdown(3)]
    seen += [list(generator), [x * n for x in range(3)], [await leaf(i) for i in range(2)]]
    seen += [{k: await leaf(k) for k in "ab"}, {await leaf(k) for k in "c"}, increase.__qualname__]
    seen += [[f() for f in [lambda: q for q in range(2)]], await park("again")]  # noqa: B023
    if seen:
        del unbound
    await park("unbound")
    try:
        return unbound
    except UnboundLocalError as error:
        return [*seen, str(error)]


@program
async def arguments(a=1, b=2, /, c=3, *args, d=4, e=5, **kw):
    before = sorted(locals())
    await park("called")
    return before, a, b, c, args, d, e, kw, sorted(locals())


class Sleep:
    __slots__ = ("n",)

    def __init__(self, n):
        self.n = n

    def __await__(self):
        for i in range(self.n):
            yield "sleep", i
        return self.n


class Wrapped:
    def __await__(self):
        return leaf("wrapped").__await__()


@program
async def awaitables():
    return await Sleep(2), await Wrapped()


async def series(n):
    for i in range(n):
        got = yield i, await park(("series", i))
        if got is not None:
            yield got, await park("got")


@program
async def async_generators():
    seen = []
    async for item in series(2):
        seen.append((item, await park("body")))
    seen += [item async for item in series(2)]
    seen += [item async for item in series(2) if await park("filter")]
    one = series(3)
    seen += [await anext(one), await one.asend("sent")]
    await park("between")
    waiting = one.asend(None)
    await park("made, not awaited")
    seen.append(await waiting)
    await one.aclose()
    broken = series(2)
    await anext(broken)
    try:
        await broken.athrow(KeyError("thrown"))
    except KeyError as error:
        seen.append(repr(error))

    async def stubborn():
        try:
            yield 1
        finally:
            seen.append(("closing", await park("closing")))

    async for _ in (kept := stubborn()):
        break
    await kept.aclose()
    return seen


@dataclasses.dataclass
class Account:
    total: int = 0

    async def add(self, n):
        self.total += n
        await park(("add", n))
        return self

    @classmethod
    async def opened(cls, n):
        return await cls().add(n)

    @staticmethod
    async def alone(n):
        return await leaf(n)

    @functools.wraps(leaf)
    async def disguised(self):
        return await park("disguised")

    def __private(self):
        return self.total

    async def private(self):
        method = self.__private
        await park("private")
        return method()


class Better(Account):
    async def add(self, n):
        return await super().add(n * 2)


class Colour(enum.Enum):
    RED = 1


Point = collections.namedtuple("Point", "x y")


@program
async def methods():
    plain, better = await Account.opened(3), await Better.opened(4)
    bound = super(Better, better).add
    await park("bound")
    await bound(1)
    return plain, better, await Account.alone(1), await plain.disguised(), await better.private()


@program
async def identities():
    red, point, missing, own, setting, out = Colour.RED, Point(1, 2), MISSING, object(), SETTING, sys.stdout
    a = [1]
    b, twin, cycle = a, own, {"a": a, "self": None}
    cycle["self"] = cycle

    def holder():
        return a

    await park("held")
    a.append(2)
    same = (red is Colour.RED, missing is MISSING, own is twin, setting is SETTING, out is sys.stdout, point.x)
    return same, b, cycle["a"] is a, cycle["self"] is cycle, holder() is a


def undisclosed(fn):
    def called(*args):
        return fn(*args)

    return called


@program
@undisclosed
async def decorated():
    return await park("decorated")


nameless = lambda n: (x for x in [leaf(n)])  # noqa: E731


@program
async def lambdas():
    made = nameless(1)
    await park("held")
    return await next(made)


@program
async def pending_values():
    new = 3
    return [1, await park("a"), {"k": await park("b")}, f"{await park('d')}-{await park('e')!r}"], max(
        len(await park("f")), *[await park("g") and 1], key=lambda k, base=new: -k + base
    )


@program
async def match_statement():
    match {"k": [1, 2, 3]}:
        case {"k": [first, *others]} if await park("guard"):
            return first, others, await park("matched")


@program
async def imports():
    module, held = math, sys.modules[__name__]
    await park("imported")
    return module.floor(2.5), held.MISSING is MISSING


@program
async def finished_things():
    def one():
        yield 1

    generator, coroutine = one(), leaf(3)
    values = [*generator, await coroutine]
    await park("finished")
    try:
        await coroutine
    except RuntimeError as error:
        return values, list(generator), str(error), coroutine.__qualname__, generator.__name__


@program
async def abandoned_by_an_exception():
    """A generator that only a traceback keeps: its `finally` must run when the exception goes, with this log."""
    log = []

    def generator():
        try:
            yield 1
        finally:
            log.append("closed")

    def fails():
        held = generator()
        next(held)
        raise ValueError(held is None)

    try:
        fails()
    except ValueError:
        log.append(await park("in except"))
    return log
