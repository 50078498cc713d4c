"""The rule that a core walks dicts and lists, never a set, whose order is not ours.

What is a set is told by form (a display, a call of `set`, a difference of keys) and by name: variables
and parameters of the same function or module, and attributes of any class of the same package, that
are annotated as sets or are given one. A walk whose order cannot be seen, as by `sorted`, is no walk.
"""

import ast
from collections.abc import Iterator
from itertools import chain

from tests.tidy.source import Function, Problem, Project, Source, functions

ORDER_BLIND = ("all", "any", "frozenset", "len", "max", "min", "set", "sorted", "sum")
WALKING = ("deque", "dict", "enumerate", "extend", "filter", "fromkeys", "iter", "join", "list", "map", "tuple", "zip")
SET_TYPES = ("AbstractSet", "MutableSet", "Set", "frozenset", "set")
SET_METHODS = ("copy", "difference", "intersection", "symmetric_difference", "union")
WRAPPERS = ("Annotated", "ClassVar", "Final", "Optional")


def no_walk_over_a_set(source: Source, project: Project) -> Iterator[Problem]:
    neighbours = [other.tree for other in project.values() if other.folder == source.folder]
    attributes = frozenset(chain.from_iterable(set_attributes(tree) for tree in neighbours))
    blind = set(order_blind(source.tree))
    for scope in [source.tree, *functions(source.tree)]:
        names = set_names(source.tree) | set_names(scope)
        for node in in_scope(scope):
            if node not in blind and any(is_set(walked, names, attributes) for walked in walks(node)):
                yield getattr(node, "lineno", 1), "walks a set, whose order is not ours: keep a dict, or sort it"


def walks(node: ast.AST) -> list[ast.expr]:
    """The expressions that `node` itself goes through, so that their order shows."""
    match node:
        case ast.For() | ast.AsyncFor():
            return [node.iter]
        case ast.ListComp() | ast.DictComp() | ast.GeneratorExp():
            return [generator.iter for generator in node.generators]
        case ast.YieldFrom() | ast.Starred():
            return [node.value]
        case ast.Assign(targets=[ast.Tuple() | ast.List(), *_]):
            return [node.value]
        case ast.Call(func=ast.Name(name) | ast.Attribute(attr=name)) if name in WALKING:
            return node.args
        case ast.Call(func=ast.Attribute(value=popped, attr="pop"), args=[], keywords=[]):
            return [popped]
    return []


def order_blind(tree: ast.AST) -> Iterator[ast.AST]:
    """Expressions of which nobody sees in which order they are walked."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(name)) if name in ORDER_BLIND:
                yield from node.args
            case ast.Set(items):
                yield from items


def in_scope(scope: ast.AST) -> Iterator[ast.AST]:
    """What belongs to a module or function itself, not to the functions in it."""
    todo = list(ast.iter_child_nodes(scope))
    while todo:
        node = todo.pop()
        yield node
        if not isinstance(node, Function):
            todo.extend(ast.iter_child_nodes(node))


def is_set(node: ast.expr, names: frozenset[str], attributes: frozenset[str]) -> bool:
    """Whether an expression is a set, as far as its form and the names known to be sets can tell."""
    match node:
        case ast.Set() | ast.SetComp() | ast.Call(func=ast.Name("set" | "frozenset")):
            return True
        case ast.Name(name):
            return name in names
        case ast.Attribute(attr=name):
            return name in attributes
        case ast.Call(func=ast.Attribute(value=value, attr=method)) if method in SET_METHODS:
            return is_set(value, names, attributes)
        case ast.BinOp(left, ast.BitOr() | ast.BitAnd() | ast.BitXor() | ast.Sub(), right):
            return any(is_set(side, names, attributes) or is_view(side) for side in (left, right))
        case ast.IfExp(_, body, orelse):
            return is_set(body, names, attributes) or is_set(orelse, names, attributes)
    return False


def is_view(node: ast.expr) -> bool:
    """Keys or items of a dict: in order by themselves, but their union or difference is a set."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("keys", "items")


def set_names(scope: ast.AST) -> frozenset[str]:
    """Variables and parameters of a module or function that hold a set."""
    found = {target.id for target in set_targets(in_scope(scope)) if isinstance(target, ast.Name)}
    if isinstance(scope, Function):
        args = [*scope.args.posonlyargs, *scope.args.args, *scope.args.kwonlyargs]
        found |= {arg.arg for arg in args if arg.annotation is not None and is_set_type(arg.annotation)}
    return frozenset(found)


def set_attributes(tree: ast.AST) -> frozenset[str]:
    """Attributes that hold a set: declared in a class body, or assigned through an object."""
    found = {target.attr for target in set_targets(ast.walk(tree)) if isinstance(target, ast.Attribute)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            found |= {target.id for target in set_targets(iter(node.body)) if isinstance(target, ast.Name)}
    return frozenset(found)


def set_targets(nodes: Iterator[ast.AST]) -> Iterator[ast.expr]:
    """What is declared as a set, or is given one, by these statements."""
    for node in nodes:
        match node:
            case ast.AnnAssign(target, annotation) if is_set_type(annotation):
                yield target
            case ast.Assign(targets, value) if is_set(value, frozenset(), frozenset()):
                yield from targets


def is_set_type(node: ast.expr) -> bool:
    match node:
        case ast.Name(name):
            return name in SET_TYPES
        case ast.Subscript(ast.Name(name), inner) if name in WRAPPERS:
            return is_set_type(inner)
        case ast.Subscript(value):
            return is_set_type(value)
        case ast.BinOp(left, ast.BitOr(), right):
            return is_set_type(left) or is_set_type(right)
    return False
