// SPDX-License-Identifier: Apache-2.0
// cpu.c - which kernel tables there are, and which one this machine gets.
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "backend/kernels.h"

extern const hg__kernels hg__kernels_ref;
#if defined(__x86_64__) && !defined(HG_DOUBLE)
# define HG_X86 1
extern const hg__kernels hg__kernels_avx2, hg__kernels_avx512;
void hg__gemm_avx512bf16(const hg__gemm *g);
static hg__kernels avx512bf16; // avx512's, with another gemm_bf16
#else
# define HG_X86 0
#endif

enum { MAX_TABLES = 5 };

static const hg__kernels *tables[MAX_TABLES]; // what can run here, best last; NULL-terminated
static const hg__kernels *picked;
static pthread_once_t once = PTHREAD_ONCE_INIT;

#if HG_X86
// Whether the instruction's products have the bits of plain C: of pairs from 2^-63 to 2^-60, whose products lie around the
// smallest normal number, and of sums that tell the order. The maker says little of these.
static bool has_our_products(void) {
    enum { ROWS = 64 };
    uint32_t a[ROWS], b[HG_LANES], random = 1;
    float x[ROWS], y[HG_LANES], start[HG_LANES], got[ROWS * HG_LANES], is[ROWS * HG_LANES];
    for (int32_t i = 0; i < ROWS + HG_LANES; i++) {
        random = random * 1664525U + 1013904223U;
        const uint32_t word = (random & 0x81FF81FFU) + (i % 3 ? 0x20002000U : 0x3F803F80U);
        *(i < ROWS ? a + i : b + (i - ROWS)) = word;
    }
    for (int32_t i = 0; i < HG_LANES; i++) {
        start[i] = (float)(i % 4 - 1) * (i % 3 ? 0x1p-126F : 0x1p-1F);
    }
    memcpy(x, a, sizeof a);
    memcpy(y, b, sizeof b);
    hg__gemm g = {.M = ROWS,
                  .N = HG_LANES,
                  .K = 1,
                  .blocks = 1,
                  .a = x,
                  .a_m = 1,
                  .a_k = 1,
                  .b = y,
                  .b_k = HG_LANES,
                  .c = got,
                  .c_m = HG_LANES,
                  .start = start};
    hg__gemm_avx512bf16(&g);
    g.c = is;
    hg__kernels_ref.gemm_bf16(&g);
    return memcmp(got, is, sizeof is) == 0; // NOLINT(bugprone-suspicious-memory-comparison): bits
}
#endif

// Fills the two above. An HG_ISA that is unknown or cannot run here counts as not set. The compilers'
// __builtin_cpu_supports() also reads XCR0 (xgetbv): where the operating system does not save the wide
// registers it says no (libgcc's cpuinfo.h, compiler-rt's cpu_model.c).
static void find_tables(void) {
    int count = 0;
    tables[count++] = &hg__kernels_ref;
#if HG_X86
    __builtin_cpu_init();
    bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (avx2) tables[count++] = &hg__kernels_avx2;
    if (avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw")) {
        tables[count++] = &hg__kernels_avx512;
        if (__builtin_cpu_supports("avx512bf16") && has_our_products()) {
            avx512bf16 = hg__kernels_avx512;
            avx512bf16.name = "avx512bf16";
            avx512bf16.gemm_bf16 = hg__gemm_avx512bf16;
            tables[count++] = &avx512bf16;
        }
    }
#endif
    picked = tables[count - 1];
    const char *wanted = getenv("HG_ISA");
    for (int i = 0; wanted && i < count; i++) {
        if (strcmp(tables[i]->name, wanted) == 0) picked = tables[i];
    }
}

const hg__kernels *const *hg__kernels_all(void) {
    pthread_once(&once, find_tables);
    return tables;
}

const hg__kernels *hg__kernels_pick(void) {
    pthread_once(&once, find_tables);
    return picked;
}
