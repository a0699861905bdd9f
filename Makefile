# Commands for contributors; CI calls the same targets. `make PYTHON=/path/to/python3 ...` uses another Python.

.DEFAULT_GOAL := help
.PHONY: help setup demo test suite suite-processes suite-servers suite-waiting suite-stores suite-templates suite-computing browser \
	browser-pages browser-connections pythons oldest-python lint types format bench fuzz soak chaos day wheel generated docs pictures clean
export PYTHON
# Tests start many interpreters: keep compiled modules, also where the environment says not to.
export PYTHONDONTWRITEBYTECODE :=
# Node.js from PyPI is in .venv/bin. It comes last, so that the Node.js of the machine is preferred.
export PATH := $(PATH):$(CURDIR)/.venv/bin
# Print the output of parallel targets one after the other, if this make can.
SYNC := $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' Makefile

setup: ## create .venv, install everything, build the browser client
	@scripts/setup

demo: setup ## serve the examples and print their URL (PORT=...)
	@.venv/bin/python -m scripts.demo

# In parts that fill two cores. First those that wait as long as they compute, last those that only compute.
test: setup ## run everything that CI checks: lint, types, suite, browser, site, oldest Python
	@$(MAKE) --no-print-directory -j5 $(SYNC) lint browser-connections suite-waiting suite-processes browser-pages \
		suite-stores suite-servers oldest-python docs suite-templates suite-computing types

suite: setup ## run the fast suite (ARGS=... for pytest)
ifdef ARGS
	@echo "== the suite" && scripts/suite .venv all -m "not soak" $(ARGS)
else
	@$(MAKE) --no-print-directory -j4 $(SYNC) suite-waiting suite-stores suite-processes suite-servers suite-templates suite-computing
endif

suite-processes suite-servers suite-waiting suite-stores suite-templates suite-computing: setup
	@echo "== the suite: $(@:suite-%=%)" && scripts/suite .venv $(@:suite-%=%) -m "not soak"

browser: setup ## run the tests in a real browser (ARGS=... for pytest)
ifdef ARGS
	@echo "== the browser" && scripts/browser all $(ARGS)
else
	@$(MAKE) --no-print-directory -j2 $(SYNC) browser-connections browser-pages
endif

browser-connections browser-pages: setup
	@echo "== the browser: $(@:browser-%=%)" && scripts/browser $(@:browser-%=%)

pythons: setup ## run the fast suite on every other Python >= 3.11
	@scripts/other-pythons

oldest-python: setup
	@scripts/other-pythons oldest

lint: setup ## check style and formatting with ruff
	@scripts/lint

types: setup ## check types with mypy --strict
	@scripts/types

format: setup ## format with ruff
	@.venv/bin/ruff check --fix-only --quiet . && .venv/bin/ruff format .

bench: setup ## run the benchmark against a bare Starlette WebSocket
	@.venv/bin/python -m bench

fuzz: setup ## run property tests with many more examples (ARGS=... for pytest)
	@scripts/fuzz $(ARGS)

soak: setup ## run tests that take minutes: leaks, mutants, large uploads (ARGS=... for pytest)
	@scripts/suite .venv all -m soak -o faulthandler_timeout=0 $(ARGS)

chaos: setup ## restart, kill and freeze three workers and their broker, print what was lost (ARGS=...)
	@.venv/bin/python -m tests.chaos $(ARGS)

day: wheel ## do in a clean environment what a new user does, from pip install to pyview run (minutes)
	@.venv/bin/python -m tests.day $(ARGS)

wheel: setup ## build sdist and wheel into dist/, test the wheel in a fresh environment
	@scripts/wheel

generated: wheel ## install the wheel in a fresh environment, check a project that `pyview new` writes
	@scripts/generated

docs: setup ## build the documentation site strictly into .build/site (SITE=... adds this version to a folder)
	@.venv/bin/python -m scripts.site $(SITE)

pictures: setup ## take the pictures of the documentation in a real browser (ARGS=... for some only)
	@.venv/bin/python -m scripts.pictures $(ARGS)

clean: ## remove everything built or installed
	@rm -rf .venv .venv-* .build build dist client/node_modules pyview/static
	@rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
