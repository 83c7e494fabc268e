# Weige 微格. Needs Python ≥ 3.11 and make; everything else is installed into .venv.
#   make run    serve the demo city on http://127.0.0.1:5000
#   make test   style, types, floors, tests; make test-slow runs the long ones, and CI both
#   make demo   build geodata/jianyang again from geodata/sources, and calibrate its addresses
#   make large  build var/large, 124,000 micro-grids for tests of size
#   make lock   pin requirements*.txt again from requirements*.in

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 5000
CITY ?= geodata/jianyang
# Test files run side by side, those with a browser one after the other (tests/conftest.py).
TEST_JOBS ?= 3
VENV := .venv
BIN := $(VENV)/bin

# A few hundred command lines start in the tests: what they import is compiled once.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test test-slow style demo large lock clean
.DELETE_ON_ERROR:

run: $(VENV)/.run
	@$(BIN)/python -m scripts.build_derived --city $(CITY)
	@$(BIN)/python -m scripts.load_demo --city $(CITY)
	@WEIGE_CITY=$(CITY) $(BIN)/gunicorn --config gunicorn.conf.py --bind $(HOST):$(PORT) "app.web:create_app()"

test: style
	$(BIN)/python -m pytest -n $(TEST_JOBS) --dist loadfile -m "not slow"

test-slow: $(VENV)/.test
	$(BIN)/python -m pytest -n $(TEST_JOBS) --dist loadfile -m slow

style: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@if command -v tsc >/dev/null; then echo tsc -p tests/js; tsc -p tests/js; \
	  else echo "NOT CHECKED: the types of static/js; npm install -g typescript brings tsc"; fi

demo: $(VENV)/.run
	$(BIN)/python -m scripts.build_demo
	$(BIN)/python -m scripts.calibrate_addresses --city geodata/jianyang --commit --report docs/addresses-accuracy.md

large: $(VENV)/.run
	$(BIN)/python -m scripts.build_demo --size large

$(VENV)/.run: requirements.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.test: requirements-dev.txt requirements-dask.txt requirements.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt -r requirements-dask.txt
	@touch $@ $(VENV)/.run

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Weige needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1). Name another: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo "This Python cannot make a venv (on Debian: apt-get install python3-venv)."; exit 1; }

lock: $(VENV)/.test
	$(BIN)/python -m pip install --quiet pip-tools
	for name in requirements requirements-dev requirements-dask requirements-bench; do \
	  $(BIN)/pip-compile --quiet --strip-extras --no-header --no-emit-index-url --no-emit-trusted-host \
	    --no-emit-find-links --upgrade --output-file $$name.txt $$name.in || exit 1; done

clean:
	rm -rf $(VENV) var
