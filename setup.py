"""The one part that needs a compiler. Without one the build goes on, and started goroutines do not move."""

from setuptools import Extension, setup

setup(ext_modules=[Extension("cluster.wire._frame", ["cluster/wire/_frame.c"], optional=True)])
