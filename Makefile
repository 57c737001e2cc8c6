# DreamScape. `make help` lists what there is; `make up` is where to begin.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
PODS := $(BIN)/python -m pods
READY := .venv/ready
GENERATED := gen/envoy/descriptor.binpb

.PHONY: help up down clean status logs env rotate-keys test mutants bench check generate release format lock

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: $(READY) $(GENERATED) ## start everything in the background, book one trip, print the addresses
	@$(PODS) up

down: ## stop everything, keep the data
	@if [ -x $(BIN)/python ]; then $(PODS) down; fi

clean: ## stop everything and forget the data
	@if [ -x $(BIN)/python ]; then $(PODS) clean; fi

status: $(READY) ## show every process: pod, health, memory, address
	@$(PODS) status

logs: $(READY) ## follow the logs of all processes
	@$(PODS) logs

env: $(READY) ## print every address as KEY=VALUE
	@$(PODS) env

rotate-keys: $(READY) ## add a key that will sign tokens, remove those that had their time
	@$(PODS) rotate-keys

test: $(READY) $(GENERATED) ## run the tests; they start and stop what they need
	@$(BIN)/pytest -q

mutants: $(READY) $(GENERATED) ## break the project in known ways; show which test notices
	@$(BIN)/python -m tests.mutants

bench: $(READY) $(GENERATED) ## measure beside the peers in one run; print ratios
	@$(BIN)/python -m tests.bench

check: $(READY) $(GENERATED) ## all that must hold: generated files, lint, types, house rules, tests
	@$(BIN)/buf lint
	@$(BIN)/buf breaking --against proto/released.binpb
	@$(BIN)/python -m edge.generate --check
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy mesh services edge sandbox pods gen/python/dreamscape/*.py gen/python/dreamscape/*/v1/*_client.py
	@$(BIN)/pytest -q tests/house
	@$(BIN)/pytest -q tests --ignore=tests/house

generate: $(READY) ## write gen/ anew from proto/
	@$(BIN)/python -m edge.generate

release: $(READY) ## make today's contract the one that may no longer be broken
	@$(BIN)/buf build --exclude-source-info --output proto/released.binpb

format: $(READY) ## format the code
	@$(BIN)/ruff check --quiet --fix . || true
	@$(BIN)/ruff format --quiet .

lock: $(READY) ## pin the newest versions that pyproject.toml allows
	@$(BIN)/uv pip compile pyproject.toml --group dev --generate-hashes --no-annotate --no-header \
	  --python-version 3.11 --universal --quiet --upgrade --output-file requirements.lock

$(GENERATED): | $(READY)
	@$(BIN)/python -m edge.generate

$(READY): requirements.lock pyproject.toml
	@.ci/environment
