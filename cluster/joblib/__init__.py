"""A backend for joblib, and so for scikit-learn: `import cluster.joblib`, then `joblib.parallel_config("gmp")`.

backend   what joblib calls
shared    the cluster that calls of joblib have in common, when none is named
arrays    large NumPy arrays: written once, and mapped by all workers

Needs joblib (extra `joblib`). Must never be imported by the rest of `cluster`.
"""

from joblib import register_parallel_backend

from cluster.joblib.backend import GmpBackend

register_parallel_backend("gmp", GmpBackend)

__all__ = ["GmpBackend"]
