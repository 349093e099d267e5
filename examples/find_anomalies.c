// SPDX-License-Identifier: Apache-2.0
// find_anomalies.c - learns what rows of a table usually look like, then scores other rows and says why:
//
//   find_anomalies normal.csv new.csv scores.csv fpr=0.01
#include <hourglass.h>
#include <stdio.h>
#include <string.h>

static void tell(void *context, const char *sentence) {
    (void)context;
    puts(sentence);
}

// Sets an option from "name=value".
static int set(hg_options *o, const char *text, hg_error *err) {
    char name[64];
    const char *equals = strchr(text, '=');
    snprintf(name, sizeof name, "%.*s", equals ? (int)(equals - text) : 60, text);
    return hg_options_set(o, name, equals ? equals + 1 : "", err);
}

// Trains on data; folder: where the model went.
static int train(const char *data, int count, char **options, const hg_listener *l,
                 hg_result *result, hg_error *err) {
    hg_options *o = hg_options_new("train", err);
    int code = o ? hg_options_set(o, "data", data, err) : HG_ERR_MEMORY;
    for (int i = 0; i < count && code == HG_OK; i++) code = set(o, options[i], err);
    if (code == HG_OK) code = hg_run(o, l, result, err);
    hg_options_free(o);
    return code;
}

static int predict(const char *folder, const char *data, const char *out, const hg_listener *l,
                   hg_result *result, hg_error *err) {
    char model[1100];
    snprintf(model, sizeof model, "%s/weights/best.safetensors", folder);
    hg_options *o = hg_options_new("predict", err);
    int code = o ? hg_options_set(o, "model", model, err) : HG_ERR_MEMORY;
    if (code == HG_OK) code = hg_options_set(o, "data", data, err);
    if (code == HG_OK) code = hg_options_set(o, "out", out, err);
    // A cell that makes no sense, or is missing where none was, counts as missing instead of ending the run.
    if (code == HG_OK) code = hg_options_set(o, "on_bad", "score_missing", err);
    if (code == HG_OK) code = hg_run(o, l, result, err);
    hg_options_free(o);
    return code;
}

int main(int argc, char **argv) {
    if (argc < 4) {
        puts("usage: find_anomalies NORMAL.csv NEW.csv SCORES.csv [name=value ...]");
        return 0;
    }
    hg_error err = {0};
    const hg_listener listener = {.size = sizeof listener, .note = tell};
    hg_result trained = {.size = sizeof trained};
    hg_result found = {.size = sizeof found};
    int code = train(argv[1], argc - 4, argv + 4, &listener, &trained, &err);
    if (code == HG_OK) code = predict(trained.folder, argv[2], argv[3], &listener, &found, &err);
    if (code == HG_OK) {
        printf("%s: %lld rows, %lld alarms, %lld cells with a value never seen before\n", argv[3],
               (long long)found.rows, (long long)found.alarms, (long long)found.unseen);
    } else {
        fprintf(stderr, "%s\n", err.message);
    }
    return code == HG_OK ? 0 : 1;
}
