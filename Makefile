PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CONSTRAINTS := .ci/constraints.txt
SERVE ?= 1
SECONDS ?= 60
HISTORIES ?= 20000
ROOM ?=

.PHONY: help demo test quick check bench e2e soak fuzz mutants golden clean

help:
	@echo "New here? casefleet_cli/__init__.py says where things are, .github/CONTRIBUTING.md how to work on them."
	@echo
	@echo "make demo    build a demo firm, log its mail, serve the pages (SERVE=0: stop before serving)"
	@echo "make test    run all tests (CASEFLEET_E2E=1: a missing Debian package is a failure, not a skip)"
	@echo "make quick   run the tests without real programs and browsers"
	@echo "make check   run the gates: ruff, format, mypy, import-linter"
	@echo "make bench   measure the speed, as ratios"
	@echo "make e2e     run only the tests with real programs (Postfix, procmail, Chromium)"
	@echo "make soak    try 20,000 other histories of a firm, crashes among them (HISTORIES=n: as many)"
	@echo "make fuzz    call every function of the core with broken input, for SECONDS=60"
	@echo "make mutants break the rules, the access and the desks on purpose, and see what no test notices (ROOM=core/rules: only there)"
	@echo "make golden  write fixtures/mail/*.json anew from the parser, for review with git diff"
	@echo "make clean   remove what the other targets made"

$(VENV)/installed: pyproject.toml $(CONSTRAINTS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "casefleet needs Python 3.11 or newer")'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -q --disable-pip-version-check -c $(CONSTRAINTS) --upgrade pip
	@$(BIN)/python -m pip install -q --disable-pip-version-check -c $(CONSTRAINTS) -e .
	@touch $@

$(VENV)/developed: $(VENV)/installed
	@$(BIN)/python -m pip install -q --disable-pip-version-check -c $(CONSTRAINTS) --group dev
	@touch $@

$(VENV)/mutated: $(VENV)/developed
	@$(BIN)/python -m pip install -q --disable-pip-version-check -c $(CONSTRAINTS) --group mutants
	@touch $@

demo: $(VENV)/installed
	@PATH="$(CURDIR)/$(BIN):$$PATH" SERVE=$(SERVE) sh fixtures/demo.sh

test: $(VENV)/developed
	$(BIN)/python -m pytest -n 2 --dist worksteal

quick: $(VENV)/developed
	$(BIN)/python -m pytest -n 2 --dist worksteal --ignore tests/e2e --ignore tests/web

check: $(VENV)/developed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/developed
	$(BIN)/python -m tests.bench
	$(BIN)/python -m tests.bench_parse
	$(BIN)/python -m tests.bench_search
	$(BIN)/python -m tests.bench_import

e2e: $(VENV)/developed
	CASEFLEET_E2E=1 $(BIN)/python -m pytest tests/e2e

soak: $(VENV)/developed
	CASEFLEET_SOAK=$(HISTORIES) $(BIN)/python -m pytest -n 2 tests/desks/test_machine.py -k test_500_histories

fuzz: $(VENV)/developed
	$(BIN)/python -m tests.fuzz $(SECONDS)

mutants: $(VENV)/mutated
	$(BIN)/python -m tests.mutants $(ROOM)

golden: $(VENV)/developed
	$(BIN)/python -m tests.golden

clean:
	rm -rf $(VENV) build dist demo mutants .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
