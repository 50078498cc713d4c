"""Which pools there are, and which of them can be measured here."""

import platform
from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Final, cast

from cluster.bench.peers.system import System

OURS: Final = "cluster"
BARE: Final = "bare processes"  # the reference of efficiency, and no pool

# Imported when it is measured: some take seconds.
_CATALOG: Final[Mapping[str, tuple[str, str, str]]] = {  # (module, class, distribution)
    OURS: ("ours", "Ours", "gmp-cluster"),
    "mp.Pool": ("stdlib", "PoolApply", ""),
    "mp.Pool imap": ("stdlib", "PoolImap", ""),
    "ProcessPool": ("stdlib", "Executor", ""),
    "loky": ("withloky", "Loky", "loky"),
    "joblib": ("withjoblib", "Joblib", "joblib"),
    "mpire": ("withmpire", "Mpire", "mpire"),
    "dask": ("withdask", "Dask", "distributed"),
    "ray": ("withray", "Ray", "ray"),
    "ipyparallel": ("withipyparallel", "IPyParallel", "ipyparallel"),
    BARE: ("bare", "Bare", ""),
}
# Beside whom channels are measured: no pools.
LINKS: Final[Mapping[str, str]] = {"mp.Queue": "", "ZeroMQ": "pyzmq"}
NAMES: Final = (*_CATALOG, *LINKS)


def system(name: str) -> System:
    """The pool of that name, not started. Raises ImportError when it is not installed."""
    module, kind, _ = _CATALOG[name]
    made: object = getattr(import_module(f"cluster.bench.peers.{module}"), kind)()
    return cast("System", made)


def installed() -> dict[str, str]:
    """The versions of those that can be measured here, by their names."""
    return {name: found for name in NAMES if (found := version_of(name)) is not None}


def version_of(name: str) -> str | None:
    """Its version; None when it is not installed."""
    distribution = LINKS[name] if name in LINKS else _CATALOG[name][2]
    if not distribution:
        return platform.python_version()
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None
