# r3: make builds the programs, and links each into bin/. Also: deps demo check torture bench fuzz lint install uninstall clean.
# Variants stand side by side in build/: CC=clang, SANITIZE=address,undefined, DEBUG=1. DEVELOPER=1 makes warnings errors.
# Programs and modules are found, never listed: bin/r3-x.c (or .sh), lib/*/*.c, tests/unit/*.c, tests/fuzz/*.c, tests/*.bats.

PREFIX ?= /usr/local
DESTDIR ?=
VERSION := 0.1.0
SHELL := /bin/bash
.DELETE_ON_ERROR:
.SECONDARY:
MAKEFLAGS += --no-builtin-rules

ifeq ($(origin CC),default)
CC := gcc
endif
comma := ,
VARIANT := $(notdir $(firstword $(CC)))$(if $(SANITIZE),-$(subst $(comma),-,$(SANITIZE)))$(if $(DEBUG),-debug)$(if $(FUZZ),-fuzz)
BUILD := build/$(VARIANT)

CPPFLAGS += -I. -D_GNU_SOURCE -DR3_VERSION='"$(VERSION)"' -DR3_DATADIR='"$(PREFIX)/share/r3"' -include lib/base/banned.h
CFLAGS ?= $(if $(DEBUG),-O0,-O2) -g
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wvla -Wstrict-prototypes -Wmissing-prototypes -Wformat=2
HARDENING := $(if $(SANITIZE)$(DEBUG),,-D_FORTIFY_SOURCE=2) -fstack-protector-strong -fPIE
COMPILE := $(CC) -std=gnu17 $(CPPFLAGS) $(CFLAGS) $(WARNINGS) $(HARDENING) $(if $(DEVELOPER),-Werror) \
	$(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer) \
	$(if $(FUZZ),-fsanitize=fuzzer-no-link -DR3_FUZZ_ENGINE)
LINK := $(CC) $(CFLAGS) $(LDFLAGS) -pie -Wl,--as-needed -Wl,-z,relro,-z,now $(if $(SANITIZE),-fsanitize=$(SANITIZE))
LIBS := -lcurl -lssl -lcrypto -ljansson -lzstd -lz -lsqlite3 -lpq -lm

SOURCES := $(sort $(wildcard lib/*/*.c))
OBJECTS := $(SOURCES:%.c=$(BUILD)/%.o)
ARCHIVE := $(BUILD)/libr3.a
PROGRAMS := $(patsubst bin/%.c,%,$(sort $(wildcard bin/r3-*.c)))
SCRIPTS := $(patsubst bin/%.sh,%,$(sort $(wildcard bin/r3-*.sh)))
UNITS := $(patsubst tests/unit/%.c,%,$(sort $(wildcard tests/unit/*.c)))
FUZZERS := $(patsubst tests/fuzz/%.c,%,$(sort $(wildcard tests/fuzz/*.c)))
BENCHES := $(patsubst tests/bench/%.c,%,$(sort $(wildcard tests/bench/*.c)))
PAGES := $(sort $(wildcard man/*.[1-8]))

.PHONY: all deps demo check torture bench fuzz lint install uninstall clean units fuzzers benches
all: $(PROGRAMS:%=$(BUILD)/%) $(PROGRAMS:%=link-%) $(SCRIPTS:%=link-%)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(COMPILE) -MMD -MP -c -o $@ $<

# The assembler puts these files into it.
$(BUILD)/lib/store/schema.o: $(wildcard lib/store/schema/*.sql)

$(ARCHIVE): $(OBJECTS)
	@rm -f $@ && ar rcs $@ $^

$(BUILD)/r3-%: $(BUILD)/bin/r3-%.o $(ARCHIVE)
	$(LINK) -o $@ $^ $(LIBS)

# bin/r3-x is a link to the build that was made last.
$(PROGRAMS:%=link-%): link-%: $(BUILD)/%
	@ln -sfn ../$< bin/$*
$(SCRIPTS:%=link-%): link-%: bin/%.sh
	@ln -sfn $*.sh bin/$*
.PHONY: $(PROGRAMS:%=link-%) $(SCRIPTS:%=link-%)

units: $(UNITS:%=$(BUILD)/tests/unit/%)
$(BUILD)/tests/unit/%: $(BUILD)/tests/unit/%.o $(ARCHIVE)
	$(LINK) -o $@ $^ $(LIBS)

# A fuzzer is one C file with LLVMFuzzerTestOneInput. Plainly built it has a main that does the short form; with FUZZ=1 (clang)
# the engine drives it, for FUZZ_SECONDS each.
fuzzers: $(FUZZERS:%=$(BUILD)/tests/fuzz/%)
$(BUILD)/tests/fuzz/%: $(BUILD)/tests/fuzz/%.o $(ARCHIVE)
	$(LINK) $(if $(FUZZ),-fsanitize=fuzzer) -o $@ $^ $(LIBS)
FUZZ_SECONDS ?= 600
fuzz:
	@tests/tools/deps lint
	@$(MAKE) --no-print-directory -j2 CC=clang SANITIZE=address,undefined FUZZ=1 fuzzers >/dev/null
	@tests/fuzz/run build/clang-address-undefined-fuzz $(FUZZ_SECONDS)

deps:
	@tests/tools/deps $(DEPS_FOR)
demo:
	@$(MAKE) --no-print-directory deps DEPS_FOR=demo
	@$(MAKE) --no-print-directory -j2 all >/dev/null
	@pipelines/demo
check:
	@$(MAKE) --no-print-directory deps DEPS_FOR=check
	@$(MAKE) --no-print-directory -j2 all units fuzzers >/dev/null
	@BUILD=$(BUILD) tests/run $(TESTS)
# Sessions that are killed, on paper and live at an exchange that has faults, in so many rounds; SEED=N for the plan of an earlier one.
ROUNDS ?= 300
torture:
	@$(MAKE) --no-print-directory deps DEPS_FOR=check
	@$(MAKE) --no-print-directory -j2 all >/dev/null
	@BUILD=$(BUILD) tests/torture/run $(ROUNDS) $(SEED)
bench:
	@$(MAKE) --no-print-directory deps DEPS_FOR=bench
	@$(MAKE) --no-print-directory -j2 all benches >/dev/null
	@BUILD=$(BUILD) tests/bench/run
benches: $(BENCHES:%=$(BUILD)/tests/bench/%)
$(BUILD)/tests/bench/%: $(BUILD)/tests/bench/%.o $(ARCHIVE)
	$(LINK) -o $@ $^ $(LIBS)
lint:
	@tests/tools/lint

# Where the three shells look for completions, and where R3_DATADIR says.
DATA := $(DESTDIR)$(PREFIX)/share
INSTALLED := $(PROGRAMS) $(SCRIPTS)
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DATA)/r3/strategies $(DATA)/r3/pipelines $(DATA)/r3/schema $(DATA)/r3/systemd $(DATA)/man/man{1,5,7} \
		$(DATA)/bash-completion/completions $(DATA)/zsh/site-functions $(DATA)/fish/vendor_completions.d
	install -m 755 $(PROGRAMS:%=$(BUILD)/%) $(DESTDIR)$(PREFIX)/bin
	for s in $(SCRIPTS); do install -m 755 bin/$$s.sh $(DESTDIR)$(PREFIX)/bin/$$s; done
	for p in $(PAGES); do install -m 644 $$p $(DATA)/man/man$${p##*.}; done
	install -m 644 lib/strategies/*.rules $(DATA)/r3/strategies
	install -m 644 man/schema/*.json $(DATA)/r3/schema
	install -m 755 pipelines/backtest pipelines/run-due pipelines/session pipelines/sweep-parallel $(DATA)/r3/pipelines
	for f in r3-run-due.service r3-run-due.timer r3.crontab; do \
		sed 's|/usr/local/|$(PREFIX)/|g' pipelines/$$f >$(DATA)/r3/systemd/$$f && chmod 644 $(DATA)/r3/systemd/$$f || exit 1; done
	mv $(DATA)/r3/systemd/r3.crontab $(DATA)/r3/crontab
	for p in $(PROGRAMS); do for shell in bash zsh fish; do case $$shell in \
		bash) file=bash-completion/completions/$$p;; zsh) file=zsh/site-functions/_$$p;; fish) file=fish/vendor_completions.d/$$p.fish;; esac; \
		$(BUILD)/$$p --completion $$shell >$(DATA)/$$file || exit 1; done; done
uninstall:
	rm -f $(INSTALLED:%=$(DESTDIR)$(PREFIX)/bin/%) $(foreach p,$(PAGES),$(DATA)/man/man$(subst .,,$(suffix $(p)))/$(notdir $(p))) \
		$(PROGRAMS:%=$(DATA)/bash-completion/completions/%) $(PROGRAMS:%=$(DATA)/zsh/site-functions/_%) \
		$(PROGRAMS:%=$(DATA)/fish/vendor_completions.d/%.fish)
	rm -rf $(DATA)/r3
clean:
	rm -rf build $(PROGRAMS:%=bin/%) $(SCRIPTS:%=bin/%)

-include $(OBJECTS:.o=.d) $(wildcard $(BUILD)/bin/*.d $(BUILD)/tests/*/*.d)
