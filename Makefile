# `make demo` and `make test` do all their own set-up; `make help` lists the rest.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO := demo
# Every start of the command reads compiled modules, also where the shell forbids to write them.
unexport PYTHONDONTWRITEBYTECODE
export QINGFENG_WORKSPACE ?= $(DEMO)/workspace

.DEFAULT_GOAL := help
# The system's certificates: a package mirror inside an institution has an authority of its own.
export UV_SYSTEM_CERTS = 1

.PHONY: help install demo test check format docs bench mutation screenshots neo4j neo4j-stop clean lock

help: ## Show what there is to make
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

install: $(VENV)/installed ## Install into .venv, from the lock file

$(VENV)/installed: pyproject.toml requirements.lock
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@

demo: install ## Generate a sample province, load it, scan it, print the findings
	@rm -rf $(DEMO)
	$(BIN)/qingfeng sample $(DEMO)/province --size small
	$(BIN)/qingfeng load $(DEMO)/province
	$(BIN)/qingfeng scan
	$(BIN)/qingfeng scan --store --json > $(DEMO)/stored.json
	@echo
	@echo "The explorer:    $(BIN)/qingfeng serve --workspace $(QINGFENG_WORKSPACE) --demo"
	@echo "                 prints an address, users and a password made for this run"
	@echo "Explain one:     $(BIN)/qingfeng explain --workspace $(QINGFENG_WORKSPACE) FINDING"
	@echo "In Chinese:      QINGFENG_LANG=zh $(BIN)/qingfeng scan --workspace $(QINGFENG_WORKSPACE)"
	@echo "Your own data:   $(BIN)/qingfeng load FOLDER --workspace my-workspace"

test: install ## Run every test
	$(BIN)/python -m pytest -n 2 --dist loadgroup

check: install ## Linters, types, import directions, printed pages, the evaluation of the models
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/qingfeng docs --check
	$(BIN)/qingfeng evaluate collusion --check

format: install ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: install ## Print the pages under docs/ from the code
	$(BIN)/qingfeng docs

bench: install ## Measure against named peers; prints one table
	$(BIN)/python -m bench

mutation: install ## Break one condition of the catalogue at a time, by night; fails below 85 % killed
	$(BIN)/python -m tests.mutation --sample 10 --seed 1 --least 85 --worlds $(DEMO)/worlds --out mutation.md

screenshots: install ## Picture ten states of the explorer into docs/pictures
	$(BIN)/python -m tests.viz.explorer.screenshots

neo4j: install ## Start a local Neo4j server for development (stop: make neo4j-stop)
	$(BIN)/python -m graph.neo4j start

neo4j-stop: ## Stop it
	$(BIN)/python -m graph.neo4j stop

lock: ## Resolve the dependencies anew
	$(BIN)/uv pip compile --quiet --generate-hashes --group dev --extra ftm --output-file requirements.lock pyproject.toml

clean: ## Remove what make made
	rm -rf $(VENV) $(DEMO) .mypy_cache .ruff_cache .pytest_cache
