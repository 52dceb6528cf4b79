# Two commands set everything up on a fresh machine (Python 3.11 or newer and make):
#   make demo    install, then run the main job on public-domain photos
#   make test    install, then lint, types, import contracts and tests
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed

.PHONY: demo test lint types contracts docs soak bench clean

$(STAMP): requirements/ci.txt setup.cfg pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements/ci.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

demo: $(STAMP)
	$(BIN)/seqsynth demo --out demo
	$(BIN)/trainer fit demo/shards --preset demo --out demo/run
	@echo "pictures the network never saw, as they are, restored, and their truth: $$(ls demo/run/student/panels/*.png | tail -n 1)"

# A file of tests goes to one process, so that what it makes for all of them is made once. The site
# is built and the types are checked by tests. Whoever wants to know what they reach: make test COVERAGE=1 (half as long again).
COVERED := $(if $(COVERAGE),--cov --cov-report=term:skip-covered --cov-fail-under=90)
# Some machines tell Python to keep nothing compiled: every worker would then compile every test
# anew, and every program that a test starts all of ours.
test: export PYTHONDONTWRITEBYTECODE :=
test: $(STAMP) lint contracts
	$(BIN)/python -m pytest --numprocesses=auto --maxprocesses=8 --max-worker-restart=0 \
		--dist=loadfile --no-loadscope-reorder $(COVERED)

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy

contracts: $(STAMP)
	$(BIN)/lint-imports

# The site of docs/ in site/; needs no network. A warning is an error, but --quiet would hide it.
docs: $(STAMP)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	@echo "open site/index.html in a browser"

# Ten thousand random inputs, and some 200 kills and 200 faults of disks: an hour or so.
soak: $(STAMP)
	$(BIN)/python -m tests.soak

bench: $(STAMP)
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.scale

clean:
	rm -rf .venv demo build site *.egg-info .coverage .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
