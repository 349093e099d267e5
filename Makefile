# Hourglass. The targets:
#
#   make            the library and the command, build/hourglass
#   make demo       sets up, builds, trains on Fashion-MNIST and compares with PCA (a minute and a half)
#   make test       sets up, builds and runs every test; ends in "N passed, N failed"
#   make check      layers, headers, format, tidy: what a change must pass before the tests
#   make fuzz       runs each fuzz target for FUZZ_SECONDS (60)
#   make bench      speed of kernels, training steps, layers on images, scoring and reading
#   make bench-peers  the same jobs in PyTorch, JAX, NumPy and oneDNN, side by side
#   make golden     rewrites the expected output of the command's tests
#   make reformat   rewrites the sources as .clang-format says
#   make aarch64    the portable part for 64-bit Arm under qemu: the same bits as here
#   make scenes     attacks with real tools in network namespaces: ten minutes (root)
#   make longest    the longest functions and files
#   make cov        line and branch coverage of the library under the tests
#   make docs       rewrites what README.md and docs/ show of the command's output
#   make wheel      the Python package for whoever has no compiler, into build/wheel/; make stubs rewrites its type stubs
#   make notebooks  runs examples/notebooks anew and stores what comes
#   make install    into DESTDIR and PREFIX (/usr/local; without root: PREFIX=$HOME/.local); make uninstall takes it back
#   make clean
#
# Settings: CC=gcc|clang, SAN=address,undefined or thread (a sanitizer build), V=1 (show commands),
# ONLY="rng cli" or SKIP="faults" (tests by words in their names).

CC       = gcc
V       ?= 0
PREFIX  ?= /usr/local
Q        = $(if $(filter 1,$(V)),,@)
comma   := ,
KIND    := $(firstword $(subst $(comma), ,$(SAN)))
O       := build/$(notdir $(CC))$(if $(SAN),-$(KIND))
VERSION := $(shell awk '/^.define HG_VERSION_(MAJOR|MINOR|PATCH) / { v = v dot $$3; dot = "." } END { print v }' include/hourglass.h)
MAKEFLAGS += --no-print-directory -r
ifeq ($(MAKELEVEL),0)
 MAKEFLAGS += -j$(shell nproc)
endif

# `make clean demo`: in this order, each with a make of its own, which sees what the one before left.
ifneq ($(and $(filter clean,$(MAKECMDGOALS)),$(filter-out clean,$(MAKECMDGOALS))),)
.NOTPARALLEL:
.PHONY: $(MAKECMDGOALS)
$(sort $(MAKECMDGOALS)): ; @$(MAKE) $@
else

WARN    := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla \
           -Wundef -Wpointer-arith -Wwrite-strings -Wdouble-promotion -Wformat=2 -Werror
LANGUAGE := -std=c11 -D_GNU_SOURCE
PACKAGES := zlib yaml-0.1 libzip libpng libwebp libjpeg libtiff-4 libpcap
OPTIMISE ?= -O2
BASE    := $(LANGUAGE) $(WARN) -Iinclude -Isrc -include base/banned.h $(if $(SAN),-g1,-g) -fPIC -fvisibility=hidden \
           -ffp-contract=off -fno-math-errno -fstack-protector-strong -pthread \
           $(if $(SAN),,-D_FORTIFY_SOURCE=2)
CFLAGS  ?=
# Asked once, and only when something is compiled: `make demo` installs the packages first. What is missing is named.
PACKAGE_CFLAGS = $(eval PACKAGE_CFLAGS := $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null))$(if $(LACKING),$(error $(LACKING)))$(PACKAGE_CFLAGS)
LACKING = $(eval LACKING := $(shell tools/setup.sh missing))$(LACKING)
PACKAGE_LIBS = $(eval PACKAGE_LIBS := $(shell pkg-config --libs $(PACKAGES)))$(PACKAGE_LIBS)
ALL_CFLAGS = $(BASE) $(OPTIMISE) $(PACKAGE_CFLAGS) -MMD -MP $(CFLAGS)
LIBS     = $(PACKAGE_LIBS) -lm -pthread $(PLACE)
LDFLAGS += -Wl,-z,relro -Wl,-z,now -Wl,--as-needed
# SAN=fuzz: what `make fuzz` builds. SAN=coverage: what `make cov` builds.
ifeq ($(KIND),coverage)
 CFLAGS += --coverage -DNDEBUG -DHG_COVERAGE
 LDFLAGS += --coverage
else ifdef SAN
 CFLAGS += -fsanitize=$(SAN:fuzz=fuzzer-no-link,address,undefined) -fno-sanitize-recover=all -fno-omit-frame-pointer
 LDFLAGS += -fsanitize=$(SAN:fuzz=fuzzer,address,undefined)
endif
# At a fixed place a program of this size begins a quarter sooner, and tests begin thousands.
PLACE   := $(if $(filter build/gcc-address,$(O)),-no-pie)
# Sanitizers make the kernels' sources long: optimised further they take minutes to compile, and the bits are the same.
KERNEL  := $(if $(SAN),$(if $(filter clang,$(notdir $(CC))),-O0,-O1),-O3)

LIB_SRC  := $(wildcard src/*/*.c)
CLI_SRC  := $(wildcard cli/*.c)
LIB_OBJ  := $(LIB_SRC:%.c=$(O)/%.o)
CLI_OBJ  := $(CLI_SRC:%.c=$(O)/%.o)
TEST_SRC := $(wildcard tests/test_*.c)
TESTS    := $(TEST_SRC:%.c=$(O)/%)
HELPERS  := $(patsubst %.c,$(O)/%,$(filter-out $(TEST_SRC),$(wildcard tests/*.c)))
FUZZ_SRC := $(wildcard tests/fuzz/fuzz_*.c)
FUZZERS  := $(FUZZ_SRC:%.c=$(O)/%)
EXAMPLES := $(patsubst %.c,$(O)/%,$(wildcard examples/*.c))
DRAW     := $(patsubst %.c,$(O)/%.o,$(wildcard tools/draw/*.c))
TRAFFIC  := $(patsubst %.c,$(O)/%.o,$(wildcard tools/traffic/*.c))
SCRIPTS  := $(wildcard tests/run_cli.sh tests/test_*.sh tests/oracle/test_*.py)
HEADERS  := $(wildcard src/*/*.h include/*.h cli/*.h tests/*.h tools/draw/*.h tools/traffic/*.h)
C_FILES  := $(LIB_SRC) $(CLI_SRC) $(wildcard tests/*.c) $(FUZZ_SRC) $(wildcard tests/fuzz/replay.c tests/recipes/*.c bench/*.c bench/packets/*.c examples/*.c)

# DICOM, where DCMTK is: opened at the first such file, so that nothing else links with it.
PLUGIN := $(if $(and $(wildcard /usr/include/dcmtk/dcmdata/dctk.h),$(shell command -v g++)),build/hourglass-dicom.so)

INSTALLED := $(if $(filter build/gcc,$(O)),build/hourglass build/gcc/libhourglass.so)
# With a sanitizer tests prepare by the release command what is no test itself.
PREPARES := $(if $(filter address thread,$(KIND)),build/hourglass)
all: $(O)/hourglass $(INSTALLED) $(PLUGIN)

# build/hourglass is always the release command, whatever else is being built.
ifeq ($(O),build/gcc)
build/hourglass: $(O)/hourglass ; @strip -o $@.new $< && mv $@.new $@
else
build/hourglass: FORCE ; @$(MAKE) CC=gcc SAN= $@
endif
$(O)/hourglass: $(CLI_OBJ) $(O)/libhourglass.a ; @echo "LD $@"; $(CC) $(LDFLAGS) $^ $(LIBS) -o $@
$(O)/libhourglass.a: $(LIB_OBJ) ; @rm -f $@; ar rcs $@ $^
$(O)/libhourglass.so: $(LIB_OBJ)
	@echo "LD $@"; $(CC) $(LDFLAGS) -shared -Wl,-soname,libhourglass.so.0 -Wl,--no-undefined $^ $(LIBS) -o $@

build/hourglass-dicom.so: $(wildcard src/image/dicom_*.cc) src/image/dicom_dcmtk.hh src/image/dicom_plugin.h
	@mkdir -p $(@D); echo "LD $@"; g++ -std=c++17 -O2 -Wall -Wextra -Werror -fPIC -fvisibility=hidden -Isrc -shared -s $(LDFLAGS) $(filter %.cc,$^) \
	    -ldcmjpls -ldcmjpeg -ldcmdata -loflog -lofstd -o $@.new && mv $@.new $@

# A file's name says which instructions it may use.
$(O)/src/backend/cpu_ref.o: ISA = $(if $(SAN),-Og,-O2)
$(O)/src/backend/cpu_avx2.o: ISA = $(KERNEL) -mavx2 -mfma -mprfchw
$(O)/src/backend/cpu_avx512.o: ISA = $(KERNEL) -mavx2 -mfma -mprfchw -mavx512f -mavx512vl -mavx512dq -mavx512bw -mprefer-vector-width=512
$(O)/src/backend/cpu_avx512bf16.o: ISA = $(KERNEL) -mavx2 -mfma -mprfchw -mavx512f -mavx512vl -mavx512dq -mavx512bw -mprefer-vector-width=512 -mavx512bf16
# Loops over pixels, or over windows of time, that the compiler makes vectors of.
$(O)/src/restore/filters%.o $(O)/src/restore/psnr.o $(O)/src/monitor/window_detector_statistics.o $(O)/src/monitor/window_detector_spectrum.o $(O)/src/monitor/window_features.o $(O)/src/monitor/window_axes.o $(O)/src/rows/windows.o $(O)/src/monitor/signal_scorer.o $(O)/src/traffic/damped.o $(O)/src/traffic/kitsune%.o: ISA = $(KERNEL)
# Tests are short and compiled five times over; with sanitizers -O1 takes the compiler as long again as -Og.
$(O)/tests/%.o: OPTIMISE = $(if $(SAN),-Og,-O1)
# A host may call us on a thread of 128 KB: no function of the library takes much of it.
$(O)/src/%.o: FRAME = $(if $(SAN)$(filter-out gcc,$(notdir $(CC))),,-Wframe-larger-than=10000)
$(O)/%.o: %.c ; @mkdir -p $(@D); [ $(V) = 1 ] || echo "CC $<"; $(CC) $(ALL_CFLAGS) $(FRAME) $(ISA) -c $< -o $@
$(O)/tests/test_%: $(O)/tests/test_%.o $(O)/libhourglass.a ; $(Q)$(CC) $(LDFLAGS) $^ $(LIBS) -lcmocka -o $@
$(HELPERS): %: %.o $(O)/libhourglass.a ; $(Q)$(CC) $(LDFLAGS) $^ $(LIBS) -o $@
# The gradient test takes the code a second time, in double: finite differences need the digits.
DOUBLE := $(patsubst %.c,$(O)/double/%.o,$(wildcard src/base/*.c src/nn/*.c) src/backend/cpu.c src/backend/cpu_ref.c tests/test_gradients.c)
$(O)/double/%.o: %.c ; @mkdir -p $(@D); [ $(V) = 1 ] || echo "CC $< (double)"; $(CC) $(ALL_CFLAGS) -DHG_DOUBLE -c $< -o $@
$(O)/tests/test_gradients: $(DOUBLE) ; $(Q)$(CC) $(LDFLAGS) $^ $(LIBS) -lcmocka -o $@
$(O)/examples/%: $(O)/examples/%.o $(O)/libhourglass.a ; $(Q)$(CC) $(LDFLAGS) $^ $(LIBS) -o $@
# Draws the demo's and the tests' photographs of parts.
$(O)/draw_parts: $(DRAW) ; $(Q)$(CC) $(LDFLAGS) $^ -lm -o $@
# Draws captures of networks' traffic.
$(O)/draw_traffic: $(TRAFFIC) ; $(Q)$(CC) $(LDFLAGS) $^ -lm -o $@
# Sends a capture's frames, for bench/packets/live.sh and memory.sh.
$(O)/send_traffic: $(O)/bench/packets/send_traffic.o ; $(Q)$(CC) $(LDFLAGS) $^ -o $@
# A fuzz target with its own engine under `make fuzz`; else with replay.c, which runs the saved corpus.
$(O)/tests/fuzz/fuzz_%: $(O)/tests/fuzz/fuzz_%.o $(if $(filter fuzz,$(KIND)),,$(O)/tests/fuzz/replay.o) $(O)/libhourglass.a
	$(Q)$(CC) $(LDFLAGS) $^ $(LIBS) -o $@

# ---- what people type ----------------------------------------------------------------------------

help: ; @sed -n '/^#/!q; s/^# \{0,1\}//p' Makefile

demo:
	@tools/setup.sh build
	@$(MAKE) CC=gcc SAN= build/hourglass build/gcc/draw_parts build/gcc/draw_traffic
	@tools/demo.sh build/hourglass

test:
	@tools/setup.sh test
	@$(MAKE) build/hourglass
	@$(MAKE) run-tests

# The tests of CC and SAN, without installing anything. The clang build is for test_same_bits.sh.
ifeq ($(O),build/gcc)
 OTHER := $(if $(shell command -v clang),build/clang/hourglass)
endif
ifneq ($(O),build/clang)
build/clang/hourglass: FORCE ; @$(MAKE) CC=clang SAN= $@
endif
with = $(foreach x,$2,$(if $(strip $(foreach w,$1,$(findstring $(w),$(notdir $x)))),$x))
EVERY := $(SCRIPTS) $(TESTS) $(FUZZERS)
WANTED := $(filter-out $(call with,$(SKIP),$(EVERY)),$(if $(ONLY),$(call with,$(ONLY),$(EVERY)),$(EVERY)))
# Those that take longest come first: else the last of them runs alone while other cores wait.
LONG := test_scenes test_python same_bits faults false_alarms test_docs watch_learn.sh run_cli train_features large_parts inspector_features _parts packets_once \
        train_bottleneck big_file test_tables test_resume backbones test_gradients test_map_metrics kernels test_examples test_pins aarch64 codec_tiff test_pca
once = $(if $1,$(firstword $1) $(call once,$(filter-out $(firstword $1),$1)))
PICKED := $(call once,$(foreach w,$(LONG),$(call with,$w,$(WANTED))))
PICKED += $(filter-out $(PICKED),$(WANTED))
# Of helpers and examples those that the scripts name.
PICKED_SCRIPTS := $(filter tests/%,$(PICKED))
NAMES := $(if $(PICKED_SCRIPTS),$(shell grep -ohw $(patsubst %,-e %,$(notdir $(HELPERS) $(EXAMPLES))) $(PICKED_SCRIPTS) tests/docs.py tests/oracle/common.py tests/fuzz/make_corpus.py | sort -u))
NAMED := $(foreach x,$(HELPERS) $(EXAMPLES),$(if $(filter $(notdir $x),$(NAMES)),$x))
run-tests: $(filter $(O)/%,$(PICKED)) $(if $(PICKED_SCRIPTS),$(O)/hourglass $(O)/draw_parts $(O)/draw_traffic $(NAMED) $(OTHER) $(INSTALLED) $(PREPARES) $(if $(SAN),,$(O)/libhourglass.so)) $(PLUGIN)
	@CC=$(CC) SAN=$(SAN) tools/run_tests.sh $(O) $(PICKED)

check:
	@tools/setup.sh check
	@$(MAKE) -k layers headers format tidy && echo "check: clean"

layers: ; @tools/check_layers.sh src
# Each header compiles alone; the public one also as C++.
headers: $(HEADERS:%=build/checked/%) build/checked/c++
build/checked/%.h: %.h $(HEADERS)
	@mkdir -p $(@D); echo '#include "$(<:src/%=%)"' | gcc $(LANGUAGE) $(WARN) $(call ISA_OF,$<) -Iinclude -Isrc -I. -include base/banned.h \
	    -fsyntax-only -x c - && touch $@
build/checked/c++: include/hourglass.h
	@mkdir -p $(@D); clang -x c++ -std=c++11 -Wall -Wextra -Werror -fsyntax-only $< && touch $@
format: ; @clang-format --dry-run -Werror $(filter-out %.def,$(C_FILES) $(HEADERS)) $(wildcard src/*/*.cc)
reformat: ; clang-format -i $(C_FILES) $(HEADERS) $(wildcard src/*/*.cc)
# States of a function that are looked at: clang's own limit is 225000; 75000 take twice as long and find nothing more here.
NODES ?= 25000
tidy: $(C_FILES:%=build/checked/%)
ISA_OF = $(if $(findstring avx512,$1),-mavx2 -mfma -mprfchw -mavx512f -mavx512vl -mavx512dq -mavx512bw,$(if $(findstring avx2,$1),-mavx2 -mfma -mprfchw))
build/checked/%.c: %.c $(HEADERS) $(wildcard src/*/*.inc src/*/*.def) .clang-tidy
	@mkdir -p $(@D); echo "TIDY $<"
	@clang-tidy --quiet $< $(NODES:%=$(foreach x,-Xclang -analyzer-config -Xclang max-nodes=%,--extra-arg=$x)) -- $(LANGUAGE) $(call ISA_OF,$<) -Iinclude -Isrc -include base/banned.h 2>$@.err || { cat $@.err; exit 1; }; \
	    rm -f $@.err; touch $@

FUZZ_SECONDS ?= 60
fuzz:
	@tools/setup.sh test
	@$(MAKE) CC=clang SAN=fuzz $(FUZZ_SRC:%.c=build/clang-fuzz/%)
	@for f in $(FUZZ_SRC:%.c=build/clang-fuzz/%); do tools/fuzz.sh $$f $(FUZZ_SECONDS) || exit 1; done

bench: build/hourglass ; @build/hourglass bench
bench-peers:
	@tools/setup.sh build bench
	@$(MAKE) build/hourglass
	@bench/peers/run.sh

golden: build/hourglass ; @GOLDEN=1 HOURGLASS=$(CURDIR)/build/hourglass tests/run_cli.sh
docs: build/hourglass $(O)/hourglass ; @GOLDEN=1 HOURGLASS=$(CURDIR)/build/gcc/hourglass tests/test_docs.sh
# Needs root and a quarter of an hour; what `make test` has of it takes a minute.
scenes: build/hourglass
	@tools/setup.sh test
	@SCENES=long HOURGLASS=$(CURDIR)/build/hourglass tests/test_scenes.sh

longest: ; @tools/longest.sh $(LIB_SRC) $(CLI_SRC)

cov:
	@tools/setup.sh test
	@find build/gcc-coverage -name '*.gcda' -delete 2>/dev/null; $(MAKE) SAN=coverage run-tests
	@tools/coverage.sh build/gcc-coverage

# The rooms without foreign libraries, for another machine: the bits of this one.
ARM_ROOMS := base backend nn graph exec
ARM_SRC := $(filter-out src/backend/cpu_avx%.c,$(wildcard $(ARM_ROOMS:%=src/%/*.c))) $(addprefix src/intrusion/kitnet,.c _map.c _net.c)
aarch64: ; @tests/test_aarch64.sh
build/aarch64/bits: tests/bits.c $(ARM_SRC) $(HEADERS)
	@mkdir -p $(@D); echo "CC $@"
	$(Q)aarch64-linux-gnu-gcc $(filter-out -fPIC -D_FORTIFY_SOURCE=2,$(BASE)) -O2 -static $(filter %.c,$^) -lm -o $@

wheel: build/gcc/libhourglass.a ; @python/wheel.sh
notebooks: build/gcc/libhourglass.a build/gcc/draw_parts ; @python/venv.sh && build/python-venv/bin/python python/notebooks.py
stubs: build/gcc/libhourglass.a ; @python/venv.sh && build/python-venv/bin/python -m hourglass._stubs python/src/hourglass

# A prefix of one's own is no place where the system looks for libraries: programs are told, and the folder may move.
override PREFIX := $(PREFIX:~/%=$(HOME)/%)
SYSTEM   := $(filter /usr /usr/local,$(PREFIX))
PC_HEAD   = 'prefix=$(if $(SYSTEM),$(PREFIX),$${pcfiledir}/../..)' 'libdir=$${prefix}/lib' 'includedir=$${prefix}/include'
TO       := $(DESTDIR)$(PREFIX)
install: build/hourglass build/gcc/libhourglass.a build/gcc/libhourglass.so $(PLUGIN)
	$(Q)install -d $(addprefix $(TO)/,bin lib/pkgconfig lib/hourglass include share/man/man1 share/doc/hourglass share/hourglass/models \
	    share/bash-completion/completions share/zsh/site-functions share/fish/vendor_completions.d)
	$(Q)install -m 755 build/hourglass $(TO)/bin/hourglass
	$(Q)install -m 644 build/gcc/libhourglass.a $(TO)/lib/libhourglass.a
	$(Q)install -s -m 755 build/gcc/libhourglass.so $(TO)/lib/libhourglass.so.$(VERSION)
	$(Q)ln -sf libhourglass.so.$(VERSION) $(TO)/lib/libhourglass.so.0
	$(Q)ln -sf libhourglass.so.0 $(TO)/lib/libhourglass.so
	$(Q)$(if $(PLUGIN),install -m 755 $(PLUGIN) $(TO)/lib/hourglass/$(notdir $(PLUGIN)))
	$(Q)install -m 644 include/hourglass.h $(TO)/include/hourglass.h
	$(Q)install -m 644 LICENSE README.md CHANGELOG.md $(wildcard docs/*.md) $(TO)/share/doc/hourglass
	$(Q)printf '%s\n' $(PC_HEAD) 'Name: hourglass' 'Description: Autoencoders: train, score, reconstruct' 'Version: $(VERSION)' \
	    'Cflags: -I$${includedir}' 'Libs: -L$${libdir}$(if $(SYSTEM),, -Wl$(comma)-rpath$(comma)$${libdir}) -lhourglass' \
	    'Requires.private: $(PACKAGES)' 'Libs.private: -lm -pthread' > $(TO)/lib/pkgconfig/hourglass.pc
	$(Q)install -m 644 models/* $(TO)/share/hourglass/models
	$(Q)build/hourglass help --man > $(TO)/share/man/man1/hourglass.1
	$(Q)build/hourglass completion bash > $(TO)/share/bash-completion/completions/hourglass
	$(Q)build/hourglass completion zsh > $(TO)/share/zsh/site-functions/_hourglass
	$(Q)build/hourglass completion fish > $(TO)/share/fish/vendor_completions.d/hourglass.fish
	@$(LDCONFIG)
	@echo "installed in $(TO)$(if $(SYSTEM)$(DESTDIR),,: PATH needs $(PREFIX)/bin$(comma) PKG_CONFIG_PATH $(PREFIX)/lib/pkgconfig)"

# The loader's list, where root installs into this system.
LDCONFIG = [ -n "$(DESTDIR)" ] || [ "$$(id -u)" != 0 ] || PATH=$$PATH:/sbin:/usr/sbin ldconfig
uninstall:
	$(Q)rm -f $(addprefix $(TO)/,bin/hourglass lib/libhourglass.a lib/libhourglass.so lib/libhourglass.so.0* \
	    include/hourglass.h lib/pkgconfig/hourglass.pc share/man/man1/hourglass.1 share/bash-completion/completions/hourglass \
	    share/zsh/site-functions/_hourglass share/fish/vendor_completions.d/hourglass.fish)
	$(Q)rm -rf $(addprefix $(TO)/,lib/hourglass share/hourglass share/doc/hourglass)
	@$(LDCONFIG)

clean: ; rm -rf build
FORCE:
.PHONY: all help demo test run-tests check layers headers format reformat tidy fuzz bench bench-peers golden scenes longest cov \
        docs aarch64 wheel stubs notebooks install uninstall clean FORCE
.SECONDARY:
-include $(DOUBLE:.o=.d) $(LIB_OBJ:.o=.d) $(CLI_OBJ:.o=.d) $(TESTS:=.d) $(FUZZERS:=.d) $(EXAMPLES:=.d) $(DRAW:.o=.d) $(TRAFFIC:.o=.d) $(wildcard $(O)/tests/*.d)
endif
