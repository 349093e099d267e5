// SPDX-License-Identifier: Apache-2.0
// train_model.c - trains a model on a file, with options as the command has them:
//
//   train_model rows.csv epochs=5 "model=dense 8 relu | dense input"
#include <hourglass.h>
#include <stdio.h>
#include <string.h>

static void tell(void *context, const hg_train_event *e) {
    (void)context;
    if (!e->epoch_end) return;
    printf("epoch %d of %d: loss %.6f, validation %.6f\n", (int)e->epoch, (int)e->epochs,
           e->train_loss, e->val_loss);
}

// Sets an option from "name=value".
static int set(hg_options *o, const char *text, hg_error *err) {
    char name[64];
    const char *equals = strchr(text, '=');
    snprintf(name, sizeof name, "%.*s", equals ? (int)(equals - text) : 60, text);
    return hg_options_set(o, name, equals ? equals + 1 : "", err);
}

int main(int argc, char **argv) {
    if (argc < 2) {
        puts("usage: train_model DATA [name=value ...]");
        return 0;
    }
    hg_error err = {0};
    hg_options *o = hg_options_new("train", &err);
    int code = o ? hg_options_set(o, "data", argv[1], &err) : (int)err.code;
    for (int i = 2; i < argc && code == HG_OK; i++) code = set(o, argv[i], &err);

    const hg_listener listener = {.size = sizeof listener, .train = tell};
    hg_result result = {.size = sizeof result};
    if (code == HG_OK) code = hg_run(o, &listener, &result, &err);
    if (code == HG_OK) {
        printf("%s/weights/best.safetensors: mean squared error %.6f\n", result.folder,
               result.val_mse);
    } else {
        fprintf(stderr, "%s\n", err.message);
    }
    hg_options_free(o);
    return code == HG_OK ? 0 : 1;
}
