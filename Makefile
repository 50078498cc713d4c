# Needs Python 3.11 or later, and make; all else goes into .venv. Another Python: make demo PYTHON=python3.12
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: compiled demo test lint format clean storms

demo: $(VENV)/.runs compiled
	$(BIN)/cluster demo

test: lint compiled
	$(BIN)/python -m pytest -n auto

# Every process of a cluster would compile all of it anew where Python is told to write no bytecode: 0.2 s of CPU each.
compiled: $(VENV)/.runs
	$(BIN)/python -m compileall -q cluster coordinator worker

storms: $(VENV)/.tests
	$(BIN)/python -m tests.sim.storm --worlds 1000000 --first $$(date +%s) --processes $$(nproc)

lint: $(VENV)/.tests
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: $(VENV)/.tests
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Stamps in the environment say what it was made for.
$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed, and $(PYTHON) is %d.%d: name another, as in PYTHON=python3.12" % sys.version_info[:2])'
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.runs: pyproject.toml setup.py cluster/wire/_frame.c | $(VENV)/.made
	$(PIP) --editable .
	@touch $@

$(VENV)/.tests: pyproject.toml setup.py cluster/wire/_frame.c | $(VENV)/.made
	$(PIP) --editable '.[test]'
	@touch $@ $(VENV)/.runs
