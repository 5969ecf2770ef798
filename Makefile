# Run "make" for the list of targets. Everything works on a clean checkout with Go and a C compiler (for race).

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

GOLANGCI_LINT_VERSION := v2.15.0
GOFUMPT_VERSION       := v0.12.0

# Each tool lies in a folder named after its version, so that another version is another file.
TOOLS         := $(CURDIR)/.tools
GOLANGCI_LINT := $(TOOLS)/golangci-lint-$(GOLANGCI_LINT_VERSION)/golangci-lint
GOFUMPT       := $(TOOLS)/gofumpt-$(GOFUMPT_VERSION)/gofumpt

# TIMEOUT bounds the tests of one package, FUZZTIME the run of one fuzz target, BENCHTIME that of one benchmark.
TIMEOUT   ?= 10m
FUZZTIME  ?= 10s
BENCHTIME ?= 1s

# SPEC is Bitbucket's published description of API 2.0 (OpenAPI 3.0, JSON), which is not part of this repository.
SPEC ?= ../shared/spec/bitbucket-cloud-openapi3-2026-08-09.json

# RACE are the packages that start goroutines or are used by several. Those that are not there yet are left out.
RACE ?= $(patsubst %,./%/...,$(wildcard bitbucket sync/apply sync/reconcile sync/journal sources/ldap internal/engine internal/app))

.PHONY: help
help: ## List the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: build ## Build bitroster and show it at work against an emulated Bitbucket.
	./bin/bitroster demo

.PHONY: build
build: ## Build bin/bitroster.
	go build -o bin/bitroster ./cmd/bitroster

.PHONY: check
check: vet lint test spec ## All that CI checks.

.PHONY: setup
setup: ## Install the servers that tests start (Debian), once.
	@scripts/setup.sh

.PHONY: tools
tools: $(GOLANGCI_LINT) $(GOFUMPT) ## Install the pinned tools into .tools, once for each version.

$(GOLANGCI_LINT):
	GOFLAGS= GOBIN=$(@D) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT_VERSION)

$(GOFUMPT):
	GOFLAGS= GOBIN=$(@D) go install mvdan.cc/gofumpt@$(GOFUMPT_VERSION)

.PHONY: test
test: setup ## Run all tests.
	go test -timeout $(TIMEOUT) ./...

.PHONY: spec
spec: ## Compare client and emulator with the published description of API 2.0, SPEC, if it is there.
	@if [ -f "$(SPEC)" ]; then \
		BITROSTER_SPEC="$(abspath $(SPEC))" go test -tags spec -run '^TestPublishedDescription$$' -timeout $(TIMEOUT) ./bitbucket; \
	else echo "spec: left out, because there is no file $(SPEC): set SPEC to Bitbucket's OpenAPI 3 description"; fi

.PHONY: race
race: setup ## Run the tests of packages with goroutines under the race detector.
	$(if $(strip $(RACE)),CGO_ENABLED=1 go test -race -timeout $(TIMEOUT) $(RACE),@echo "no package to run")

.PHONY: vet
vet: ## Run go vet.
	go vet ./...

.PHONY: lint
lint: tools ## Run the linters and check the formatting.
	$(GOLANGCI_LINT) run ./...
	@unformatted=$$($(GOFUMPT) -l .); \
	if [ -n "$$unformatted" ]; then echo "run make format, these are not formatted:" >&2; echo "$$unformatted" >&2; exit 1; fi

.PHONY: format
format: tools ## Format all Go files.
	$(GOFUMPT) -l -w .

.PHONY: fuzz
fuzz: ## Run each fuzz target for FUZZTIME (10s).
	@FUZZTIME=$(FUZZTIME) scripts/fuzz.sh

.PHONY: bench
bench: ## Run all benchmarks, and the programs under bench/.
	@BENCHTIME=$(BENCHTIME) scripts/bench.sh

.PHONY: clean
clean: ## Remove what was built and the test cache of Go. The tools stay.
	rm -rf bin coverage*
	go clean -testcache
