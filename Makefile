# Every command is safe to repeat; what is done already is not done again.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.PHONY: help setup build demo test test-full bench install test-install format lint clean

PREFIX ?= /usr/local
# Extra arguments, e.g. SWIFT_TEST_FLAGS='--filter RFM'.
SWIFT_BUILD_FLAGS ?=
SWIFT_TEST_FLAGS ?=

SOURCES := Sources Tests Package.swift $(wildcard Benchmarks)
# Swift's libraries go into the program: what is built here is what is installed.
RELEASE := -c release --product quartier --static-swift-stdlib $(SWIFT_BUILD_FLAGS)
# Imports that the manifest does not name are errors.
CHECKED := --explicit-target-dependency-import-check error $(SWIFT_BUILD_FLAGS)

help: ## Show these commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/make \1\t\2/' | expand -t 20

setup: ## Fetch and install what the build needs
	@scripts/setup.sh

build: setup ## Build the program in release mode
	@swift build $(RELEASE)

demo: build ## Build, then segment a real shop's customers and say where the report is
	@"$$(swift build $(RELEASE) --show-bin-path)/quartier" demo

test: ## Check formatting, the C header and an installation moved elsewhere, build, run the tests
	@scripts/setup.sh --for test
	@$(MAKE) --no-print-directory lint
	@scripts/check-duckdb-header.sh
	@$(MAKE) --no-print-directory test-install
	@swift build --build-tests $(CHECKED)
	@swift test --skip-build --disable-xctest $(CHECKED) $(SWIFT_TEST_FLAGS)

test-full: ## The same with the long tests
	@QUARTIER_LONG_TESTS=1 $(MAKE) --no-print-directory test

bench: build ## Measure speed and memory against SQL, polars, pandas and model packages
	@Benchmarks/run.sh

install: build ## Install into PREFIX (default /usr/local): a tree that can be moved
	@scripts/install.sh "$(PREFIX)"

test-install: build ## Install into a temporary folder, move it, run it
	@scripts/test-install.sh

format: ## Format the sources in place
	@swift format --in-place --recursive $(SOURCES)

lint: ## Check formatting
	@swift format lint --strict --recursive $(SOURCES)

clean: ## Remove what was built (third_party stays)
	@rm -rf .build
