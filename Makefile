# `make help` lists what there is. PYTHON=python3.13 uses (and keeps apart) another interpreter.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup setup-dev demo test test-full lint unit integration molecule e2e chaos benchmark clean

ifdef PYTHON
VENV ?= .venv-$(notdir $(PYTHON))
else
VENV ?= .venv
endif
export PYTHON VENV
RUN := $(VENV)/bin/python

help:           ## this list
	@grep -E '^[a-z0-9 -]+: .*##|^help:' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/' | column -t -s$$'\t'

setup:          ## what a run needs: system packages, .venv, the collection tree
	@tools/setup.sh run

setup-dev:      ## the same, and what the tests need
	@tools/setup.sh test

demo: setup     ## the whole loop on a lab network, on this machine (HISTORY=file for your own past)
	@$(RUN) demo/run.py $(if $(HISTORY),--history $(HISTORY)) $(if $(MAPPING),--mapping $(MAPPING)) $(if $(POLICIES),--policies $(POLICIES)) $(if $(AS_OF),--as-of $(AS_OF))

test: setup-dev ## every check below 25 minutes: lint, unit, integration, molecule, e2e
	@$(RUN) tools/run_tests.py lint unit integration molecule e2e

test-full: setup-dev  ## `test` and the long ones
	@$(RUN) tools/run_tests.py --full lint unit integration molecule e2e benchmarks

lint unit integration molecule e2e: setup-dev ## one part of `test`
	@$(RUN) tools/run_tests.py $@

chaos: setup-dev  ## break the lab on purpose, all the ways there are
	@$(RUN) tools/run_tests.py --full chaos

benchmark: setup  ## accuracy beside other forecasters, with the bars, to docs/benchmark.md (FORESTAGE_DATA=folder)
	@$(RUN) -m venv .venv-benchmark && .venv-benchmark/bin/python -m pip install -q --disable-pip-version-check -r requirements-benchmark.txt
	@.venv-benchmark/bin/python tests/benchmarks/compare.py --page docs/benchmark.md --keep .cache/benchmark

clean:          ## remove everything that make has made here
	rm -rf .venv .venv-* .cache build tests/output .mypy_cache .ruff_cache .pytest_cache .hypothesis .ansible
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
