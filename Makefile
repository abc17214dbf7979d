# Every target sets itself up: python3, pip and make are enough.

PYTHON ?= python3
export PROBML_DATA ?= $(CURDIR)/datasets

VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help report test lint bench soak clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

report: $(VENV)/.all ## compare the classifiers with scikit-learn; result in reports/latest
	$(BIN)/probml report --out reports/latest

test: $(VENV)/.dev ## run the tests
	$(BIN)/python -m pytest

lint: $(VENV)/.dev ## check style, format and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

bench: $(VENV)/.all ## measure speed as ratios to scikit-learn and to floors
	$(BIN)/python -m benchmarks.theory
	$(BIN)/python -m benchmarks.autodiff
	$(BIN)/python -m benchmarks.generative
	$(BIN)/python -m benchmarks.logistic
	$(BIN)/python -m benchmarks.mlp
	$(BIN)/python -m benchmarks.table
	$(BIN)/python -m benchmarks

soak: $(VENV)/.dev ## hold sound classifiers against the laws, seed after seed, for ten minutes
	$(BIN)/python tests/laws/soak.py

clean: ## remove what the other targets made, except downloaded data
	rm -rf $(VENV) $(VENV)-lowest build *.egg-info reports/latest
	rm -rf .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# An interpreter without ensurepip can still make an environment, and pip can install into it.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "probml needs Python 3.11 or later (got $$($(PYTHON) --version)); try make PYTHON=python3.11" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV) || $(PYTHON) -m venv --clear --without-pip $(VENV)

PIP = $(shell test -x $(BIN)/pip && echo $(BIN)/python -m pip || echo $(PYTHON) -m pip --python $(BIN)/python)
INSTALL = $(PIP) install --quiet -c constraints.txt -e

$(VENV)/.all: $(BIN)/python pyproject.toml constraints.txt
	$(INSTALL) '.[all]'
	touch $@

$(VENV)/.dev: $(BIN)/python pyproject.toml constraints.txt
	$(INSTALL) '.[all,dev]'
	touch $@ $(VENV)/.all
