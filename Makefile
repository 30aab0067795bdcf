# Both targets do all their own set-up, in .venv, on a machine with nothing but Python ≥ 3.11.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo test clean

# the whole road on a tiny checkpoint and on real traces, into runs/
demo: $(STAMP)
	$(BIN)/curate demo runs

test: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest

# torch comes first and pinned, in its CPU build where one is at hand: left to the resolver it would
# bring gigabytes of CUDA
$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet torch==2.13.0
	$(BIN)/pip install --quiet --editable '.[train,dev]'
	touch $@

clean:
	rm -rf $(VENV) runs build *.egg-info
