"""Which Python this is. Every process of a cluster must run the same: goroutines cross them."""

import sys
from typing import Final

PYTHON: Final = f"{sys.implementation.name}-{sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro}"
