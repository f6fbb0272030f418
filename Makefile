# The two commands of a fresh clone: `make lab` opens the widget, `make test` checks everything.
# They need Python 3.11 or newer, make and git; the rest is installed into .venv and node_modules.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

# Node from .venv/bin is found by npm's own scripts and by tests.
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: lab test setup check check-js test-js test-py bundle \
        screenshots constraints clean

lab: $(VENV)/lab.installed
	$(BIN)/jupyter lab $(if $(filter 0,$(shell id -u)),--allow-root) \
		--LabApp.default_url=/lab/tree/notebooks/quickstart.ipynb

test: check check-js test-js test-py

setup: $(VENV)/dev.installed node_modules/.package-lock.json

check: $(VENV)/dev.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

check-js: node_modules/.package-lock.json
	npm run --silent check
	node js/build.js --check

test-js: node_modules/.package-lock.json
	npm test --silent

test-py: setup
	scripts/install_chromium.sh $(BIN)/python
	$(BIN)/python -m pytest

# Builds the front end that the wheel carries; commit the result.
bundle: node_modules/.package-lock.json
	npm run --silent build

# Takes the pictures of docs/screenshots anew, from the browser tests.
screenshots: setup
	$(BIN)/python -m pytest tests/browser tests/screen/test_looks.py
	$(BIN)/python scripts/update_screenshots.py

# Writes down the versions that are installed now as the tested set.
constraints: $(VENV)/dev.installed
	scripts/write_constraints.sh $(BIN)/python > constraints.new
	mv constraints.new constraints.txt

clean:
	rm -rf $(VENV) node_modules test-results dist build

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
	"Python 3.11 or newer is needed, $(PYTHON) is " + sys.version.split()[0] + \
	". Name another one: make PYTHON=/path/to/python3 $(MAKECMDGOALS)" or 0)'
	$(PYTHON) -m venv $(VENV)
	@# Else our package.json, of ES modules, would hold for scripts in .venv that JupyterLab starts.
	@echo '{}' > $(VENV)/package.json

$(VENV)/lab.installed: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable '.[lab]'
	@touch $@

$(VENV)/dev.installed: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable '.[lab,evaluation,training,dev]'
	@touch $@ $(VENV)/lab.installed

node_modules/.package-lock.json: package.json package-lock.json | $(BIN)/python
	scripts/install_node.sh $(PIP)
	npm ci --no-audit --no-fund --loglevel=error
	@touch $@
