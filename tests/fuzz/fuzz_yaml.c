// SPDX-License-Identifier: Apache-2.0
// fuzz_yaml.c - any bytes as a cfg= file: options, or one sentence. What is taken must survive writing.
#include "base/mem.h"
#include "options/options.h"

// NOLINTNEXTLINE(readability-identifier-naming)
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_and_read(const hg_options *o) {
    hg__text first = {0}, second = {0};
    hg_options *back = hg_options_new("train", NULL);
    if (!back) return;
    hg__options_format_yaml(o, &first);
    if (hg__options_parse_yaml(back, first.data, first.length, "args.yaml", NULL) < 0) abort();
    hg__options_format_yaml(back, &second);
    if (strcmp(first.data, second.data) != 0) abort();
    hg__text_clear(&first);
    hg__text_clear(&second);
    hg_options_free(back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    hg_error err = {0};
    hg_options *o = hg_options_new("train", &err);
    if (!o) return 0;
    int code = hg__options_parse_yaml(o, (const char *)data, size, "fuzz.yaml", &err);
    if (code != HG_OK && !err.message[0]) abort();
    if (code == HG_OK) write_and_read(o);
    hg_options_free(o);
    return 0;
}
