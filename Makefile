# Everything a user needs: `make demo` shows the platform at work, `make test` proves it. Both make their own .venv.
PYTHON ?= python3
BIN := .venv/bin
COMPILED := $(CURDIR)/build/compiled
CAN_COMPILE := $(shell command -v cc >/dev/null && $(PYTHON) -c 'import os, sysconfig; \
  print(os.path.exists(sysconfig.get_path("include") + "/Python.h") or "")')

# Two processes, of which one has the tests that need Kafka: see tests/conftest.py.
IN_TWO := -n 2 --dist each
# Of the runtime's tests those that fold compiled code, through kills too; the others ran on the same code interpreted.
COMPILED_RUNTIME := $(addprefix tests/runtime/,test_folding.py test_cloud_events.py test_recovery.py test_trains.py)

.PHONY: demo test compile test-compiled check bench wheel setup requirements clean

demo: setup ## Lights turning and alerts explaining themselves, on a real Kafka on this machine
	$(BIN)/border demo

test: setup ## All tests, against a real Kafka and registry that the tests start and stop
	$(BIN)/python -m pytest $(IN_TWO)

check: setup ## Format, lint, types, layering, records against schemas, rules against objectives, dashboards against definitions
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m schemas.generate --check
	$(BIN)/border schemas check
	$(BIN)/python -m deploy.prometheus.generate --check
	$(BIN)/python -m deploy.grafana.generate --check

bench: setup $(if $(CAN_COMPILE),$(COMPILED)/ready) ## Speed, compiled if it can be, side by side; PLATES=500000 SEED=2 JSON=1 prints one line
	$(if $(CAN_COMPILE),PYTHONPATH=$(COMPILED)) $(BIN)/python -P -m deploy bench $(if $(PLATES),--plates $(PLATES)) $(if $(CROSSINGS),--crossings $(CROSSINGS)) $(if $(LISTED),--listed $(LISTED)) $(if $(SEED),--seed $(SEED)) $(if $(JSON),--json)

compile: $(COMPILED)/ready ## What every reading passes through, compiled in a copy

test-compiled: $(COMPILED)/ready ## The tests of what is compiled, run on the compiled code
	cd $(COMPILED) && PYTHONPATH=$(COMPILED) $(CURDIR)/$(BIN)/python -P -m pytest $(IN_TWO) tests/core tests/schemas $(COMPILED_RUNTIME)

wheel: $(COMPILED)/ready ## What a site installs: the same sources, those that every reading passes through compiled
	mkdir -p dist && cp $(COMPILED)/dist/*.whl dist/

# Compiled in a copy, so that no stale library ever stands beside a source that was edited.
$(COMPILED)/ready: .venv/ready mypy.ini $(shell find schemas producers streams deploy tests -type f -not -name '*.pyc')
	@[ -n "$(CAN_COMPILE)" ] || { echo "Compiling needs cc and Python's headers (Debian: gcc python3-dev)"; exit 1; }
	rm -rf $(COMPILED) && mkdir -p $(COMPILED)
	cp -r schemas producers streams deploy tests pyproject.toml mypy.ini README.md LICENSE $(COMPILED)
	cd $(COMPILED) && HATCH_BUILD_HOOK_ENABLE_MYPYC=1 $(CURDIR)/$(BIN)/python -m pip wheel --quiet \
	  --no-build-isolation --no-deps --wheel-dir dist .
	@cd $(COMPILED) && PYTHONPATH=. $(CURDIR)/$(BIN)/python -P -c \
	  'from schemas import wire; assert not wire.__file__.endswith(".py"), "nothing was compiled"'
	@touch $@

setup: .venv/ready

.venv/ready: requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11, 4))' || \
	  { echo "Python 3.11.4 or newer is needed; set PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --no-deps -e .
	@touch $@

requirements: ## Pin anew after a change of dependencies; never writes an index's address
	$(PYTHON) -m pip install --quiet pip-tools
	$(PYTHON) -m piptools compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-header --no-annotate \
	  --no-emit-index-url --no-emit-find-links --no-emit-trusted-host -o requirements.txt pyproject.toml
	$(PYTHON) -m piptools compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-header --no-annotate \
	  --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --extra dev -o requirements-dev.txt pyproject.toml

clean:
	rm -rf .venv .border build dist
