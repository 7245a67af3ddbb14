# SPDX-License-Identifier: BSD-2-Clause
# Partenza for seL4. `make help` lists what there is; `make run` is where to begin.
#
# Variables:
#   ARCH=x86_64|aarch64    the architecture (default: x86_64); for aarch64 there are `kernels`, `loader` and `programs`
#   KERNEL=debug|release   which of the two kernels of cmake-build/ to use (default: debug)
#   SEL4_PREFIX=DIR        a kernel of your own, installed the way seL4 installs itself; then none is built here
#   MEMORY=128MiB          RAM of the machine
#   PARTENZA_SETUP=skip    never install packages

ARCH ?= x86_64
KERNEL ?= debug
MEMORY ?= 128MiB

# An emulator on a busy host is no board: deadlines are ten times what partenza.yaml says.
PATIENCE ?= --param timeouts=1000

ifdef SEL4_PREFIX
flavour := prefix
prefix := $(abspath $(SEL4_PREFIX))
else
flavour := $(if $(filter aarch64,$(ARCH)),aarch64-)$(KERNEL)
prefix := $(CURDIR)/build/kernel/$(flavour)
endif
cmake := build/cmake$(if $(filter aarch64,$(ARCH)),-aarch64)

host := build/host
elfs := build/sel4/$(flavour)/x86_64-unknown-linux-gnu/sel4
partenza := $(host)/debug/partenza
image := build/image/$(flavour)/reference.elf

# Everything that runs on seL4; the test services only for tests.
services := axiom policy keys identity capability_service process_manager block_storage filesystem \
	driver_manager network terminal update_manager
# Those that compile for AArch64: the others drive devices of a PC.
services_aarch64 := $(filter-out block_storage network terminal,$(services))
target_cargo = SEL4_PREFIX=$(1) CARGO_TARGET_DIR=build/sel4/$(2) cargo $(3) --config support/sel4-target.toml --quiet \
	--profile sel4
# The same for AArch64, whose prebuilt core may have to be fetched first (support/rust-aarch64).
rust_aarch64 = RUSTC=$$(support/rust-aarch64 build/rust-aarch64)
target_cargo_aarch64 = $(rust_aarch64) && SEL4_PREFIX=$(CURDIR)/build/kernel/aarch64-$(1) RUSTC=$$RUSTC \
	CARGO_TARGET_DIR=build/sel4/aarch64-$(1) cargo $(2) --config support/sel4-target-aarch64.toml --quiet --profile sel4
# The root task that holds the seL4 library against the kernel, on each kernel.
smoke = -p sel4-root-task --example smoke --features count-syscalls
smoke_build = $(call target_cargo,$(CURDIR)/build/kernel/$(1),$(1),build) $(smoke) && \
	$(call target_cargo_aarch64,$(1),build) $(smoke)
# The tests' services in C, beside what cargo made for the same kernel.
c_build = $(MAKE) --silent -C tests/services-c SEL4_PREFIX=$(1) OUT=$(CURDIR)/build/sel4/$(2)/x86_64-unknown-linux-gnu/sel4
# The root task of tests in which an audit finds something. Only for the kernel that tells types of capabilities.
tampered_build = $(call target_cargo,$(CURDIR)/build/kernel/debug,debug,$(1)) -p partenza-root-task --features tamper \
	--bin tampered
# The root task apart: cargo unites the features of what it builds together, and services have no allocator.
target_build = $(call target_cargo,$(1),$(2),build) -p partenza-root-task && \
	$(call target_cargo,$(1),$(2),build) $(addprefix -p ,$(services)) $(3)

.PHONY: help run boot image test cases properties bench soak circles lint clean setup kernels loader tools programs \
	docker-build docker-enter docker-run

help:
	@echo 'Partenza for seL4'
	@echo
	@echo '  make run      set up what is missing, build, boot the reference system, leave you at its shell'
	@echo '                (Ctrl-A X ends QEMU, `shutdown` ends the system)'
	@echo '  make boot     boot without a terminal, print events as JSON lines, power off after BootComplete'
	@echo '  make image    build the image only: $(image)'
	@echo '  make test     set up, build and run every test, in QEMU too'
	@echo '  make cases    judge the cases in the folder PARTENZA_CASES, after a `make test`; see tests/README.md'
	@echo '  make properties    try the properties on other cases: PARTENZA_SEED=0x1234'
	@echo '  make bench    instructions and system calls of a boot, per phase and per service; of a restart, of an answer'
	@echo '                AGAINST=REV: the same of that revision beside it; BENCH=--json: for programs'
	@echo '  make soak     10,000 restarts and 1,000 deaths at random in one run, then deaths inside calls; SOAK=SEED'
	@echo '  make circles  files of a crate that use each other; there are none, but for the crates that the test lists'
	@echo '  make tools    the command alone: $(host)/debug/partenza'
	@echo '  make programs kernels    what it packs and boots: root task, services, kernels'
	@echo '  make loader   what starts an AArch64 machine: build/loader'
	@echo '  make lint     clippy and rustfmt, warnings are errors'
	@echo '  make clean    remove build/'
	@echo
	@echo '  make docker-build | docker-enter | docker-run CMD="make test"    the same in a container'
	@echo
	@echo '  ARCH=aarch64       with `kernels` and `programs`: for the AArch64 machine of QEMU'
	@echo '  KERNEL=release     the kernel without assertions and debug output'
	@echo '  SEL4_PREFIX=DIR    a kernel of your own'
	@echo '  MEMORY=256MiB      RAM of the machine'

run: image
	@$(partenza) run $(image) --kernel $(prefix) --memory $(MEMORY) $(PATIENCE)

boot: image
	@$(partenza) run $(image) --kernel $(prefix) --memory $(MEMORY) $(PATIENCE) --headless --events json \
		--param after-boot=poweroff --param on-failure=poweroff

image: programs tools
	@mkdir -p $(dir $(image))
	@$(partenza) pack . --kernel $(prefix) --search-path $(elfs) --root-task $(elfs)/root-task \
		--memory $(MEMORY) -o $(image)

setup:
	@support/setup

# CMake decides what is out of date; when nothing is, this takes a tenth of a second.
kernels: setup
ifndef SEL4_PREFIX
	@mkdir -p build; test -f $(cmake)/build.ninja || { echo 'Configuring the kernel build for $(ARCH)' >&2; \
		cmake -S cmake-build -B $(cmake) -G Ninja -DSEL4_ARCH=$(ARCH) > build/cmake.log 2>&1 || \
		{ cat build/cmake.log >&2; exit 1; }; }
	@# Standard output is the events' alone: `make boot | jq`.
	@cmake --build $(cmake) -- --quiet >&2
endif

# The programs of the tests, too: `partenza conformance` uses some of them.
ifeq ($(ARCH),aarch64)
programs: kernels loader
	@$(call target_cargo_aarch64,$(KERNEL),build) -p partenza-plan -p partenza-lifecycle --lib
	@$(call target_cargo_aarch64,$(KERNEL),build) $(addprefix -p ,$(services_aarch64))
	@$(call target_cargo_aarch64,$(KERNEL),build) $(smoke)
else
programs: kernels
	@$(call target_build,$(prefix),$(flavour),-p partenza-test-services)
endif

# What starts an AArch64 machine, before the kernel.
loader: setup
	@$(rust_aarch64) && RUSTC=$$RUSTC CARGO_TARGET_DIR=build/loader cargo build --config support/loader-aarch64.toml --quiet \
		--profile sel4 -p partenza-loader --bin loader

tools: setup
	@CARGO_TARGET_DIR=$(host) cargo build --quiet -p partenza-cli

# Tests run on both kernels of cmake-build/; a prefix of your own is used in addition, where it is set.
test: kernels tools
	@echo 'Building programs for both kernels'
	@$(call target_build,$(CURDIR)/build/kernel/debug,debug,-p partenza-test-services)
	@$(call target_build,$(CURDIR)/build/kernel/release,release,-p partenza-test-services)
	@$(call tampered_build,build)
	@$(MAKE) --silent programs ARCH=aarch64 SEL4_PREFIX=
	@$(call smoke_build,debug)
	@$(call smoke_build,release)
	@$(call c_build,$(CURDIR)/build/kernel/debug,debug)
	@$(call c_build,$(CURDIR)/build/kernel/release,release)
	@echo 'Testing'
ifndef SEL4_PREFIX
	@ctest --test-dir build/cmake -R '^stack$$' --output-on-failure > build/ctest.log || { cat build/ctest.log; exit 1; }
	@ctest --test-dir build/cmake-aarch64 -R '^(libsel4|reproducible)-' --output-on-failure > build/ctest.log || \
		{ cat build/ctest.log; exit 1; }
endif
	@CARGO_TARGET_DIR=$(host) PARTENZA_BIN=$(CURDIR)/$(partenza) cargo test --quiet
	@CARGO_TARGET_DIR=$(host) cargo test --quiet -p partenza-loader --lib
	@SEL4_PREFIX=$(CURDIR)/build/kernel/debug CARGO_TARGET_DIR=build/sel4/host-tests cargo test --quiet \
		-p sel4 -p sel4-config -p sel4-sync -p sel4-runtime -p sel4-microkit -p partenza-service --lib
	@SEL4_PREFIX=$(CURDIR)/build/kernel/aarch64-debug CARGO_TARGET_DIR=build/sel4/host-tests cargo test --quiet -p sel4 --lib
	@CARGO_TARGET_DIR=$(host) PARTENZA_BIN=$(CURDIR)/$(partenza) cargo test --quiet -p partenza-tests

# Other cases than `make test` tries: those of PARTENZA_SEED.
properties:
	@CARGO_TARGET_DIR=$(host) cargo test --quiet -p partenza-lifecycle -p partenza-compiler -p partenza-analysis \
		--test properties --test any_input --test any_description --test any_yaml --test delivery --test authority

# Scripts judge times, so they come last and one at a time.
cases: kernels tools
	@CARGO_TARGET_DIR=$(host) PARTENZA_BIN=$(CURDIR)/$(partenza) cargo test --quiet -p partenza-tests --test cases -- \
		--skip host::
	@CARGO_TARGET_DIR=$(host) PARTENZA_BIN=$(CURDIR)/$(partenza) cargo test --quiet -p partenza-tests --test cases -- \
		--test-threads=1 host::

# With AGAINST, that revision first, with a kernel, programs and a bench of its own.
bench: kernels tools
	@$(call target_build,$(CURDIR)/build/kernel/release,release,-p partenza-test-services)
	@$(if $(AGAINST),support/bench-against $(AGAINST) build/against/report.json)
	@CARGO_TARGET_DIR=$(host) PARTENZA_BIN=$(CURDIR)/$(partenza) \
		cargo run --quiet -p partenza-tests --bin partenza-bench -- $(BENCH) \
		$(if $(AGAINST),--against $(AGAINST) build/against/report.json)

soak: kernels tools
	@$(call target_build,$(CURDIR)/build/kernel/release,release,-p partenza-test-services)
	@CARGO_TARGET_DIR=$(host) PARTENZA_BIN=$(CURDIR)/$(partenza) \
		cargo run --quiet -p partenza-tests --bin partenza-soak -- $(SOAK)

circles:
	@CARGO_TARGET_DIR=$(host) cargo test --quiet -p partenza-tests --test circles

lint: kernels
	@cargo fmt --all --check
	@CARGO_TARGET_DIR=$(host) cargo clippy --quiet --all-targets -- -D warnings
	@CARGO_TARGET_DIR=$(host) cargo clippy --quiet -p partenza-loader --lib --tests -- -D warnings
	@CARGO_TARGET_DIR=$(host) cargo clippy --quiet -p partenza-tests --all-targets -- -D warnings
	@$(call target_cargo,$(CURDIR)/build/kernel/debug,debug,clippy) -p partenza-root-task -- -D warnings
	@$(call tampered_build,clippy) -- -D warnings
	@$(call target_cargo,$(CURDIR)/build/kernel/debug,debug,clippy) $(addprefix -p ,$(services)) \
		-p partenza-test-services -- -D warnings
	@# Clippy does not take the core of another compiler, so AArch64's ABI is linted as the host compiles it for tests.
	@$(MAKE) --silent kernels ARCH=aarch64 SEL4_PREFIX=
	@SEL4_PREFIX=$(CURDIR)/build/kernel/aarch64-debug CARGO_TARGET_DIR=build/sel4/host-tests cargo clippy --quiet \
		-p sel4 -p sel4-microkit -p sel4-sync --lib --tests -- -D warnings

clean:
	rm -rf build

docker_run = docker run --rm $(if $(shell test -t 0 && echo tty),-it,-i) --user $$(id -u):$$(id -g) -e HOME=/tmp \
	-v "$(CURDIR)":/project -v partenza-cargo:/usr/local/cargo/registry partenza-toolchain

docker-build:
	docker build -f docker/Dockerfile -t partenza-toolchain .

docker-enter:
	$(docker_run) bash

docker-run:
	$(docker_run) $(or $(CMD),make run)
