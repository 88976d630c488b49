# Everything a user needs: `make demo` shows the platform at work, `make test` proves it. Both make their own .venv.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test check bench setup requirements clean

demo: setup ## Lights turning and alerts explaining themselves, on a real Kafka on this machine
	$(BIN)/border demo

test: setup ## All tests, against a real Kafka and registry that the tests start and stop
	$(BIN)/python -m pytest

check: setup ## Format, lint, types, layering, and records against schemas
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m schemas.generate --check
	$(BIN)/border schemas check

bench: setup ## Speed, side by side in one run; JSON=1 prints one line
	$(BIN)/border bench $(if $(JSON),--json)

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
