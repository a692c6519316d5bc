# The workbench of hadir. Build products: .build/debug

SWIFT ?= swift

.DEFAULT_GOAL := help
.PHONY: help setup build test test-system torture check format demo bench peers deb clean

help: ## Show this table
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install what building and testing need (Debian packages; checks Swift)
	@.ci/setup

build: ## Build the programs, debug
	$(SWIFT) build

test: ## Build and run the unit tests
	$(SWIFT) build --build-tests
	.ci/unit

test-system: build ## Run the programs as real processes against each other
	Tests/System/run

torture: build ## Make every fault of an office thousands of times (MINUTES=60 bounds it); prints one table
	$(SWIFT) build -c release --scratch-path .build-release
	HADIR_PROGRAMS=$(CURDIR)/.build-release/release Tests/Torture/run $(if $(MINUTES),--minutes $(MINUTES)) $(RIGS)

check: ## Formatting, arrows between targets, house rules
	@.ci/check

format: ## Format the Swift sources in place
	$(SWIFT) format --in-place --parallel --recursive Sources Tests Package.swift

demo: setup build ## Start devices, an edge and a centre on this machine
	packaging/demo

bench: ## Measure beside pyzk and the sqlite3 shell; prints one table of ratios (release build: long the first time)
	$(SWIFT) build -c release --scratch-path .build-release
	Benchmarks/run

peers: build ## Compare with pyzk, an independent client (needs PyPI; exit code 3 without)
	Tests/Peers/run

deb: ## Make the Debian packages hadir-edge and hadir-central in .build-release/packages (release build: long the first time)
	$(SWIFT) build -c release --scratch-path .build-release -Xlinker -z -Xlinker now
	packaging/deb --programs .build-release/release --to .build-release/packages
	lintian --fail-on error .build-release/packages/*.deb

clean: ## Remove build products
	rm -rf .build .build-*
