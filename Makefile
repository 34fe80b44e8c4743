# Meterbook's one Makefile. `make help` explains every target.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.SUFFIXES:
MAKEFLAGS += --no-print-directory
# Tests start hundreds of processes: where Python may not keep what it has compiled, each compiles all packages anew.
unexport PYTHONDONTWRITEBYTECODE

BIN := .venv/bin
# Chalice runs on 3.10-3.13 and we write for 3.11+: the first of these that can make a virtual environment, the one first
# that is deployed on (RUNTIME in infra/package.py).
FIND_PYTHON := for python in python3.13 python3 python3.12 python3.11; do \
	$$python -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null \
	&& echo $$python && exit; done; \
	echo "Meterbook needs Python 3.11, 3.12 or 3.13 with venv (on Debian: apt install python3-venv)." >&2; exit 1
STAGE ?= prod
# A lock names every package that is needed, so nothing is resolved: no newer release in the index can change what is
# installed. Any pip can install the one wheel of uv by its hash, and uv installs the rest. Nothing is built from source.
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes -r
UV_INSTALL := .venv/bin/uv pip install --quiet --no-deps --only-binary :all: --require-hashes -r

# More workers than cores, as each waits for the process of its local AWS.
PYTEST := $(BIN)/pytest --durations=15 --durations-min=1 --dist=loadfile --no-loadscope-reorder
UV_COMPILE := .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header

.PHONY: help
help: ## Explain every target
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.venv/bin/python:
	@python=$$($(FIND_PYTHON)) && echo "Making .venv ($$python) ..." && $$python -m venv .venv

.venv/uv-ready: requirements/uv.txt | .venv/bin/python
	@$(BIN)/python $(PIP_INSTALL) requirements/uv.txt && touch $@

.venv/ready: .venv/uv-ready requirements/dev.txt
	@echo "Installing the packages ..." && $(UV_INSTALL) requirements/dev.txt --python .venv && touch $@

.venv/local-aws/ready: .venv/ready requirements/local-aws.txt
	@echo "Installing the local AWS ..." && $(BIN)/python -m venv --without-pip .venv/local-aws \
		&& $(UV_INSTALL) requirements/local-aws.txt --python .venv/local-aws && touch $@

.venv/template-lint/ready: .venv/ready requirements/template-lint.txt
	@echo "Installing the template linter ..." && $(BIN)/python -m venv --without-pip .venv/template-lint \
		&& $(UV_INSTALL) requirements/template-lint.txt --python .venv/template-lint && touch $@

# The compiler that a generated client is tested with. Without Node.js or its registry, that one test is skipped.
TYPESCRIPT := tests/typescript/node_modules/ready
$(TYPESCRIPT): tests/typescript/package-lock.json
	@if command -v npm > /dev/null; then echo "Installing the TypeScript compiler ..."; \
		npm ci --prefix tests/typescript --ignore-scripts --no-audit --no-fund --silent && touch $@ \
		|| echo "It can't be installed: the test of the generated client will be skipped."; fi

.PHONY: install
install: .venv/ready .venv/local-aws/ready .venv/template-lint/ready $(TYPESCRIPT) ## Make the environments with locked packages

.PHONY: run
run: .venv/ready .venv/local-aws/ready ## Start everything on this machine: local AWS, API on :8000, queues, schedules
	@exec $(BIN)/python -m local

.PHONY: test
test: install check unit ## Everything that CI checks

.PHONY: check
check: .venv/ready ## Format, lint, types and import contracts
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

.PHONY: quick
quick: check ## Before each commit, in a minute: format, lint, types, contracts, and the tests that need no local AWS
	@$(PYTEST) --numprocesses=2 tests/unit tests/architecture

.PHONY: unit
unit: install ## All tests, with coverage, and which took longest
	@$(BIN)/coverage erase
	@$(PYTEST) --numprocesses=3 --cov --cov-report=term

.PHONY: claims
claims: .venv/ready ## Count which requirements tests prove; SAMPLE=20 or ROW=S1-041 shows them beside their tests
	@$(BIN)/python -m tests.tools.claims $(ROW) $(if $(SAMPLE),--sample $(SAMPLE)) $(if $(SEED),--seed $(SEED))

.PHONY: bench
bench: .venv/ready ## Compare the rating engine with a hand-written loop (about 10 seconds)
	@$(BIN)/python -m tests.benchmarks.rating_speed

.PHONY: compare-rating
compare-rating: .venv/ready ## Rate N random tariffs (20000) by the engine and by an independent calculator
	@$(BIN)/python -m tests.tools.compare_rating $(or $(N),20000)

.PHONY: ledger-laws
ledger-laws: install ## Take, use and reverse money at random for 500 examples of 50 steps, checking all books after each
	@METERBOOK_LAW_EXAMPLES=$${METERBOOK_LAW_EXAMPLES:-500} METERBOOK_LAW_STEPS=$${METERBOOK_LAW_STEPS:-50} \
		$(BIN)/pytest -n 0 tests/properties/test_ledger_laws.py --timeout=7200

.PHONY: attack
attack: install ## Repeat the longer attacks against a server of its own, or one at URL; prints figures (some minutes)
	@$(BIN)/python -m tests.tools.attack $(URL)

.PHONY: mutate
mutate: .venv/ready ## Break the rating engine 120 times and count which breaks a test notices (about 15 minutes)
	@$(BIN)/python -m tests.mutation.mutate_engine

.PHONY: fuzz
fuzz: install ## Ask every operation as every role, 300 odd requests each (takes long)
	@METERBOOK_FUZZ_EXAMPLES=$${METERBOOK_FUZZ_EXAMPLES:-300} $(BIN)/pytest tests/http/test_fuzz.py --timeout=3600

.PHONY: format
format: .venv/ready ## Format the code and fix what can be fixed by itself
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

.PHONY: package
package: .venv/ready ## Build the deployable package and template into build/ (STAGE=dev or prod)
	@$(BIN)/python -m infra.package build --stage $(STAGE) $(if $(RUNTIME),--runtime $(RUNTIME))

.PHONY: redoc
redoc: .venv/ready ## Fetch the script of the API's page (/api/docs) at the version that is pinned (needs npm)
	@$(BIN)/python -m infra.redoc

.PHONY: lock
lock: .venv/ready ## Write the lock files anew from requirements/*.in, and prove that they install
	@$(UV_COMPILE) requirements/runtime.in -o requirements.txt
	@for one in uv dev local-aws template-lint; do \
		$(UV_COMPILE) requirements/$$one.in -o requirements/$$one.txt || exit 1; done
	@$(MAKE) check-locks

.PHONY: check-locks
check-locks: .venv/ready ## Install every lock into empty environments with the oldest pip (a few minutes); note the proof
	@$(BIN)/python -m infra.locks

.PHONY: clean
clean: ## Throw away what was built; the demo data in .local/ stays
	@rm -rf build .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage*
