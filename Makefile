# Every target sets up what it needs first; `make help` lists them.
PY := .venv/bin/python
SHELL := /bin/bash
.DEFAULT_GOAL := help

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

.PHONY: setup
setup: ## install what is missing: OS packages (as root), the virtual environment, the schema
	@scripts/setup

.PHONY: up
up: setup ## start a one-node cluster and say what to type next (FLAGS=... for `steersman up`)
	@.venv/bin/steersman up --detach $(FLAGS)

.PHONY: down
down: setup ## stop the cluster and remove every trace of it but its data
	@.venv/bin/steersman down

.PHONY: test
test: setup ## every test: unit, property, compat, node, e2e
	@scripts/test

.PHONY: unit
unit: setup ## the tests that need neither root nor a network, in under 30 s
	@$(PY) -m pytest tests/unit -q -n 2 -p no:schemathesis

.PHONY: lint
lint: setup ## formatting, lint, and the layers of the tree
	@.venv/bin/ruff format --check --quiet . || { echo "run: .venv/bin/ruff format ."; exit 1; }
	@.venv/bin/ruff check .
	@.venv/bin/lint-imports --no-cache

.PHONY: types
types: setup ## strict type checking
	@.venv/bin/mypy

.PHONY: bench
bench: setup ## the table of docs/benchmarks.md, measured on this machine
	@$(PY) -m bench

.PHONY: docs
docs: setup ## check that the documents' links and commands hold
	@$(PY) -m pytest tests/unit/docs -q
