# gramme. `make help` lists what there is. Objects go to $(O); nothing is written beside sources.

O ?= build
# One form of its name, since objects know what they depend on by that.
override O := $(patsubst $(CURDIR)/%,%,$(O))
PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
MANDIR ?= $(PREFIX)/share/man/man1
UNITDIR ?= $(PREFIX)/lib/systemd
DESTDIR ?=
# Where the loader looks for '/usr/$LIB/gramme/libgramme.so' with PREFIX=/usr.
LIBDIR ?= $(PREFIX)/lib$(addprefix /,$(MULTIARCH))
V ?= 0
SAN ?=
BENCH ?=
RECORD ?= 0
VERSION := 0.1.0

# The compiler says what machine it builds for: CC=aarch64-linux-gnu-gcc O=build-arm64 is all that a
# cross build needs. Its own archiver comes along, and the libraries of that machine.
MULTIARCH := $(shell $(CC) -print-multiarch 2>/dev/null)
AR = $(shell $(CC) -print-prog-name=ar 2>/dev/null)
PKG_CONFIG = $(if $(filter-out $(shell cc -print-multiarch 2>/dev/null),$(MULTIARCH)),\
	PKG_CONFIG_LIBDIR=/usr/lib/$(MULTIARCH)/pkgconfig:/usr/share/pkgconfig) pkg-config

Q := $(if $(filter 1,$(V)),,@)
JOBS := $(shell nproc 2>/dev/null || echo 2)

WARN := -Wall -Wextra -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wshadow -Wvla \
	$(if $(WERROR),-Werror)
OPT ?= -O2 -g
BASE := -std=gnu11 -iquote . -MMD -MP -D_GNU_SOURCE -DGRAMME_VERSION=\"$(VERSION)\" $(WARN) $(OPT)
SANFLAGS := $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=undefined)

LIBS = libuv jansson libsodium libelf
PKG_CFLAGS = $(shell $(PKG_CONFIG) --cflags $(LIBS) 2>/dev/null)
PKG_LIBS = $(shell $(PKG_CONFIG) --libs $(LIBS) 2>/dev/null) -lcsv

OPENCL_CFLAGS := -DCL_TARGET_OPENCL_VERSION=300 -DCL_USE_DEPRECATED_OPENCL_1_0_APIS \
	-DCL_USE_DEPRECATED_OPENCL_1_1_APIS -DCL_USE_DEPRECATED_OPENCL_1_2_APIS \
	-DCL_USE_DEPRECATED_OPENCL_2_0_APIS -DCL_USE_DEPRECATED_OPENCL_2_1_APIS \
	-DCL_USE_DEPRECATED_OPENCL_2_2_APIS -DCL_ENABLE_BETA_EXTENSIONS

# What runs inside strangers: no stack protector and no sanitizer, since both call into the host.
PRELOAD_CFLAGS := $(BASE) -fPIC -fvisibility=hidden -ftls-model=initial-exec \
	-fno-stack-protector $(OPENCL_CFLAGS)
# Nor a constructor of the compiler's, in every exec, that asks which atomic instructions there are.
PRELOAD_CFLAGS += $(if $(filter aarch64%,$(shell $(CC) -dumpmachine 2>/dev/null)),-mno-outline-atomics)
PRELOAD_LDFLAGS := -shared -Wl,-z,defs,-Bsymbolic-functions,-z,now,-z,relro,-z,noseparate-code,--as-needed \
	-Wl,--hash-style=gnu -nostartfiles

COLLECTOR_SRC := $(filter-out collector/cmd/main.c,$(wildcard collector/*.c collector/*/*.c))
COLLECTOR_TABLES := $(wildcard collector/*/*.tsv)
COLLECTOR_OBJ := $(COLLECTOR_SRC:%.c=$(O)/%.o)

SHIM_SRC := $(filter-out preload/nop.c preload/nop_cpu.c preload/nop_libc.c preload/nop_cuda.c preload/nop_math.c preload/opencl_stub.c preload/cuda_stub.c preload/math_stub.c,$(wildcard preload/*.c))
SHIM_OBJ := $(SHIM_SRC:%.c=$(O)/%.o) $(patsubst %.S,$(O)/%.o,$(wildcard preload/*.S))

NOP_OBJ := $(addprefix $(O)/preload/,nop.o nop_cpu.o nop_libc.o nop_cuda.o nop_math.o cuda_real.o cublas.o cudnn.o nccl.o libc.o openmp.o blas.o lapack.o onednn.o calls.o loader.o resolve.o real.o elf.o \
	maps.o sys.o string.o asan.o dlopen.o fork.o)

# What stands in for libraries of mathematics, one for each version that there is.
MATH_LIBRARIES := libcublas.so.11 libcublas.so.12 libcublas.so.13 libcublasLt.so.11 libcublasLt.so.12 \
	libcublasLt.so.13 libcudnn.so.8 libcudnn.so.9 libnccl.so.2
MATH_STUBS := $(MATH_LIBRARIES:lib%=$(O)/libgramme-%)

# Call paths know the registers of x86-64 alone.
PATH_MODULE := $(if $(filter x86_64%,$(MULTIARCH)),$(O)/libgramme-path.so)

STAND_INS := $(O)/libgramme-opencl.so $(O)/libgramme-cuda.so $(MATH_STUBS)
PROGRAMS := $(O)/gramme $(O)/libgramme.so $(STAND_INS) $(PATH_MODULE)

TEST_CFLAGS := $(BASE) $(OPENCL_CFLAGS) -fPIC -fvisibility=hidden
UNIT := $(patsubst %.c,$(O)/%,$(wildcard tests/unit/*.c))
E2E := $(filter-out tests/e2e/lib.sh,$(wildcard tests/e2e/*.sh))
HARM := $(filter-out tests/harm/lib.sh,$(wildcard tests/harm/*.sh))
# Trainers that know their own truth, programs that do not train; slow ones need what PyPI has.
TRAIN := $(wildcard tests/train/fast/* tests/train/not/*)
TRAIN_SLOW := $(wildcard tests/train/slow/*)
FUZZ := $(patsubst %.c,$(O)/%,$(wildcard tests/fuzz/*.c))
# Seconds that each fuzz target runs.
TIME ?= 60
LOSE := $(filter-out tests/lose/guest-init.sh,$(wildcard tests/lose/*.sh))
BENCH_PROGRAMS := $(addprefix $(O)/tests/bench/,alone enqueue exec drain phase power idle region product cuda print write turns empty.so)
# One name a line, in the order of the alphabet: two changes that add one each then agree.
TEST_PROGRAMS := $(addprefix $(O)/tests/prog/, \
	blas_every \
	blas_ilp64 \
	cl_constructor.so \
	cl_corner \
	cl_dlopen \
	cl_every \
	cl_forward.so \
	cl_host \
	cl_linked \
	cl_listener.so \
	cl_loaders \
	cl_plugin.so \
	cuda_every \
	cuda_linked \
	cuda_roads \
	cuda_sample \
	cuda_story \
	hears \
	libOpenCLv.so1 \
	math_every \
	math_graph \
	math_opened \
	nvml_read \
	nvml_record \
	omp_calls \
	omp_every \
	omp_every_llvm \
	onednn_every \
	paths \
	reads \
	replay \
	saves \
	slow_disk.so \
	spin \
	spin-static \
	steps \
	strike \
	)
TEST_FAKES := $(addprefix $(O)/tests/fake/, \
	cuda/libcuda.so.1 \
	cuda_every/libcuda.so.1 \
	gpulib/librocm_smi64.so.7 \
	gpulib/libze_loader.so.1 \
	libcount_layer.so \
	libfakeblas.so \
	libfakecl.so \
	libfakednnl.so \
	libfakemkl.so \
	libfakeomp.so \
	libleaf.so \
	math/libcublas.so.11 \
	math/libcublas.so.12 \
	math/libcublasLt.so.12 \
	math/libcudnn.so.9 \
	math/libnccl.so.2 \
	nvml/libnvidia-ml.so.1 \
	tally \
	)
PROVE = GRAMME_BUILD=$(O) prove -fo -j$(JOBS) --timer --exec scripts/one

.DEFAULT_GOAL := all
.PHONY: all help demo check check-slow check-built built unit train fuzz fuzz-programs fuzz-built fuzz-merge \
	bench lint format install uninstall \
	clean deps have-deps

all: $(PROGRAMS) ## build everything that is installed

help: ## list the targets and variables
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' Makefile
	@echo "  O=$(O) PREFIX=$(PREFIX) DESTDIR=$(DESTDIR) SAN=address,undefined WERROR=1 V=1"

deps: ## install what building and testing need, or print the line to type
	@scripts/deps build test
	@scripts/deps cross || echo "Without these, the tests for aarch64 are left out."

have-deps:
	@scripts/deps --check build

demo: ## install, build, meter a real program on PoCL, and show its ledger
	@scripts/deps build demo
	@$(MAKE) --no-print-directory -j$(JOBS) all
	@scripts/demo $(O)

check: deps ## run every test
	@$(MAKE) --no-print-directory -j$(JOBS) check-built

check-slow: ## run every test, in its long form where it has one, and those of harm and loss
	@scripts/deps build test slow
	@scripts/deps guest || true
	@GRAMME_SLOW=1 $(MAKE) --no-print-directory check
	@$(PROVE) $(TRAIN_SLOW) $(HARM) $(LOSE) tests/accuracy/peers.sh

built: all unit $(TEST_PROGRAMS) $(TEST_FAKES) $(BENCH_PROGRAMS) $(O)/libgramme-nop.so

check-built: built fuzz-built
	@$(MAKE) --no-print-directory O=$(O)-san SAN=address,undefined unit
	@status=0; \
	$(PROVE) $(TRAIN) $(E2E) $(wildcard tests/lint/*.sh) $(UNIT) $(UNIT:$(O)/%=$(O)-san/%) || status=1; \
	FUZZ_TIME=$(TIME) $(PROVE) $(FUZZ:$(O)/%=$(O)-fuzz/%) || status=1; \
	exit $$status

unit: $(UNIT)

fuzz-programs: $(FUZZ)

fuzz-built:
	@$(MAKE) --no-print-directory O=$(O)-fuzz CC=clang \
		SAN=fuzzer-no-link,address,undefined fuzz-programs

fuzz: fuzz-built ## feed strangers' input to the parsers, TIME=60 seconds each
	@FUZZ_TIME=$(TIME) FUZZ_KEEP=$(O)-fuzz/found $(PROVE) $(FUZZ:$(O)/%=$(O)-fuzz/%)

train: built ## score what is recognised of trainers and of programs that do not train
	@scripts/deps test
	@$(PROVE) $(TRAIN)

fuzz-merge: fuzz-built ## fold what a long fuzz has found back into tests/fuzz/corpus
	@for target in $(FUZZ:$(O)/%=$(O)-fuzz/%); do \
		FUZZ_KEEP=$(O)-fuzz/found scripts/fuzz --merge $$target || exit 1; done

bench: built ## measure what metering costs (BENCH="event exec" for parts, RECORD=1 for the page)
	@scripts/deps bench || true
	@GRAMME_BUILD=$(O) RECORD=$(RECORD) tests/bench/run $(BENCH)

lint: built ## compilers, formatters, checkers, and the rules of the house
	@$(PROVE) $(wildcard tests/lint/*.sh)

format: ## lay the C sources out by .clang-format
	@clang-format -i $$(find collector preload tests -name '*.[ch]')

# Every program of a lab may be starting from these files just now: it finds the old one or the new one,
# and never a part.
define put
for file in $(2); do \
	install -m $(1) $$file $(3)/.$${file##*/}.new && mv -f $(3)/.$${file##*/}.new $(3)/$${file##*/} || exit 1; \
done
endef

install: all ## copy to $(DESTDIR)$(PREFIX)
	install -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(LIBDIR)/gramme $(DESTDIR)$(MANDIR)
	$(call put,755,$(O)/gramme,$(DESTDIR)$(BINDIR))
	$(call put,644,$(STAND_INS) $(PATH_MODULE) $(O)/libgramme.so,$(DESTDIR)$(LIBDIR)/gramme)
	install -m 644 docs/gramme.1 $(DESTDIR)$(MANDIR)/gramme.1
	install -d $(DESTDIR)$(UNITDIR)/system $(DESTDIR)$(UNITDIR)/user
	sed 's|@BINDIR@|$(BINDIR)|' scripts/systemd/gramme.service >$(DESTDIR)$(UNITDIR)/system/gramme.service
	sed 's|@BINDIR@|$(BINDIR)|' scripts/systemd/gramme-user.service >$(DESTDIR)$(UNITDIR)/user/gramme.service
	chmod 644 $(DESTDIR)$(UNITDIR)/system/gramme.service $(DESTDIR)$(UNITDIR)/user/gramme.service

uninstall: ## remove what install copied
	rm -f $(DESTDIR)$(BINDIR)/gramme $(DESTDIR)$(MANDIR)/gramme.1
	rm -f $(DESTDIR)$(UNITDIR)/system/gramme.service $(DESTDIR)$(UNITDIR)/user/gramme.service
	rm -f $(addprefix $(DESTDIR)$(LIBDIR)/gramme/,libgramme.so $(notdir $(STAND_INS)) libgramme-path.so)
	rmdir $(DESTDIR)$(LIBDIR)/gramme 2>/dev/null || true

clean: ## remove what was built
	rm -rf $(O) $(O)-san $(O)-arm64 $(O)-fuzz

# ---- the collector ----

$(O)/gramme: $(O)/collector/cmd/main.o $(O)/libcollector.a
	$(Q)$(CC) $(SANFLAGS) -o $@ $^ $(PKG_LIBS) -lm -pthread

$(O)/libcollector.a: $(COLLECTOR_OBJ)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

# The tables are built in.
$(COLLECTOR_OBJ): $(COLLECTOR_TABLES) | have-deps

$(O)/collector/%.o: collector/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(BASE) $(SANFLAGS) $(PKG_CFLAGS) -c -o $@ $<

# ---- the shim ----

$(O)/preload/%.o: preload/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(PRELOAD_CFLAGS) -c -o $@ $<

# Hundreds of wrappers, of calls that take long.
$(O)/preload/lapack.o $(O)/preload/cublas.o: PRELOAD_CFLAGS += -Os

# clang would make its switch a table of pointers.
$(O)/preload/opencl_hook.o $(O)/preload/cuda_hook.o $(O)/preload/math_hook.o: PRELOAD_CFLAGS += -fno-jump-tables

# A compiler would see strlen in strlen, and call it.
$(O)/preload/string.o: PRELOAD_CFLAGS += -ffreestanding

$(SHIM_OBJ): | have-deps

$(O)/preload/%.o: preload/%.S
	@mkdir -p $(@D)
	$(Q)$(CC) -MMD -MP -iquote . -c -o $@ $<

$(O)/libgramme.so: $(SHIM_OBJ) preload/exports.map
	$(Q)$(CC) $(PRELOAD_LDFLAGS) -Wl,--version-script=preload/exports.map -o $@ $(SHIM_OBJ)

# Stands in for libOpenCL when a program opens that; needs the real one, which need not be here.
$(O)/libgramme-opencl.so: $(O)/preload/opencl_stub.o $(O)/stub/libOpenCL.so
	$(Q)$(CC) -shared -nostdlib -Wl,-z,now,-z,relro,--hash-style=gnu,--no-as-needed -o $@ $^

# The same for libcuda.
$(O)/libgramme-cuda.so: $(O)/preload/cuda_stub.o $(O)/stub/libcuda.so
	$(Q)$(CC) -shared -nostdlib -Wl,-soname,$(@F),-z,now,-z,relro,--hash-style=gnu,--no-as-needed -o $@ $^

# And for those of mathematics; the number says which part of math.def is whose.
$(O)/preload/math_cublas.o: LIBRARY = 1
$(O)/preload/math_cublasLt.o: LIBRARY = 2
$(O)/preload/math_cudnn.o: LIBRARY = 3
$(O)/preload/math_nccl.o: LIBRARY = 4
MATH_OBJ := $(addprefix $(O)/preload/math_,cublas.o cublasLt.o cudnn.o nccl.o)
$(MATH_OBJ): preload/math_stub.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(PRELOAD_CFLAGS) -DLIBRARY=$(LIBRARY) -c -o $@ $<

.SECONDEXPANSION:
$(MATH_STUBS): $(O)/libgramme-%: $(O)/preload/math_$$(firstword $$(subst ., ,$$*)).o $(O)/stub/lib%
	$(Q)$(CC) -shared -nostdlib -Wl,-soname,$(@F),-z,now,-z,relro,--hash-style=gnu,--no-as-needed -o $@ $^

$(addprefix $(O)/stub/,$(MATH_LIBRARIES)):
	@mkdir -p $(@D)
	$(Q)$(CC) -shared -Wl,-soname,$(@F) -o $@ -x c /dev/null

$(O)/stub/%.so:
	@mkdir -p $(@D)
	$(Q)$(CC) -shared -Wl,-soname,$(@F).1 -o $@ -x c /dev/null

# Loaded where call paths are asked for, and never into the program's own scope: libunwind has names
# in it that would stand before those of libgcc. It does without our string functions, and takes
# those of libc.
$(O)/libgramme-path.so: $(addprefix $(O)/preload/,path/walk.o path/switch.o sys.o)
	$(Q)$(CC) -shared -nostartfiles -Wl,-z,defs,-z,now,-z,relro,--hash-style=gnu,--as-needed -o $@ $^ -lunwind-x86_64

# Library and stand-ins speak by the rows of these tables: an update beneath a running program must not
# give it stand-ins of other rows (preload/stamp.h).
STAMP := $(shell cat preload/*.def preload/*_stub.c preload/redirect.c | sha256sum | cut -c1-16)
STAMPED := $(O)/preload/opencl_stub.o $(O)/preload/cuda_stub.o $(O)/preload/redirect.o $(MATH_OBJ)
$(STAMPED): PRELOAD_CFLAGS += -DSTAMP='"$(STAMP)"'
$(STAMPED): $(wildcard preload/*.def preload/*_stub.c) preload/redirect.c

# The same exports with empty bodies: what is left is the price of the rest.
$(O)/libgramme-nop.so: $(NOP_OBJ) preload/exports.map
	$(Q)$(CC) $(PRELOAD_LDFLAGS) -Wl,--version-script=preload/exports.map -o $@ $(NOP_OBJ)

# ---- tests ----

# Under clang, with SAN=fuzzer-no-link,address,undefined: see `fuzz`.
$(O)/tests/fuzz/%: tests/fuzz/%.c $(O)/libcollector.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(BASE) $(SANFLAGS) -fsanitize=fuzzer $(PKG_CFLAGS) -MF $@.d -o $@ $< \
		$(O)/libcollector.a $(PKG_LIBS) -lm -pthread

$(O)/tests/unit/%: tests/unit/%.c $(O)/libcollector.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(BASE) $(SANFLAGS) $(PKG_CFLAGS) -MF $@.d -o $@ $< $(filter %.o %.a,$^) $(TEST_LDFLAGS) -lcmocka \
		$(PKG_LIBS) -lm -pthread

$(O)/tests/unit/clock: $(O)/preload/clock.o $(O)/preload/sys.o
$(O)/tests/unit/fork: $(O)/preload/fork.o
$(O)/tests/unit/filter: $(O)/preload/filter.o
$(O)/tests/unit/events: $(O)/preload/events.o
$(O)/tests/unit/string: $(O)/preload/string.o
$(O)/tests/unit/passes: $(O)/preload/passes.o
$(O)/tests/unit/elf: $(O)/preload/elf.o $(O)/preload/sys.o
$(O)/tests/unit/gpulib: | $(O)/tests/fake/gpulib/librocm_smi64.so.7 $(O)/tests/fake/gpulib/libze_loader.so.1
$(O)/tests/unit/elf $(O)/tests/unit/symbol: TEST_LDFLAGS := -rdynamic

$(O)/tests/%.o: tests/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(TEST_CFLAGS) -c -o $@ $<

$(O)/tests/prog/launch.a: $(O)/tests/prog/launch.o
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(O)/tests/prog/%: $(O)/tests/prog/%.o $(O)/tests/prog/launch.a
	$(Q)$(CC) -o $@ $^ -Wl,--as-needed -lOpenCL -pthread

$(O)/tests/bench/%: $(O)/tests/bench/%.o
	$(Q)$(CC) -o $@ $^ -Wl,--as-needed -lOpenCL

$(addprefix $(O)/tests/prog/,replay nvml_record): $(O)/tests/prog/%: tests/prog/%.c $(O)/libcollector.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(BASE) $(SANFLAGS) $(PKG_CFLAGS) -MF $@.d -o $@ $< $(O)/libcollector.a $(PKG_LIBS) \
		-lm -pthread

$(O)/tests/prog/spin-static: $(O)/tests/prog/spin.o
	$(Q)$(CC) -static -o $@ $^

$(O)/tests/fake/libleaf.so: $(O)/tests/fake/leaf.o
	$(Q)$(CC) -shared -Wl,-z,defs -o $@ $^

$(O)/tests/bench/region $(O)/tests/bench/product: $(O)/tests/bench/%: $(O)/tests/bench/%.o $(O)/tests/fake/libleaf.so
	$(Q)$(CC) -o $@ $< -L$(O)/tests/fake -lleaf -Wl,-rpath,'$$ORIGIN/../fake'

# It lacks one of the newest functions, as drivers do.
$(O)/tests/fake/cuda_every/libcuda.so.1: $(O)/tests/fake/cuda_every.o
	@mkdir -p $(@D)
	$(Q)echo '{ global: *; local: cuStreamBeginCaptureToCig; };' >$(@D)/map
	$(Q)$(CC) -shared -Wl,-z,defs,-soname,$(@F),--version-script=$(@D)/map -o $@ $^

$(O)/tests/prog/cuda_every: tests/prog/cuda_every.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(TEST_CFLAGS) -MF $@.d -o $@ $<

$(O)/tests/fake/cuda_idle/libcuda.so.1: $(O)/tests/fake/cuda_idle.o
	@mkdir -p $(@D)
	$(Q)$(CC) -shared -Wl,-z,defs,-soname,$(@F) -o $@ $^

$(O)/tests/bench/cuda: $(O)/tests/bench/cuda.o $(O)/tests/fake/cuda_idle/libcuda.so.1
	$(Q)$(CC) -o $@ $^ -Wl,-rpath,'$$ORIGIN/../fake/cuda_idle'

$(O)/tests/bench/drain $(O)/tests/bench/phase $(O)/tests/bench/power: $(O)/tests/bench/%: tests/bench/%.c $(O)/libcollector.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(BASE) $(SANFLAGS) $(PKG_CFLAGS) -MF $@.d -o $@ $< $(O)/libcollector.a $(PKG_LIBS) \
		-lm -pthread

$(O)/tests/bench/empty.so:
	@mkdir -p $(@D)
	$(Q)$(CC) -shared -o $@ -x c /dev/null

# A loader of one's own under another name, as wheels carry it.
$(O)/tests/prog/libOpenCLv.so1:
	@mkdir -p $(@D)
	$(Q)LC_ALL=C sed 's/libOpenCL\.so\.1/libOpenCLv.so1/g' \
		"$$($(CC) -print-file-name=libOpenCL.so)" >$@

$(O)/tests/prog/cl_plugin.so $(O)/tests/prog/cl_constructor.so: $(O)/tests/prog/%.so: \
		$(addprefix $(O)/tests/prog/,%.o launch.o libOpenCLv.so1)
	$(Q)$(CC) -shared -Wl,-rpath,'$$ORIGIN' -o $@ $^ -pthread

# Libraries that define the API themselves.
$(O)/tests/prog/%.so: $(O)/tests/prog/%.o
	$(Q)$(CC) -shared -o $@ $^

$(O)/tests/fake/libfakecl.so: $(patsubst %.c,$(O)/%.o,$(wildcard tests/fake/opencl/*.c) tests/fake/tally.c)
	$(Q)$(CC) -shared -Wl,-z,defs -o $@ $^ -pthread

$(O)/tests/fake/libcount_layer.so: $(O)/tests/fake/count_layer.o $(O)/tests/fake/tally.o
	$(Q)$(CC) -shared -Wl,-z,defs -o $@ $^

# Under the names by which they are looked for, in folders of their own. The functions of this one
# have names that the shim exports too, and mean its own to each other.
$(O)/tests/fake/cuda/libcuda.so.1: $(patsubst %.c,$(O)/%.o,$(wildcard tests/fake/cuda/*.c) tests/fake/tally.c)
	$(Q)$(CC) -shared -Wl,-z,defs,-Bsymbolic,-soname,libcuda.so.1 -o $@ $^ -pthread

$(O)/tests/fake/nvml/libnvidia-ml.so.1: $(patsubst %.c,$(O)/%.o,$(wildcard tests/fake/nvml/*.c))
	$(Q)$(CC) -shared -Wl,-z,defs -Wl,-soname,$(@F) -o $@ $^

$(O)/tests/fake/gpulib/librocm_smi64.so.7: $(O)/tests/fake/gpulib/rocm.o
$(O)/tests/fake/gpulib/libze_loader.so.1: $(O)/tests/fake/gpulib/zero.o
$(O)/tests/fake/gpulib/librocm_smi64.so.7 $(O)/tests/fake/gpulib/libze_loader.so.1:
	$(Q)$(CC) -shared -Wl,-z,defs -Wl,-soname,$(@F) -o $@ $^

$(O)/tests/fake/libfakeblas.so: $(O)/tests/fake/blas.o
	$(Q)$(CC) -shared -Wl,-z,defs -o $@ $^

$(O)/tests/fake/libfakeomp.so: $(O)/tests/fake/openmp.o
	$(Q)$(CC) -shared -Wl,-z,defs -o $@ $^

$(O)/tests/fake/libfakemkl.so: $(O)/tests/fake/mkl.o
	$(Q)$(CC) -shared -Wl,-z,defs -o $@ $^

$(O)/tests/fake/libfakednnl.so: $(O)/tests/fake/onednn.o
	$(Q)$(CC) -shared -Wl,-z,defs -o $@ $^

# One source, bound to the driver by the linker or not at all; the simulated one is linked.
$(O)/tests/prog/cuda_story: tests/prog/cuda_story.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(TEST_CFLAGS) -MF $@.d -o $@ $< -pthread

$(O)/tests/prog/cuda_linked: tests/prog/cuda_story.c $(O)/tests/fake/cuda/libcuda.so.1
	@mkdir -p $(@D)
	$(Q)$(CC) $(TEST_CFLAGS) -DLINKED -MF $@.d -o $@ $^ -Wl,-rpath,'$$ORIGIN/../fake/cuda' -pthread

# The doubles of libraries of mathematics; the number says which part of math.def each has.
MATH_FAKES := $(addprefix $(O)/tests/fake/math/,libcublas.so.11 libcublas.so.12 libcublasLt.so.12 libcudnn.so.9 libnccl.so.2)
$(O)/tests/fake/math/libcublas.so.11: LIBRARY = 1 -DOLD
$(O)/tests/fake/math/libcublas.so.12: LIBRARY = 1
$(O)/tests/fake/math/libcublasLt.so.12: LIBRARY = 2
$(O)/tests/fake/math/libcudnn.so.9: LIBRARY = 3
$(O)/tests/fake/math/libnccl.so.2: LIBRARY = 4
$(MATH_FAKES): tests/fake/math.c preload/math.def preload/math_wrap.h tests/prog/math.h
	@mkdir -p $(@D)
	$(Q)$(CC) $(filter-out -MMD -MP,$(TEST_CFLAGS)) -DLIBRARY=$(LIBRARY) -shared -Wl,-z,defs,-soname,$(@F) -o $@ $<

$(O)/tests/prog/math_every: tests/prog/math_every.c $(filter-out %.11,$(MATH_FAKES))
	@mkdir -p $(@D)
	$(Q)$(CC) $(TEST_CFLAGS) -MF $@.d -o $@ $< $(filter %.so.2 %.so.9 %.so.12,$^) -Wl,-rpath,'$$ORIGIN/../fake/math'

$(O)/tests/prog/math_graph: tests/prog/math_graph.c $(addprefix $(O)/tests/fake/,math/libcublas.so.12 math/libcublasLt.so.12 cuda/libcuda.so.1)
	@mkdir -p $(@D)
	$(Q)$(CC) $(TEST_CFLAGS) -MF $@.d -o $@ $< $(filter %.so.1 %.so.12,$^) -Wl,-rpath,'$$ORIGIN/../fake/math',-rpath,'$$ORIGIN/../fake/cuda'

$(O)/tests/prog/math_opened: tests/prog/math_every.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(TEST_CFLAGS) -DOPENED -MF $@.d -o $@ $<

$(O)/tests/prog/onednn_every: tests/prog/onednn_every.c $(O)/tests/fake/libfakednnl.so
	@mkdir -p $(@D)
	$(Q)$(CC) $(TEST_CFLAGS) -o $@ $< -L$(O)/tests/fake -lfakednnl -Wl,-rpath,'$$ORIGIN/../fake'

$(O)/tests/prog/blas_ilp64: tests/prog/blas_ilp64.c $(O)/tests/fake/libfakemkl.so
	@mkdir -p $(@D)
	$(Q)$(CC) $(TEST_CFLAGS) -o $@ $< -L$(O)/tests/fake -lfakemkl -Wl,-rpath,'$$ORIGIN/../fake'

$(O)/tests/prog/omp_calls: tests/prog/omp_calls.c $(O)/tests/fake/libfakeomp.so
	@mkdir -p $(@D)
	$(Q)$(CC) $(TEST_CFLAGS) -fopenmp -rdynamic -o $@ $< -L$(O)/tests/fake -lfakeomp \
		-Wl,-rpath,'$$ORIGIN/../fake'

$(O)/tests/prog/omp_every $(O)/tests/prog/paths: $(O)/tests/prog/%: tests/prog/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(TEST_CFLAGS) -fopenmp -o $@ $<

$(O)/tests/prog/omp_every_llvm: tests/prog/omp_every.c
	@mkdir -p $(@D)
	$(Q)clang $(TEST_CFLAGS) -fopenmp -o $@ $<

$(O)/tests/prog/blas_every: tests/prog/blas_every.c $(O)/tests/fake/libfakeblas.so
	@mkdir -p $(@D)
	$(Q)$(CC) $(TEST_CFLAGS) -fopenmp -o $@ $< -L$(O)/tests/fake -lfakeblas \
		-Wl,-rpath,'$$ORIGIN/../fake'

$(O)/tests/fake/tally: $(O)/tests/fake/tally_print.o $(O)/tests/fake/tally.o
	$(Q)$(CC) -o $@ $^

# The shim's own objects, the collector's reader and a program that races them, for the compiler's
# race detector. It knows no fences (-Wtsan says so); what stands between ours are atomics.
RACE := $(filter-out $(addprefix preload/,asan.c redirect.c string.c files_hook.c files_stream.c output_hook.c),$(SHIM_SRC)) \
	collector/intake/arena.c \
	collector/intake/clean.c collector/intake/pages.c tests/prog/race.c
$(O)/race/%.o: %.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(PRELOAD_CFLAGS) -O1 -fsanitize=thread -Wno-tsan -c -o $@ $<

.PHONY: race
race: $(O)/tests/prog/race

$(O)/tests/prog/race: $(RACE:%.c=$(O)/race/%.o) $(O)/preload/fork.o
	@mkdir -p $(@D)
	$(Q)$(CC) -fsanitize=thread -o $@ $^ -lOpenCL -pthread

.SECONDARY:
-include $(shell find $(O) -name '*.d' 2>/dev/null)
