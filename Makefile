# Build output lives outside the clone, so that a second build of a fresh clone is incremental.
export CARGO_TARGET_DIR ?= $(HOME)/.cache/mino/target

.PHONY: help test lint browser

help:  ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

browser:  ## Install a browser where none is found
	@command -v chromium-headless-shell chromium >/dev/null || (echo "installing chromium-headless-shell" && apt-get install -y chromium-headless-shell)

test: browser  ## Install what is missing and run every test
	cargo test --workspace --exclude mino-python

lint:  ## Check format and lints
	cargo fmt --all --check
	cargo clippy --workspace --exclude mino-python --all-targets
