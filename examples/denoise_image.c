// SPDX-License-Identifier: Apache-2.0
// denoise_image.c - cleans an image, or a folder of them, with the model that ships or another:
//
//   denoise_image photo.png clean.png [model=runs/train/weights/best.safetensors] [max_mem=512M ...]
#include <hourglass.h>
#include <stdio.h>
#include <string.h>

static void note(void *context, const char *text) {
    (void)context;
    fprintf(stderr, "%s\n", text);
}

// name=value, as the command has it.
static int set(hg_options *o, char *word, hg_error *err) {
    char *value = strchr(word, '=');
    if (!value) return hg_options_set(o, word, "", err);
    *value = '\0';
    return hg_options_set(o, word, value + 1, err);
}

int main(int argc, char **argv) {
    if (argc < 3) {
        puts("usage: denoise_image IMAGE OUT [NAME=VALUE ...]");
        return argc == 1 ? 0 : 2;
    }
    hg_error err = {0};
    hg_result result = {.size = sizeof result};
    const hg_listener listener = {.size = sizeof listener, .note = note};
    hg_options *o = hg_options_new("denoise", &err);
    int code = o ? HG_OK : (int)err.code;
    if (code == HG_OK) code = hg_options_set(o, "source", argv[1], &err);
    if (code == HG_OK) code = hg_options_set(o, "out", argv[2], &err);
    for (int i = 3; code == HG_OK && i < argc; i++) code = set(o, argv[i], &err);
    if (code == HG_OK) code = hg_run(o, &listener, &result, &err);
    hg_options_free(o);
    if (code == HG_OK) {
        printf("%lld pixels cleaned\n", (long long)result.pixels);
        return 0;
    }
    fprintf(stderr, "%s\n", err.message);
    return 1;
}
