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
#else
# define HG_X86 0
#endif

enum { MAX_TABLES = 4 };

static const hg__kernels *tables[MAX_TABLES]; // what can run here, best last; NULL-terminated
static const hg__kernels *picked;
static pthread_once_t once = PTHREAD_ONCE_INIT;

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
