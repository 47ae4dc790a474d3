# Needs Python 3.11, 3.12 or 3.13 and make; everything else is installed into .venv from the lock.
PYTHON ?= python3
ROOT ?= var
PORT ?= 3000
BIN := .venv/bin
export TOPAZ_ROOT := $(abspath $(ROOT))

.PHONY: help demo test coverage lint ui lock clean
.DELETE_ON_ERROR:

help:  ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## */\t/' | expand -t 8

demo: .venv/installed  ## simulated extracts if there are none, every cut of them, beside the paper
	@$(BIN)/topaz simulate --if-empty
	@$(BIN)/topaz refresh --all-cuts
	@$(BIN)/topaz reproduce

test: .venv/installed  ## run the tests
	$(BIN)/pytest -n auto --dist loadgroup

coverage: .venv/installed  ## run the tests, and tell which lines none of them reaches
	$(BIN)/pytest -n auto --dist loadgroup --cov --cov-report=term

lint: .venv/installed  ## formatting, lint, types, import rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

ui: .venv/installed  ## Dagster's web UI on http://127.0.0.1:3000 (PORT=...)
	@$(BIN)/topaz ui --port $(PORT)

lock:  ## resolve the lock file anew (needs uv)
	uv pip compile pyproject.toml --universal --extra dev --python-version 3.11 \
	  --generate-hashes --no-strip-extras --no-emit-index-url --no-emit-find-links \
	  --no-annotate --no-header -o requirements.lock

clean:  ## remove the environment; data under var/ stay
	rm -rf .venv

.venv/installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v <= (3, 13) else f"Python 3.11, 3.12 or 3.13 is needed, this is {v[0]}.{v[1]}: try make PYTHON=python3.12")'
	@echo "Making the environment in .venv (a few minutes, once) ..."
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
