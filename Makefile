# Weir's commands for people who build it. `make help` lists them.
#
# Everything is built once, with one flag set, because a changed flag rebuilds every dependency: an optimised build
# that tests may look into (-enable-testing) and that checks exclusivity at compile time only
# (-enforce-exclusivity=unchecked).

SHELL := /bin/sh
.DELETE_ON_ERROR:

SWIFT_FLAGS := -c release -Xswiftc -enable-testing -Xswiftc -enforce-exclusivity=unchecked
# What operators install: the Swift runtime is linked in, which needs no toolchain on their machine and saves a tenth of
# the processor time of a request. The test bundle cannot be linked that way, hence a second build, for `make bench`.
RELEASE_FLAGS := -c release -Xswiftc -enforce-exclusivity=unchecked --static-swift-stdlib --scratch-path .build-release
BIN := .build/release
RELEASE_BIN := .build-release/release
VENV := .build-venv
REQUIREMENTS := Tests/ClientTests/requirements.txt
# LiteLLM wants an OpenAI SDK a major version behind the one the tests are written for, hence its own environment.
LITELLM_VENV := .build-venv-litellm
LITELLM_REQUIREMENTS := Tests/ClientTests/litellm-requirements.txt
DEMO := run-demo
# Where `make install` puts things; DESTDIR as usual.
PREFIX ?= /usr/local
DIST := dist

# What `swift format` reads: our packages, not what they check out under .build.
SWIFT_SOURCES := $(wildcard Package.swift Sources Tests Benchmarks/*/Package.swift Benchmarks/*/Sources)

# The benchmarks that have C programs to compile.
BENCHMARKS := $(patsubst %/Makefile,%,$(wildcard Benchmarks/*/Makefile))

.PHONY: help deps build run test swift-test client-test system-test system-test-or-say-why cases fuzz storm bench-tools
.PHONY: lint release install deb bench clean

help: ## this list
	@grep -E '^[a-z-]+:.*## ' $(firstword $(MAKEFILE_LIST)) | sed -E 's/:.*## /\t/' | expand -t 14

deps: ## install what the build needs and this machine lacks (apt-get, only what is missing)
	@.ci/deps build

build: deps ## build the daemons, weirctl and the tests
	swift build --build-tests $(SWIFT_FLAGS)

run: deps ## build and start everything in ./run-demo with a demo tenant; prints ready curl lines; Ctrl-C ends it
	swift build $(SWIFT_FLAGS)
	$(BIN)/weirctl up --demo --dir $(DEMO)

test: ## install what is missing, build, run every test and the lint
	@.ci/deps test
	$(MAKE) --no-print-directory lint
	$(MAKE) --no-print-directory bench-tools
	$(MAKE) --no-print-directory build
	rm -f $(SWIFT_LOG) $(CLIENT_RESULTS) $(SYSTEM_LIST)
	$(MAKE) --no-print-directory -k swift-test client-test system-test-or-say-why; ended=$$?; \
	    $(MAKE) --no-print-directory cases && exit $$ended

# What the tests leave behind for the list of cases.
SWIFT_LOG := .build/swift-test.log
# What `swift test` runs. It reads the bundle's output in pieces and drops a piece that ends inside a UTF-8 character: a
# hundred tests then seem not to have ended. Hence no `swift test` where the log is read.
TEST_BUNDLE := $(BIN)/weirPackageTests.xctest
CLIENT_RESULTS := .build/client-test.xml
SYSTEM_LIST := .build/system-test.txt

swift-test: ## the Swift tests alone (after `make build`); their whole output is in .build/swift-test.log
	@echo "swift test: a minute or two; everything it says goes to $(SWIFT_LOG)"
	@$(TEST_BUNDLE) --testing-library swift-testing > $(SWIFT_LOG) 2>&1; ended=$$?; \
	    grep -E '✘|error:|Fatal error|Test run with' $(SWIFT_LOG) | cut -c1-400; exit $$ended

client-test: $(VENV)/installed $(LITELLM_VENV)/installed
client-test: ## the official SDKs and LiteLLM against the built daemons alone (after `make build`)
	WEIR_BIN=$(abspath $(BIN)) $(VENV)/bin/python -m pytest -q --junitxml=$(CLIENT_RESULTS) Tests/ClientTests

system-test: $(VENV)/installed ## the package on a clean Debian with a real systemd, in a container (as root)
	@Tests/SystemTests/run --check
	$(MAKE) --no-print-directory deb
	Tests/SystemTests/run "$$(ls -t $(DIST)/weir_*.deb | head -1)" $(VENV)

# Of `make test`: where no systemd can be booted, one line says so, here and above the list of cases.
system-test-or-say-why: $(VENV)/installed
	@if Tests/SystemTests/run --check; then $(MAKE) --no-print-directory deb && \
	    { Tests/SystemTests/run "$$(ls -t $(DIST)/weir_*.deb | head -1)" $(VENV) || [ $$? -eq 77 ]; }; fi

cases: ## every case with what proves it, from the last run of both kinds of tests
	@grep -hE '^(FAIL|system tests:|SYSTEM TESTS)' $(SYSTEM_LIST) || echo 'SYSTEM TESTS NOT RUN: see above'
	python3 Tests/Cases/report.py $(SWIFT_LOG) $(CLIENT_RESULTS)

$(VENV)/installed: $(REQUIREMENTS)
	rm -rf $(VENV)
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install -q --disable-pip-version-check -r $(REQUIREMENTS)
	touch $@

$(LITELLM_VENV)/installed: $(LITELLM_REQUIREMENTS)
	rm -rf $(LITELLM_VENV)
	python3 -m venv $(LITELLM_VENV)
	$(LITELLM_VENV)/bin/pip install -q --disable-pip-version-check --only-binary :all: -r $(LITELLM_REQUIREMENTS)
	touch $@

# Damaged streams of `make fuzz`: four minutes on two processors.
FUZZ_ROUNDS ?= 10000000

fuzz: ## ten million damaged streams through the translations (after `make build`); FUZZ_ROUNDS for another number
	WEIR_FUZZ_ROUNDS=$(FUZZ_ROUNDS) swift test --skip-build $(SWIFT_FLAGS) --filter damagedStreamsEndLawfullyHoweverTheyAreCut

storm: $(VENV)/installed ## 400 times kill -9, of either daemon in turn, under load; then the audit (after `make build`; ten minutes)
	WEIR_STORM_ROUNDS=400 WEIR_BIN=$(abspath $(BIN)) $(VENV)/bin/python -m pytest -q -s Tests/ClientTests/test_kill_storm.py

bench-tools: $(BENCHMARKS:%=%/tools) ## the C programs of the benchmarks, so that they keep compiling

Benchmarks/%/tools:
	$(MAKE) --no-print-directory -C $(@D)

lint: ## swift format, strict
	swift format lint --strict --parallel --recursive $(SWIFT_SOURCES)

release: deps ## the programs as they are installed: they run without a Swift toolchain; in .build-release/release
	swift build $(RELEASE_FLAGS)

install: ## install what `make release` built, below PREFIX (/usr/local) and DESTDIR; starts nothing
	DESTDIR=$(DESTDIR) PREFIX=$(PREFIX) deploy/install $(RELEASE_BIN)

deb: ## a Debian package of this version, in dist/
	@.ci/deps deb
	$(MAKE) --no-print-directory release
	deploy/debian/build $(RELEASE_BIN) $(DIST)

bench: ## compare with the upstream alone, nginx and plain SQLite; about fifteen minutes; writes Benchmarks/results
	@.ci/deps bench
	$(MAKE) --no-print-directory release
	WEIR_BIN=$(abspath .build-release/release) Benchmarks/run

clean: ## remove what was built, the tests' virtual environments and the demo's data
	rm -rf .build .build-release $(DIST) $(VENV) $(LITELLM_VENV) $(DEMO) $(BENCHMARKS:%=%/.build)
