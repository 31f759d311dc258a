# tamperbench. `make certify` and `make test` set up what they need by themselves, in .venv.
# Needed before: Python 3.11 or newer (with venv) and make. Nothing else.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# The first Python that is new enough; override with `make PYTHON=/path/to/python3.12 …`.
PYTHON ?= $(firstword $(foreach name,python3 python3.14 python3.13 python3.12 python3.11,\
  $(shell $(name) -c 'import sys; sys.version_info >= (3, 11) and print("$(name)")' 2>/dev/null)))
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PLAN ?= smoke
SEED ?= 1
WORKERS ?= 2
SEEDS ?= 200

.PHONY: help certify test lint unit qualify matrix soak seeds firmware coverage bench times powercut format clean lock

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 18

certify: $(READY) ## build the reference firmware, certify it on the emulated bench, write a report under out/
	@$(BIN)/tamperbench certify --plan $(PLAN) --seed $(SEED)

test: lint unit ## lint and types, then every test of the project

lint: $(READY) ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

unit: $(READY) ## every test of the project
	$(BIN)/pytest -n $(WORKERS)

qualify: $(READY) ## put every known-bad meter through the plan "bite" until it is caught; keep the result in docs/qualification.md
	$(BIN)/tamperbench qualify --workers $(WORKERS) --save docs

matrix: $(READY) ## the same with every test of each (an hour on two cores), kept in the same place
	$(BIN)/tamperbench qualify --whole --workers $(WORKERS) --save docs

soak: $(READY) ## an hour of ordinary life on each of 200 seeds (SEEDS=...): no event; a quarter of an hour on two cores
	$(BIN)/tamperbench soak --seeds $(SEEDS) --workers $(WORKERS)

seeds: $(READY) ## the reference meter passes plan "full" on 10 seeds
	$(BIN)/tamperbench soak --plan full --seeds 10 --workers $(WORKERS)

firmware: $(READY) ## build the reference firmware and print its budgets
	$(BIN)/python -m firmware_ref.tool.build

coverage: $(READY) ## lines and branches of the firmware's core that its tests reach (needs gcc)
	@$(BIN)/python -m tests.firmware.coverage

bench: $(READY) ## measure: a table, and JSON under out/
	$(BIN)/python -m tests.figures

times: $(READY) ## time every test on the bench's clock, for `tamperbench list`; keep it in testplans/times
	$(BIN)/python -m tests.bench_times --workers $(WORKERS)

powercut: $(READY) ## cut the supply at every write of a scripted day, and again in each recovery: nothing confirmed is lost
	$(BIN)/python -m tests.powercut --workers $(WORKERS)

format: $(READY) ## format the Python code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: $(READY) ## bring requirements.lock up to date with pyproject.toml (needs the tool uv)
	uv pip compile pyproject.toml --all-extras --group build --universal --generate-hashes --python-version 3.11 \
	  --no-header --no-annotate -q -o requirements.lock

clean: ## remove the environment and everything built; records under out/ stay
	rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info

$(READY): requirements.lock pyproject.toml
	@if [ -z "$(PYTHON)" ]; then \
	  echo "tamperbench needs Python 3.11 or newer; found none on the PATH. Install one or say make PYTHON=/path/to/python3" >&2; exit 2; fi
	@echo "Setting up $(VENV) with $(PYTHON) ..."
	@$(PYTHON) -m venv $(VENV) || { \
	  echo "the module venv does not work here; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 2; }
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.lock
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $@
