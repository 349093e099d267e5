// SPDX-License-Identifier: Apache-2.0
// fuzz_spec.c - any bytes as a spec: a network whose canonical text gives the same network, or one sentence.
#include "base/mem.h"
#include "graph/spec.h"

// NOLINTNEXTLINE(readability-identifier-naming)
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_again(const hg__spec *s, const hg__shape *input) {
    hg__spec again;
    if (hg__spec_parse(&again, s->text, input, 0, NULL) < 0) abort();
    if (strcmp(again.text, s->text) != 0 || again.params != s->params ||
        again.layers != s->layers || again.neck != s->neck || again.code != s->code) {
        abort();
    }
    hg__spec_clear(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const hg__shape input = {
        2, {5, 7}
    };
    hg__spec s;
    hg_error err = {0};
    char *text = hg__alloc(size + 1, 1, NULL); // ends in a zero byte
    if (!text) return 0;
    if (size) memcpy(text, data, size);
    int code = hg__spec_parse(&s, text, &input, 0, &err);
    if (code != HG_OK && (code != HG_ERR_USAGE || !err.message[0])) abort();
    if (code == HG_OK) check_again(&s, &input);
    hg__spec_clear(&s);
    hg__free(text);
    return 0;
}
