# broadsheet: `make help` lists what there is.
SHELL   := /bin/bash
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
COMMIT  ?= $(shell git rev-parse --short HEAD 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X main.release=$(VERSION) -X main.commit=$(COMMIT)
BUILD   := CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags '$(LDFLAGS)'
PLATFORMS := linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64

.DEFAULT_GOAL := help
.PHONY: help build demo test check test-deps lint unit dist fuzz golden bench bench-send bench-import soak clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

build: ## Build bin/broadsheet, static
	$(BUILD) -o bin/broadsheet ./cmd/broadsheet

demo: build ## Show the whole job, offline (ARGS=--once to end by itself)
	bin/broadsheet demo $(ARGS)

test: test-deps lint unit ## Everything: format, vet, staticcheck, tests with -race on both databases, the README's commands

check: test ## The same as test

test-deps: ## Install what the tests need beyond Go (Debian, as root): a C compiler, PostgreSQL, postfix's smtp-sink, a browser, judges of mail and pages
	@internal/testkit/deps.sh

lint: # gofmt, vet, staticcheck
	@unformatted=$$(gofmt -l cmd internal subscribers templates); if [ -n "$$unformatted" ]; then echo "run gofmt -w on: $$unformatted" >&2; exit 1; fi
	go vet ./...
	go tool staticcheck ./...

unit: build # all tests; the README's commands are one of them; crowds once more, whole and without the race detector
	CGO_ENABLED=1 go test -race -timeout 20m ./...
	CGO_ENABLED=0 go test -trimpath -buildvcs=false -run '^(TestTenThousandOneClicks|TestSubscriptionBombing)$$' ./internal/app

dist: ## Build for Linux, macOS and Windows into bin/dist
	@mkdir -p bin/dist; for p in $(PLATFORMS); do os=$${p%/*}; arch=$${p#*/}; ext=; [ $$os = windows ] && ext=.exe; \
	  echo "bin/dist/broadsheet-$$os-$$arch$$ext"; GOOS=$$os GOARCH=$$arch $(BUILD) -o bin/dist/broadsheet-$$os-$$arch$$ext ./cmd/broadsheet || exit 1; done

FUZZTIME ?= 60s
fuzz: ## Fuzz every parser for FUZZTIME (60s) each
	@for target in $$(grep -rlE '^func Fuzz' --include=*_test.go internal subscribers | xargs -n1 dirname | sort -u); do \
	  for name in $$(grep -hoE '^func Fuzz[A-Za-z]+' $$target/*_test.go | cut -c6-); do \
	    echo "$$target $$name"; go test ./$$target -run xxx -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x || exit 1; done; done

golden: ## Write the golden proofs anew; look at the diff
	go test ./internal/render -update

bench: ## Go benchmarks
	go test -run xxx -bench 'Compose|Sign|Parse' -benchmem ./...

SEND_N ?= 100000
SEND_MILLION ?= 1000000
bench-send: test-deps ## Send SEND_N (100000) messages of 30 KB to Debian's smtp-sink, paired with its smtp-source; then signed, from PostgreSQL, by two workers, and SEND_MILLION
	@set -o pipefail; SEND_N=$(SEND_N) SEND_MILLION=$(SEND_MILLION) go test ./internal/deliver -run xxx -bench '^BenchmarkSend$$' -benchtime 1x -timeout 120m | grep -E '^(case|sqlite|dkim|postgresql|workers|million|#|FAIL|---|panic)'

IMPORT_N ?= 1000000
bench-import: ## Import IMPORT_N (1000000) people into both databases, paired with sqlite3's .import and COPY, and find some of them
	@internal/testkit/deps.sh sqlite3
	@set -o pipefail; IMPORT_N=$(IMPORT_N) go test ./cmd/broadsheet -run xxx -bench '^BenchmarkImport$$' -benchtime 1x -timeout 60m | grep -E '^(sqlite|postgresql|FAIL|---|panic)|import_bench'

SOAK_PEOPLE ?= 20000
SOAK_KILLS ?= 100
soak: build test-deps ## Kill the sender SOAK_KILLS (100) times in a send to SOAK_PEOPLE (20000), on both databases and with both policies; stop and continue a worker
	SOAK_PEOPLE=$(SOAK_PEOPLE) SOAK_KILLS=$(SOAK_KILLS) go test ./cmd/broadsheet -run '^(TestKill|TestTakeOver)$$' -v -timeout 6h | grep -E '^\s*(---|kill_test|workers_test|ok|FAIL|panic)'

clean: ## Remove what was built
	rm -rf bin
