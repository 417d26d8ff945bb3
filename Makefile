# Every task of this project. `make` alone lists them; each recipe does its own set-up first.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory
PYTHON ?= python3
PORT ?= 8000
export PORT

VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/stamps
PO := $(wildcard src/huajie/locale/*/LC_MESSAGES/*.po)
MO := $(PO:.po=.mo)
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input

.PHONY: help
help:                    ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

$(BIN)/python:
	@PYTHON=$(PYTHON) scripts/system.sh python
	$(PYTHON) -m venv $(VENV)

# pip compares the whole lock with what is there, so a second run after a change installs the difference only.
$(STAMPS)/run: requirements.lock pyproject.toml | $(BIN)/python
	@mkdir -p $(STAMPS)
	$(PIP) --require-hashes -r requirements.lock
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(STAMPS)/dev: requirements-dev.lock $(STAMPS)/run
	$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@

%.mo: %.po $(STAMPS)/run
	$(BIN)/python scripts/translations.py compile $<

.PHONY: setup
setup: $(STAMPS)/dev $(MO) ## make .venv with everything that development and the tests need

.PHONY: setup-run
setup-run: $(STAMPS)/run $(MO)  ## make .venv with what running needs, nothing else

.PHONY: run
run: setup-run           ## set up, load the demo county on first start, serve http://127.0.0.1:8000 (PORT=8080 overrides)
	@exec $(BIN)/huajie serve --demo

.PHONY: test
test: setup              ## everything that must hold, on SQLite and on PostgreSQL (at most 45 minutes on two cores)
	@scripts/system.sh postgresql chromium
	@exec $(BIN)/python -m scripts.test

.PHONY: test-quick
test-quick: setup        ## lint and the fast tests on SQLite (at most 3 minutes)
	@exec $(BIN)/python -m scripts.test --quick

.PHONY: test-core
test-core: setup         ## the rules alone: no database, no server
	@exec $(BIN)/python -m pytest tests/core

.PHONY: bench
bench: setup             ## measure the budgets on both databases and write docs/benchmarks.md
	@scripts/system.sh postgresql wrk chromium
	@$(BIN)/python -m scripts.slow_phone
	@exec $(BIN)/python -m scripts.bench

.PHONY: axe
axe: setup               ## look at every page in both languages, lights and widths and write docs/axe.md
	@scripts/system.sh chromium
	@exec $(BIN)/python -m scripts.axe

.PHONY: screenshots
screenshots: setup       ## take the pictures of docs/tour.md and of the README
	@scripts/system.sh chromium
	@exec $(BIN)/python -m scripts.screenshots

.PHONY: soak
soak: setup              ## 200 kill rounds on each database, and the long random walks
	@scripts/system.sh postgresql
	@exec $(BIN)/python -m scripts.soak

.PHONY: imports
imports: setup           ## the four Open311 exports in full, from the folder that HUAJIE_SHARED names
	@exec $(BIN)/python -m scripts.imports

.PHONY: lint
lint: setup              ## style, types in core, the order of the rings
	@exec $(BIN)/python -m scripts.test --lint

.PHONY: audit
audit: setup             ## known faults of what is installed, against the excuses in scripts/audit.toml
	@exec $(BIN)/python -m scripts.audit

.PHONY: fix
fix: setup               ## let the linter and the formatter mend what they can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: diagrams
diagrams: setup-run      ## draw every pack into docs/packs
	@exec $(BIN)/huajie packs draw --all

.PHONY: messages
messages: setup          ## collect new texts into the translation files
	@exec $(BIN)/python scripts/translations.py collect

.PHONY: lock
lock: setup              ## write the hashed lock files anew from pyproject.toml
	$(BIN)/uv pip compile pyproject.toml --group build --generate-hashes --no-emit-index-url --no-header --quiet --output-file requirements.lock
	$(BIN)/uv pip compile pyproject.toml --group build --group dev --constraint requirements.lock --generate-hashes --no-emit-index-url --no-header --quiet --output-file requirements-dev.lock
	@touch $(STAMPS)/run $(STAMPS)/dev

.PHONY: clean
clean:                   ## remove what can be made again; var/ with its data stays
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find src -name '*.mo' -delete
