# Hourglass. The targets:
#
#   make            the library and the command, build/hourglass
#   make demo       sets up, builds, trains on Fashion-MNIST and compares with PCA (about a minute)
#   make test       sets up, builds and runs every test; ends in "N passed, N failed"
#   make check      layers, headers, format, tidy: what a change must pass before the tests
#   make fuzz       runs each fuzz target for FUZZ_SECONDS (60)
#   make bench      speed of kernels, a training step, scoring and reading
#   make bench-peers  the same jobs in PyTorch, JAX, NumPy and oneDNN, side by side
#   make golden     rewrites the expected output of the command's tests
#   make longest    the longest functions and files
#   make cov        line and branch coverage of the library under the tests
#   make install    into DESTDIR and PREFIX (/usr/local)
#   make clean
#
# Settings: CC=gcc|clang, SAN=address,undefined or thread (a sanitizer build), V=1 (show commands).

CC       = gcc
V       ?= 0
PREFIX  ?= /usr/local
Q        = $(if $(filter 1,$(V)),,@)
O       := build/$(notdir $(CC))$(if $(SAN),-$(firstword $(subst $(comma), ,$(SAN:address,undefined=address))))
VERSION := $(shell sed -n 's/^\#define HG_VERSION "\(.*\)"/\1/p' include/hourglass.h)

WARN    := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla \
           -Wundef -Wpointer-arith -Wwrite-strings -Wdouble-promotion -Wformat=2 -Werror
LANGUAGE := -std=c11 -D_GNU_SOURCE
PACKAGES := zlib jansson yaml-0.1 libzip libpng
OPTIMISE ?= -O2
BASE    := $(LANGUAGE) $(WARN) -Iinclude -Isrc -include base/banned.h -g -fPIC -fvisibility=hidden \
           -ffp-contract=off -fno-math-errno -fstack-protector-strong -pthread \
           $(if $(SAN),,-D_FORTIFY_SOURCE=2)
CFLAGS  ?=
ALL_CFLAGS = $(BASE) $(OPTIMISE) $(shell pkg-config --cflags $(PACKAGES)) -MMD -MP $(CFLAGS)
LIBS     = $(shell pkg-config --libs $(PACKAGES)) -llapacke -lm -pthread
LDFLAGS += -Wl,-z,relro -Wl,-z,now -Wl,--as-needed
ifdef SAN
 ALL_CFLAGS += -fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer
 LDFLAGS += -fsanitize=$(SAN)
endif
KERNEL  := -O3 -funroll-loops

LIB_SRC  := $(wildcard src/*/*.c)
CLI_SRC  := $(wildcard cli/*.c)
LIB_OBJ  := $(LIB_SRC:%.c=$(O)/%.o)
CLI_OBJ  := $(CLI_SRC:%.c=$(O)/%.o)
TEST_SRC := $(wildcard tests/test_*.c)
TESTS    := $(TEST_SRC:%.c=$(O)/%)
FUZZ_SRC := $(wildcard tests/fuzz/fuzz_*.c)
C_FILES  := $(LIB_SRC) $(CLI_SRC) $(wildcard src/*/*.[hi]* include/*.h cli/*.h tests/*.[ch] tests/fuzz/*.[ch] bench/*.[ch] examples/*.c)

all: build/hourglass
build/hourglass: $(O)/hourglass ; @cp $< $@
$(O)/hourglass: $(CLI_OBJ) $(O)/libhourglass.a ; @echo LD $@; $(CC) $(LDFLAGS) $^ $(LIBS) -o $@
$(O)/libhourglass.a: $(LIB_OBJ) ; @rm -f $@; ar rcs $@ $^

# A file's name says which instructions it may use.
$(O)/src/backend/cpu_ref.o: ISA = $(KERNEL)
$(O)/src/backend/cpu_avx2.o: ISA = $(KERNEL) -mavx2 -mfma
$(O)/src/backend/cpu_avx512.o: ISA = $(KERNEL) -mavx2 -mfma -mavx512f -mavx512vl -mavx512dq -mavx512bw -mprefer-vector-width=512
$(O)/%.o: %.c ; @mkdir -p $(@D); [ $(V) = 1 ] || echo CC $<; $(CC) $(ALL_CFLAGS) $(ISA) -c $< -o $@
$(O)/tests/test_%: $(O)/tests/test_%.o $(O)/libhourglass.a ; $(Q)$(CC) $(LDFLAGS) $^ $(LIBS) -lcmocka -o $@

layers: ; @tools/check_layers.sh src
format: ; clang-format -i $(C_FILES)
clean: ; rm -rf build
.PHONY: all layers format clean
.SECONDARY:
-include $(LIB_OBJ:.o=.d) $(CLI_OBJ:.o=.d) $(TESTS:=.d)
