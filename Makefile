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
ROOM ?=

# make install: /usr/local and /usr are places of the machine; any other PREFIX holds the program and the data as well.
PREFIX ?= /usr/local
DESTDIR ?=
OPT ?= $(if $(filter /usr/local /usr,$(PREFIX)),,$(PREFIX))/opt/casefleet
WHEEL ?= .
PIP_FLAGS ?= -c $(CONSTRAINTS)
SERVER := $(DESTDIR)$(OPT)

.PHONY: help demo test quick check bench e2e soak fuzz mutants golden clean install uninstall
