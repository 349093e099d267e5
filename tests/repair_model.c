// SPDX-License-Identifier: Apache-2.0
// repair_model.c - writes a small model of parts, for tests/fuzz/corpus and collections of old files: repair_model OUT.safetensors
#include <stdio.h>

#include "repair_case.h"

int main(int argc, char **argv) {
    hg_error err = {0};
    if (argc != 2) {
        fputs("repair_model: expected OUT.safetensors\n", stderr);
        return 2;
    }
    hg__pool *pool = hg__pool_new(1, &err);
    hg_model *m = pool ? repair_case(true, pool, &err) : NULL;
    const int code = m ? hg__model_save(m, argv[1], NULL, &err) : (int)err.code;
    hg_model_free(m);
    hg__pool_free(pool);
    if (code < 0) fprintf(stderr, "repair_model: %s\n", err.message);
    return code < 0;
}
