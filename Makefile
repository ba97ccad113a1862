ifeq ($(origin PYTHON),undefined)
PYTHON := python3
# The service user must be able to read it, too; what root calls python3 may live in root's home.
SERVER_PYTHON := $(firstword $(wildcard /usr/bin/python3) python3)
endif
SERVER_PYTHON ?= $(PYTHON)
VENV := .venv
BIN := $(VENV)/bin
CONSTRAINTS := .ci/constraints.txt
SERVE ?= 1
SECONDS ?= 60
HISTORIES ?= 20000
ONLY ?=
ROOM ?=
# The tests start hundreds of programs: none compiles what another one has compiled.
export PYTHONDONTWRITEBYTECODE :=

# make install: /usr/local and /usr are places of the machine; any other PREFIX holds the program and the data as well.
PREFIX ?= /usr/local
DESTDIR ?=
OPT ?= $(if $(filter /usr/local /usr,$(PREFIX)),,$(PREFIX))/opt/casefleet
WHEEL ?= .
PIP_FLAGS ?= -c $(CONSTRAINTS)
SERVER := $(DESTDIR)$(OPT)

.PHONY: help demo test quick check bench e2e soak fuzz mutants golden shots clean install uninstall

help:
	@echo "New here? casefleet_cli/__init__.py says where things are, .github/CONTRIBUTING.md how to work on them."
	@echo
	@echo "make demo    build a demo firm, log its mail, serve the pages (SERVE=0: stop before serving)"
	@echo "make install put it on this server: /opt/casefleet, its user, link, man pages, units (PREFIX=, DESTDIR=, PYTHON=)"
	@echo "make uninstall  take that away again; the database stays"
	@echo "make test    run all tests (CASEFLEET_E2E=1: a missing Debian package is a failure, not a skip)"
	@echo "make quick   run the tests without real programs and browsers"
	@echo "make check   run the gates: ruff, format, mypy, import-linter"
	@echo "make bench   measure the speed, as ratios"
	@echo "make e2e     run only the tests with real programs (Postfix, procmail, Chromium)"
	@echo "make soak    try 20,000 other histories of a firm (HISTORIES=n: as many), and more kills, bursts and mail than make test"
	@echo "make fuzz    call every function of the core with broken input, for SECONDS=60"
	@echo "make mutants break the rules, the access, the desks and the intake on purpose, and see what no test notices (ROOM=core/rules: only there)"
	@echo "make golden  write fixtures/mail/*.json anew from the parser, for review with git diff"
	@echo "make shots   write pictures of every state of every page to shots/, by day, by night, on a telephone and on paper (ONLY=email: those alone)"
	@echo "make clean   remove what the other targets made"

$(VENV)/installed: pyproject.toml $(CONSTRAINTS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "casefleet needs Python 3.11 or newer")'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -q --disable-pip-version-check -c $(CONSTRAINTS) --upgrade pip
	@$(BIN)/python -m pip install -q --disable-pip-version-check -c $(CONSTRAINTS) -e .
	@touch $@

$(VENV)/developed: $(VENV)/installed
	@$(BIN)/python -m pip install -q --disable-pip-version-check -c $(CONSTRAINTS) --group dev
	@$(BIN)/python -m pip install -q --disable-pip-version-check -c $(CONSTRAINTS) --no-deps --group axe
	@touch $@

$(VENV)/mutated: $(VENV)/developed
	@$(BIN)/python -m pip install -q --disable-pip-version-check -c $(CONSTRAINTS) --group mutants
	@touch $@

demo: $(VENV)/installed
	@PATH="$(CURDIR)/$(BIN):$$PATH" SERVE=$(SERVE) sh fixtures/demo.sh

test: $(VENV)/developed
	$(BIN)/python -m pytest -n 3 --dist worksteal

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
	$(BIN)/python -m tests.bench_desk
	$(BIN)/python -m tests.bench_pages 100000 30
	$(BIN)/python -m tests.bench_serve 20000 40

e2e: $(VENV)/developed
	CASEFLEET_E2E=1 $(BIN)/python -m pytest tests/e2e

soak: $(VENV)/developed
	CASEFLEET_SOAK=$(HISTORIES) $(BIN)/python -m pytest -n 2 --dist worksteal -m soak

fuzz: $(VENV)/developed
	$(BIN)/python -m tests.fuzz $(SECONDS)

mutants: $(VENV)/mutated
	$(BIN)/python -m tests.mutants $(ROOM)

golden: $(VENV)/developed
	$(BIN)/python -m tests.golden

shots: $(VENV)/developed
	$(BIN)/python -m tests.shots $(ONLY)

install:
	@test -x $(SERVER)/bin/python || (umask 022 && $(SERVER_PYTHON) -m venv $(SERVER))
	@umask 022 && $(SERVER)/bin/python -m pip install -q --disable-pip-version-check --root-user-action=ignore $(PIP_FLAGS) \
	    --upgrade $(WHEEL)
	@umask 022 && $(SERVER)/bin/casefleet install --prefix $(PREFIX) $(if $(DESTDIR),--root $(DESTDIR))

uninstall:
	@test ! -x $(SERVER)/bin/casefleet \
	    || $(SERVER)/bin/casefleet install --remove --prefix $(PREFIX) $(if $(DESTDIR),--root $(DESTDIR))
	rm -rf $(SERVER)

clean:
	rm -rf $(VENV) build dist demo mutants shots .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
