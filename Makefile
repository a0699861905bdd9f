# Everything a contributor needs; .ci/run says the same words. `make PYTHON=/path/to/python3 ...` picks another Python.

.DEFAULT_GOAL := help
.PHONY: help setup demo test suite browser pythons lint types format bench fuzz soak wheel clean
export PYTHON
# A Node.js from PyPI lives in .venv/bin; last, so that it hides nothing of the machine's.
export PATH := $(PATH):$(CURDIR)/.venv/bin
# What runs side by side is printed one after the other, where make can do that.
SYNC := $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' Makefile

setup: ## make .venv, install everything, build the browser client
	@scripts/setup

demo: setup ## serve the examples and print their address (PORT=...)
	@.venv/bin/python -m scripts.demo

test: setup ## everything that CI checks: lint, types, suite, browser, other Pythons
	@$(MAKE) --no-print-directory -j3 $(SYNC) lint suite types browser pythons

suite: setup ## the fast suite alone (ARGS=... goes to pytest)
	@echo "== the suite" && scripts/suite .venv -m "not soak" $(ARGS)

browser: setup ## the tests in a real browser alone (ARGS=... goes to pytest)
	@echo "== the browser" && scripts/browser $(ARGS)

pythons: setup ## the fast suite on every other Python >= 3.11 found
	@scripts/other-pythons

lint: setup ## ruff: style and formatting
	@scripts/lint

types: setup ## mypy --strict
	@scripts/types

format: setup ## let ruff put the formatting right
	@.venv/bin/ruff check --fix-only --quiet . && .venv/bin/ruff format .

bench: setup ## the benchmark, beside a bare Starlette socket
	@.venv/bin/python -m bench

fuzz: setup ## property tests with many more examples
	@scripts/fuzz $(ARGS)

soak: setup ## what takes minutes: leaks, planted bugs, large uploads (ARGS=... goes to pytest)
	@scripts/suite .venv -m soak $(ARGS)

wheel: setup ## build sdist and wheel into dist/ and try the wheel in a fresh environment
	@scripts/wheel

clean: ## remove all that was built and installed
	@rm -rf .venv .venv-* .build build dist client/node_modules pyview/static
	@rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
