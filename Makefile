# make demo: from a clone to pictures. make test: the tests; make test-integration: of launchers. Needs Python 3.11 to 3.13 and make.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test test-integration lint setup

demo: $(BIN)/aelab
	$(BIN)/aelab name=demo
	@echo
	@echo "To look at it in TensorBoard:  $(BIN)/tensorboard --logdir outputs   and open http://localhost:6006"

test: $(BIN)/pytest
	$(BIN)/pytest --numprocesses 2 --dist worksteal

test-integration: $(BIN)/pytest
	$(BIN)/pip install --quiet --editable '.[joblib,slurm,ray,optuna]' --constraint constraints.txt
	$(BIN)/pytest -m integration -rs

lint: $(BIN)/pytest
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright --pythonpath $(BIN)/python

setup: $(BIN)/pytest

$(BIN)/python:
	$(PYTHON) -m venv .venv

$(BIN)/aelab: pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet --editable . --constraint constraints.txt
	@touch $(BIN)/aelab

$(BIN)/pytest: pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet --editable '.[dev]' --constraint constraints.txt
	@touch $(BIN)/pytest $(BIN)/aelab
