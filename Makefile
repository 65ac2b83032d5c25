# Two commands matter: `make run` opens the dashboard on the demo, `make test` passes the tests.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Test processes beside each other; each trains with one thread and has its own dashboard and browser.
WORKERS ?= 2
PYTEST := $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile
STAMP := $(VENV)/.installed

.PHONY: run test check format lint types layers docs reference advisories browser screenshots clean

run: $(STAMP)
	$(BIN)/winnow open --demo

test: $(STAMP) browser
	$(PYTEST)

check: $(STAMP) browser format lint types layers docs
	$(PYTEST)

format: $(STAMP)
	$(BIN)/ruff format --check .

lint: $(STAMP)
	$(BIN)/ruff check .

types: $(STAMP)
	$(BIN)/mypy

layers: $(STAMP)
	$(BIN)/lint-imports

docs: $(STAMP)
	$(BIN)/python -m sphinx -q -E -W -n --keep-going -b html docs docs/_build/html
	@echo "Written: docs/_build/html/index.html"

reference: $(STAMP)
	$(BIN)/python docs/scripts/write_reference.py
	$(BIN)/python docs/scripts/write_architecture.py

advisories: $(STAMP)
	@$(BIN)/python tests/find_advisories.py

browser: $(STAMP)
	@$(BIN)/python tests/find_chromium.py

screenshots: $(STAMP) browser
	PYTHONPATH=. $(BIN)/python docs/scripts/take_screenshots.py
	PYTHONPATH=. $(BIN)/python docs/scripts/record_loop.py

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Winnow needs Python 3.11 or newer: set PYTHON=/path/to/python3.11"; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' || { echo "Python cannot make virtual environments here: apt-get install python3-venv"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip uv || $(BIN)/python -m pip install --quiet --upgrade pip
	if [ -x $(BIN)/uv ]; then $(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python -c constraints.txt -e '.[dev,docs,backbone,map]'; \
	else $(BIN)/python -m pip install --quiet -c constraints.txt -e '.[dev,docs,backbone,map]'; fi
	@touch $(STAMP)

clean:
	rm -rf $(VENV) build dist docs/_build *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
