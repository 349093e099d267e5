// SPDX-License-Identifier: Apache-2.0
// preset.c - networks that have a name.
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "graph/spec.h"

// unet: widths that keep the work per pixel small (140 kFLOP) and the file below 1 MB; no search was run over them.
#define CONV64      "conv 64 relu, "
#define FIVE        CONV64 CONV64 CONV64 CONV64 CONV64
// bottleneck: 14 kFLOP a pixel, 0.5 million parameters.
#define SMALLER(n)  "conv " n " k3 s2, batchnorm relu, "
#define LARGER(n)   "deconv " n " k4 s2, batchnorm relu, "
// conv1d and unet1d: half as long, and back to what it was.
#define CONV1D(n)   "conv1d " n " k5 s2 silu, "
#define DECONV1D(n) "deconv1d " n " k5 s2 op=like"
// repair: 63 kFLOP a pixel, 0.9 million parameters.
#define NORMED(n)   "conv " n ", batchnorm relu, "
#define HALVED(n)   "conv " n " k2 s2, batchnorm relu, "
#define DOUBLED(n)  "deconv " n " k2 s2, batchnorm relu, "

// clang-format off
static const hg__preset presets[] = {
    {"ae", "dense %d relu | dense input sigmoid",
     "one hidden layer, the textbook autoencoder", HG_FOR_ANY, 64, NULL},
    {"deep", "dense 512 silu, dense 256 silu, dense %d | "
             "dense 256 silu, dense 512 silu, dense input sigmoid",
     "three layers a side", HG_FOR_ANY, 64, NULL},
    {"pca", "dense %d | dense input",
     "principal components: the best linear autoencoder", HG_FOR_ANY, 64, NULL},
    {"linear", "dense %d, ordered | dense input tied=1",
     "principal components by training: in order, of length 1 nearly", HG_FOR_ANY, 32, NULL},
    {"nested", "dense 256 relu, dense %d, nested | dense 256 relu, dense input",
     "one model for every code size: any first numbers of the code reconstruct", HG_FOR_ANY, 32, NULL},
    {"tied", "dense %d relu | dense input tied=1",
     "the decoder's weights are the encoder's, turned round: half of the numbers to learn", HG_FOR_ANY, 64, NULL},
    {"sparse", "dense %d sigmoid, kl_sparse | dense input",
     "a wide code of which each number is active for one row in twenty", HG_FOR_ANY, 256, NULL},
    {"topk", "dense %d, topk 16 | dense input",
     "a wide code of which the 16 largest numbers of each row count", HG_FOR_ANY, 256, NULL},
    {"contractive", "dense %d sigmoid, contractive 1 | dense input",
     "a code that changes little with the row, but along the data", HG_FOR_ANY, 64, NULL},
    {"denoising", "dense 256 silu, dense %d | dense 256 silu, dense input",
     "rows with noise in, clean rows out: what the code holds is what noise does not change", HG_FOR_ANY, 32, "noise=jitter 0.3"},
    {"masked", "dense 256 silu, dense %d | dense 256 silu, dense input",
     "half of each row hidden, all of it to be told: what goes with what", HG_FOR_ANY, 64, "noise=mask 50"},
    {"conv", "conv 16 k3 s2 relu, conv 32 k3 s2 relu, dense %d | "
             "dense like relu, deconv 16 k4 s2 relu, deconv input k4 s2 sigmoid",
     "images of one size through a narrow neck; sides are multiples of 4", HG_FOR_IMAGES, 64, NULL},
    {"table", "dense %d silu | dense %d silu, dense input",
     "rows of a table, corrupted on the way in: wide enough to hold a row, it learns what goes with what", HG_FOR_TABLES, 96, NULL},
    {"traffic", "dense 32 silu, dense %d | dense 32 silu, dense input",
     "packets of a network, by how surprising each is by every level; the default for captures", HG_FOR_PACKETS, 8, NULL},
    {"signal", "dense 128 silu, dense %d | dense 128 silu, dense input",
     "windows of a recording through a narrow neck; the default for signals that are no pulses", HG_FOR_ANY, 16, NULL},
    {"conv1d", CONV1D("32") CONV1D("32") CONV1D("32") "dense %d | dense like silu, " DECONV1D("like") " silu, " DECONV1D("like") " silu, " DECONV1D("input"),
     "windows of a recording through a narrow neck, by convolutions over time; of any length; the default for pulses, as heartbeats are", HG_FOR_ANY, 16, NULL},
    {"unet1d", "conv1d 24 k5 silu, keep 1, " CONV1D("32") "keep 2, " CONV1D("48") "keep 3, " CONV1D("64") "conv1d 64 k3 silu | "
               "conv1d 64 k3 silu, " DECONV1D("like") ", add 3, silu, " DECONV1D("like") ", add 2, silu, " DECONV1D("like") ", add 1, silu, conv1d input k5",
     "windows of a recording at four scales, of any length: it could copy what it sees, and so has stretches hidden from it", HG_FOR_ANY, 0, "hide=masked"},
    {"unet", "keep 1, conv 32 relu, conv 32 relu, keep 2, conv 48 k2 s2, conv 48 relu, conv 48 relu, keep 3, "
             "conv 64 k2 s2, conv 64 relu, conv 64 relu | deconv 48 k2 s2, add 3, conv 48 relu, conv 48 relu, "
             "deconv 32 k2 s2, add 2, conv 32 relu, conv 32 relu, conv input, add 1",
     "cleans images: residual, three scales; the default where rows are corrupted images", HG_FOR_IMAGES, 0, NULL},
    {"dncnn", "keep 1, " FIVE FIVE FIVE CONV64 "conv input, add 1",
     "cleans images: residual, 17 layers at full size (Zhang et al. 2017, without batch norm)", HG_FOR_IMAGES, 0, NULL},
    {"repair", "keep 5, unshuffle 2, " NORMED("32") NORMED("32") "keep 1, " HALVED("64") NORMED("64") "keep 2, " HALVED("96") NORMED("96")
               "keep 3, " HALVED("128") NORMED("128") "conv 128, batchnorm relu | "
               DOUBLED("96") "concat 3, " NORMED("96") DOUBLED("64") "concat 2, " NORMED("64") DOUBLED("32") "concat 1, "
               NORMED("32") NORMED("32") "deconv input k4 s2, add 5",
     "undoes and marks defects on pictures of parts: residual, four scales; the default for folders of images", HG_FOR_IMAGES, 0, NULL},
    {"bottleneck", SMALLER("32") SMALLER("64") SMALLER("96") SMALLER("128") "conv 16 k1 | conv 128 k1, batchnorm relu, "
                   LARGER("96") LARGER("64") LARGER("32") "deconv input k4 s2",
     "pictures of parts through a narrow neck, sides a sixteenth: what does not come out again is a defect; what conv is of parts", HG_FOR_IMAGES, 0, NULL},
    {"vae", "dense 400 relu, sample %d | dense 400 relu, dense input sigmoid",
     "variational: codes are drawn, and new rows with them (generate); rows within 0..1, taken as probabilities", HG_FOR_ANY, 20, "loss=bce; init=torch"},
    {"gaussian_vae", "dense 400 relu, sample %d | dense 400 relu, dense input, variance",
     "the same for numbers beyond 0..1, scaled to about 1: normal distributions, of the variance that suits", HG_FOR_ANY, 20, "loss=gaussian"},
    {"table_vae", "dense 64 silu, sample %d beta=0.2 | dense 64 silu, dense input",
     "the same for rows of a table, categories too: each number as if of variance 0.1", HG_FOR_TABLES, 16, NULL},
    {"convvae", "conv 32 k3 s2 silu, conv 64 k3 s2 silu, dense 256 silu, sample %d warmup=2000 | "
                 "dense like silu, dense like silu, deconv 32 k4 s2 silu, deconv input k4 s2 sigmoid",
     "the same for images of one size within 0..1; sides are multiples of 4", HG_FOR_IMAGES, 24, "loss=bce"},
    {"wae", "dense 400 relu, dense %d, mmd 100 | dense 400 relu, dense input sigmoid",
     "codes that are not drawn, but lie together as if they were (Wasserstein autoencoder); rows within 0..1", HG_FOR_ANY, 20, NULL},
    {"vq", "dense 256 relu, dense %d, vq 512 4 | dense 256 relu, dense input sigmoid",
     "rows as a few symbols, 4 numbers of the code each, of a codebook of 512", HG_FOR_ANY, 64, NULL},
    {"convvq", "conv 32 k3 s2 relu, conv 64 k3 s2 relu, conv 16 k1, vq 256 | "
               "conv 64 relu, deconv 32 k4 s2 relu, deconv input k4 s2 sigmoid",
     "images of one size as a map of symbols, a quarter of their sides; sides are multiples of 4", HG_FOR_IMAGES, 0, NULL},
    {"fsq", "dense 256 relu, dense %d, fsq 8 5 5 5 | dense 256 relu, dense input sigmoid",
     "rows as a few symbols, 4 numbers rounded to 8, 5, 5 and 5 levels each", HG_FOR_ANY, 64, NULL},
    {"aae", "dense 400 relu, dense %d, mmd 0 | dense 400 relu, dense input sigmoid",
     "a code that passes for standard normal before a discriminator: adversarial autoencoder", HG_FOR_ANY, 8, "adversary=code"},
    {"vaegan", "dense 400 relu, sample %d | dense 400 relu, dense input sigmoid",
     "a VAE whose outputs a discriminator cannot tell from rows", HG_FOR_ANY, 20, "loss=bce; adversary=output; adversary_weight=0.001"},
};
// clang-format on

const hg__preset *hg__presets(size_t *count) {
    *count = sizeof presets / sizeof *presets;
    return presets;
}

// The preset's spec with its "%d"s as numbers. Presets are ours and fit.
static void fill_in(const hg__preset *preset, int32_t latent, char to[HG_MAX_SPEC]) {
    size_t used = 0;
    for (const char *from = preset->spec; *from; from++) {
        if (from[0] == '%' && from[1] == 'd') {
            used += (size_t)snprintf(to + used, HG_MAX_SPEC - used, "%d", (int)latent);
            from++;
        } else {
            to[used++] = *from;
        }
    }
    to[used] = '\0';
}

static int fail_unknown(const char *word, hg_error *err) {
    const char *names[sizeof presets / sizeof *presets];
    const size_t count = sizeof presets / sizeof *presets;
    char known[400] = "";
    for (size_t i = 0; i < count; i++) {
        names[i] = presets[i].name;
        size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "", names[i]);
    }
    const char *near = hg__nearest_name(word, names, count);
    if (near) {
        return hg__fail(err, HG_ERR_USAGE,
                        "model: there is no preset '%.60s' (%s); did you mean '%s'?", word, known,
                        near);
    }
    return hg__fail(err, HG_ERR_USAGE,
                    "model: expected a preset (%s) or a spec such as 'dense 64 relu | dense input "
                    "sigmoid', got '%.60s'",
                    known, word);
}

int hg__preset_expand(const char *text, int32_t latent, char to[HG_MAX_SPEC], hg_error *err) {
    const char *blanks = " \t\r\n";
    const char *word = text + strspn(text, blanks);
    const size_t length = strlen(word);
    if (length >= HG_MAX_SPEC) {
        return hg__fail(err, HG_ERR_USAGE, "model: expected a spec of at most %d bytes, got %zu",
                        HG_MAX_SPEC - 1, length);
    }
    if (!length) {
        return hg__fail(err, HG_ERR_USAGE, "model: expected a preset or a spec, got nothing");
    }
    snprintf(to, HG_MAX_SPEC, "%s", word);
    for (size_t end = length; end && strchr(blanks, to[end - 1]); end--) to[end - 1] = '\0';
    if (strpbrk(to, " \t\r\n,|")) return HG_OK; // a spec
    for (size_t i = 0; i < sizeof presets / sizeof *presets; i++) {
        if (strcmp(to, presets[i].name) != 0) continue;
        fill_in(&presets[i], latent ? latent : presets[i].latent, to);
        return HG_OK;
    }
    return fail_unknown(to, err);
}

static bool ends_with(const char *text, const char *end) {
    const size_t n = strlen(text), m = strlen(end);
    return n > m && strcmp(text + n - m, end) == 0;
}

// "ae, deep, pca, table": the presets for `is_for`.
static void list_presets(hg__preset_for is_for, char *list, size_t size) {
    list[0] = '\0';
    for (size_t i = 0; i < sizeof presets / sizeof *presets; i++) {
        if (presets[i].is_for != HG_FOR_ANY && presets[i].is_for != is_for) continue;
        const size_t used = strlen(list);
        snprintf(list + used, size - used, "%s%s", used ? ", " : "", presets[i].name);
    }
}

const hg__preset *hg__preset_find(const char *model) {
    static const char blanks[] = " \t\r\n";
    const char *name = model + strspn(model, blanks);
    for (size_t i = 0; i < sizeof presets / sizeof *presets; i++) {
        const size_t length = strlen(presets[i].name);
        if (strncmp(name, presets[i].name, length) != 0) continue;
        if (!name[length + strspn(name + length, blanks)]) return &presets[i];
    }
    return NULL;
}

hg__preset_for hg__preset_kind(const char *model) {
    const hg__preset *p = hg__preset_find(model);
    return p ? p->is_for : HG_FOR_ANY;
}

int hg__preset_check(const char *model, hg__preset_for is_for, const char *what, hg_error *err) {
    char word[HG_MAX_SPEC], list[400];
    if (ends_with(model, ".safetensors") || ends_with(model, ".yaml") || ends_with(model, ".yml")) {
        return HG_OK;
    }
    HG_TRY(hg__preset_expand(model, 0, word, err));
    const hg__preset *p = hg__preset_find(model);
    if (!p || is_for == HG_FOR_ANY || p->is_for == HG_FOR_ANY || p->is_for == is_for) return HG_OK;
    static const char *const data_of[] = {[HG_FOR_IMAGES] = "images",
                                          [HG_FOR_TABLES] = "rows of a table",
                                          [HG_FOR_PACKETS] = "a capture"};
    list_presets(is_for, list, sizeof list);
    return hg__fail(
        err, HG_ERR_USAGE,
        "model=%s: expected %s, got %s; without model= the one that suits is taken, and "
        "these can be: %s",
        p->name, data_of[p->is_for], what, list);
}
