# Everything runs from .venv, built from uv.lock. `make help` lists the targets.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
GEN := gen/.ready
STRIPE_CLI := tests/contract/node_modules/.ready
PROTOS := $(shell find protos -name '*.proto' 2>/dev/null)
ARGS ?=

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

.PHONY: help
help: ## List what there is to run
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: setup ## Start the whole stack, play one purchase through it, serve until Ctrl-C (ARGS=--once to stop after it)
	@$(BIN)/payments up $(ARGS)

.PHONY: demo
demo: setup ## Play the purchase against a stack that is already running
	@$(BIN)/payments demo $(ARGS)

.PHONY: test
test: setup ## Run every test (unit, integration, e2e) on free ports
	@$(BIN)/python -m pytest -q $(ARGS)

.PHONY: soak
soak: setup ## Payments with lost, doubled, shuffled and poisonous webhooks (ARGS=2000: how many)
	@SOAK_PAYMENTS=$(or $(ARGS),2000) $(BIN)/python -m pytest -q -n 0 -s tests/e2e/test_soak.py

.PHONY: contract
contract: setup $(STRIPE_CLI) ## Run the official Stripe CLI (from npm) against the sandbox, and see that the ledger follows
	@$(BIN)/python -m pytest -q -n 0 tests/contract $(ARGS)

.PHONY: bench
bench: setup ## Measure against references in the same run (ARGS=--quick for a short look; docs/performance.md)
	@$(BIN)/python -m bench $(ARGS)

.PHONY: fuzz
fuzz: setup ## Send a real gateway three minutes of nonsense and watch its answers and memory (ARGS="--minutes 10 --seed 7")
	@$(BIN)/python scripts/fuzz_gateway.py $(ARGS)

.PHONY: permutations
permutations: setup ## Tell the events of every flow of money in every order (ARGS="-k dispute" for some); Ctrl-C ends it
	@PERMUTATIONS=all $(BIN)/python -m pytest -q -n 0 --show-capture=no -o faulthandler_timeout=0 \
		tests/integration/payments_service/application/test_permutations.py $(ARGS)

.PHONY: lint
lint: setup ## Formatting, lint, types, import rules, proto lint and breaking changes
	@$(BIN)/python scripts/lint.py

.PHONY: format
format: setup ## Rewrite the code in the one format
	@$(BIN)/ruff check --fix-only --quiet . && $(BIN)/ruff format --quiet .

.PHONY: proto
proto: $(READY) ## Generate gen/ from protos/ again
	@$(BIN)/python scripts/proto.py && touch $(GEN)

.PHONY: lock
lock: $(READY) ## Resolve the dependencies again into uv.lock
	@$(BIN)/python scripts/lock.py

.PHONY: docs
docs: setup ## Write what is generated: docs/errors.md, docs/events/ and .env.example
	@$(BIN)/python scripts/error_docs.py && $(BIN)/python -m scripts.event_docs && $(BIN)/python scripts/env_example.py

.PHONY: clean
clean: ## Remove what set-up and runs made (not the data under .payments/)
	@rm -rf $(VENV) gen build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache tests/contract/node_modules

.PHONY: setup
setup: $(READY) $(GEN)

$(READY): uv.lock pyproject.toml scripts/uv.txt scripts/setup.sh
	@sh scripts/setup.sh $(PYTHON) $(VENV)
	@touch $@

$(STRIPE_CLI): tests/contract/package-lock.json scripts/stripe_cli.sh
	@sh scripts/stripe_cli.sh tests/contract
	@touch $@

$(GEN): $(READY) $(PROTOS) scripts/proto.py
	@$(BIN)/python scripts/proto.py
	@touch $@
