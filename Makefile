# gramme. `make help` lists what there is. Objects go to $(O); nothing is written beside sources.

O ?= build
PREFIX ?= /usr/local
DESTDIR ?=
LIBDIR ?= $(PREFIX)/lib
V ?= 0
SAN ?=
VERSION := 0.1.0

Q := $(if $(filter 1,$(V)),,@)
JOBS := $(shell nproc 2>/dev/null || echo 2)

CC ?= cc
CXX ?= c++
WARN := -Wall -Wextra -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wshadow -Wvla \
	$(if $(WERROR),-Werror)
OPT ?= -O2 -g
BASE := -std=gnu11 -iquote . -MMD -MP -D_GNU_SOURCE -DGRAMME_VERSION=\"$(VERSION)\" $(WARN) $(OPT)
SANFLAGS := $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=undefined)

LIBS = libuv jansson libsodium
PKG_CFLAGS = $(shell pkg-config --cflags $(LIBS) 2>/dev/null)
PKG_LIBS = $(shell pkg-config --libs $(LIBS) 2>/dev/null)

# What runs inside strangers: no stack protector and no sanitizer, since both call into the host.
PRELOAD_CFLAGS := $(BASE) -fPIC -fvisibility=hidden -ftls-model=initial-exec -fno-plt \
	-fno-stack-protector -DCL_TARGET_OPENCL_VERSION=300 -DCL_USE_DEPRECATED_OPENCL_1_0_APIS \
	-DCL_USE_DEPRECATED_OPENCL_1_1_APIS -DCL_USE_DEPRECATED_OPENCL_1_2_APIS \
	-DCL_USE_DEPRECATED_OPENCL_2_0_APIS -DCL_USE_DEPRECATED_OPENCL_2_1_APIS \
	-DCL_USE_DEPRECATED_OPENCL_2_2_APIS -DCL_ENABLE_BETA_EXTENSIONS
PRELOAD_LDFLAGS := -shared -Wl,-z,defs -Wl,-z,now -Wl,-z,relro -Wl,--as-needed -Wl,--hash-style=gnu

COLLECTOR_SRC := $(filter-out collector/cmd/main.c,$(wildcard collector/*.c collector/*/*.c))
COLLECTOR_TABLES := $(wildcard collector/*/*.tsv)
COLLECTOR_OBJ := $(COLLECTOR_SRC:%.c=$(O)/%.o)

SHIM_SRC := $(filter-out preload/nop.c preload/opencl_stub.c,$(wildcard preload/*.c))
SHIM_OBJ := $(SHIM_SRC:%.c=$(O)/%.o) $(patsubst %.S,$(O)/%.o,$(wildcard preload/*.S))

PROGRAMS := $(O)/gramme $(O)/libgramme.so $(O)/libgramme-opencl.so

.DEFAULT_GOAL := all
.PHONY: all help demo check check-slow check-built bench lint format install uninstall clean deps

all: $(PROGRAMS) ## build everything that is installed

help: ## list the targets and variables
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' Makefile
	@echo "  O=$(O) PREFIX=$(PREFIX) DESTDIR=$(DESTDIR) SAN=address,undefined WERROR=1 V=1"

$(O)/gramme: $(O)/collector/cmd/main.o $(O)/libcollector.a
	$(Q)$(CC) $(SANFLAGS) -o $@ $^ $(PKG_LIBS) -lm

$(O)/libcollector.a: $(COLLECTOR_OBJ)
	$(Q)rm -f $@ && ar rcs $@ $^

$(O)/collector/%.o: collector/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(BASE) $(SANFLAGS) $(PKG_CFLAGS) -c -o $@ $<

$(O)/preload/%.o: preload/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(PRELOAD_CFLAGS) -c -o $@ $<

$(O)/preload/%.o: preload/%.S
	@mkdir -p $(@D)
	$(Q)$(CC) -MMD -MP -iquote . -c -o $@ $<

$(O)/libgramme.so: $(SHIM_OBJ) preload/exports.map
	$(Q)$(CC) $(PRELOAD_LDFLAGS) -Wl,--version-script=preload/exports.map -o $@ $(SHIM_OBJ)


clean: ## remove what was built
	rm -rf $(O)

-include $(shell find $(O) -name '*.d' 2>/dev/null)
