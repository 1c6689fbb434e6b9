# Build output and the virtual environment live outside the clone, so that a second build of a fresh clone is incremental.
CACHE ?= $(HOME)/.cache/mino
export CARGO_TARGET_DIR ?= $(CACHE)/target
VENV := $(CACHE)/venv
PYTHON := $(VENV)/bin/python
MINO := $(CARGO_TARGET_DIR)/debug/mino
# Properties are tried on the same inputs each time; `cargo test` alone takes new ones.
export PROPTEST_RNG_SEED ?= 1
# Where the pages of real sites are; what needs them is skipped without.
PAGES ?= ../shared/data
FETCH ?= http
CASES ?= 1000000
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)

# Each orchestrator pins much: a virtual environment of its own.
AIRFLOW := $(CACHE)/airflow-venv
DAGSTER := $(CACHE)/dagster-venv

.PHONY: help demo test test-airflow test-dagster bench lint accuracy chaos fuzz picture build browser venv wheel

help:  ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: browser wheel build  ## Install what is missing, build, run a campaign on example sites
	$(MINO) demo
	@echo
	@echo "the command is $(MINO)"
	@echo "the package is in $(VENV): $(PYTHON) -c 'import mino; print(mino.connect(\"mino-demo/store\").sql(\"select * from runs\"))'"

test: browser wheel  ## Install what is missing and run every test
	@echo "== tests in Rust"
	cargo test --quiet --workspace --exclude mino-python
	@echo "== tests in Python"
	cd python && $(PYTHON) -m pytest
	@$(MAKE) --no-print-directory test-airflow test-dagster

test-airflow: browser wheel build $(AIRFLOW)/.ready  ## Run what is for Airflow in a real one: scheduler, API server, triggerer, LocalExecutor
	@echo "== tests in Airflow"
	cd python && VIRTUAL_ENV=$(AIRFLOW) $(VENV)/bin/maturin develop --quiet --profile dev
	cd tests/airflow && $(AIRFLOW)/bin/python -m pytest -q $(TESTS)

test-dagster: browser wheel build $(DAGSTER)/.ready  ## Run what is for Dagster in a real one
	@echo "== tests in Dagster"
	cd python && VIRTUAL_ENV=$(DAGSTER) $(VENV)/bin/maturin develop --quiet --profile dev
	cd tests/dagster && $(DAGSTER)/bin/python -m pytest -q $(TESTS)

lint: venv  ## Check format and lints
	cargo fmt --all --check
	cargo clippy --quiet --workspace --all-targets
	$(VENV)/bin/ruff check python tests dags
	$(VENV)/bin/ruff format --check python tests dags
	$(PYTHON) python/docs/reference.py --check

bench: browser build  ## Milliseconds a page of extraction; pages a second beside a bare loop over the browser library
	cargo build --quiet --package mino-engine --example throughput --example extraction
	$(CARGO_TARGET_DIR)/debug/examples/extraction $(PAGES)/recipes
	$(CARGO_TARGET_DIR)/debug/examples/throughput

fuzz: build  ## Read a million mutated pages: none may panic, take a second, or more than ten times its memory; try properties on new inputs
	cargo build --quiet --package mino-engine --example fuzz
	$(CARGO_TARGET_DIR)/debug/examples/fuzz $(CASES) $(PAGES)/news
	env -u PROPTEST_RNG_SEED cargo test --quiet --workspace --exclude mino-python --lib -- properties hostile

chaos: browser wheel  ## Kill, freeze, stop and overload runs for long: workers, browsers, stores, tasks of orchestrators
	MINO_CHAOS=long cargo test --quiet --package mino-engine --test chaos -- --nocapture --test-threads 1
	cargo build --quiet --package mino-engine --bin mino --example killed_browsers
	$(CARGO_TARGET_DIR)/debug/examples/killed_browsers 200 5
	cd python && MINO_CHAOS=long $(PYTHON) -m pytest -s ../tests/python/test_store_faults.py
	MINO_CHAOS=long $(MAKE) --no-print-directory test-airflow test-dagster TESTS="-s -k 'kill or time or terminate'"

accuracy: browser wheel  ## Precision, recall, F1 and confidence on real pages (FETCH=http, auto or browser)
	$(PYTHON) tests/python/accuracy.py $(PAGES) $(FETCH)
	cargo test --quiet --package mino-engine --test pages -- --nocapture --test-threads 1

picture: browser wheel build  ## Draw docs/demo.svg again
	cd $$(mktemp -d) && MINO=$(MINO) $(PYTHON) $(CURDIR)/docs/picture.py $(CURDIR)/docs/demo.svg

build:
	cargo build --quiet

browser:
	@command -v chromium-headless-shell >/dev/null || command -v chromium >/dev/null || test -n "$$MINO_BROWSER" || \
	  (echo "== installing chromium-headless-shell" && $(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq chromium-headless-shell)

venv: $(VENV)/.ready
$(VENV)/.ready: python/requirements-dev.txt
	@echo "== virtual environment in $(VENV)"
	@python3 -m venv $(VENV) 2>/dev/null || \
	  ($(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq python3-venv && python3 -m venv --clear $(VENV))
	$(PYTHON) -m pip install --quiet --disable-pip-version-check -r python/requirements-dev.txt
	@touch $@

$(CACHE)/%-venv/.ready: python/requirements-%.txt | venv
	@echo "== virtual environment in $(@D)"
	@python3 -m venv --clear $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

wheel: venv
	@echo "== the package mino"
	cd python && VIRTUAL_ENV=$(VENV) $(VENV)/bin/maturin develop --quiet --profile dev
