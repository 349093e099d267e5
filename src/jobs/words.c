// SPDX-License-Identifier: Apache-2.0
// words.c - the words of model=, noise= and loss=, from the tables that the parsers of both read.
#include <stdio.h>
#include <string.h>

#include "base/host.h"
#include "corrupt/noise_type.h"
#include "graph/spec.h"
#include "nn/loss.h"

static bool preset_at(size_t i, hg_word_info *info) {
    size_t count;
    const hg__preset *p = hg__presets(&count);
    if (i >= count) return false;
    *info = (hg_word_info){sizeof *info, "presets", p[i].name, "", p[i].summary, p[i].spec};
    return true;
}

// No network of ours: train_features.c.
static bool feature_at(size_t i, hg_word_info *info) {
    *info = (hg_word_info){sizeof *info,
                           "presets",
                           "feature",
                           "",
                           "pictures of parts by the features of a user's backbone (backbone=); "
                           "nothing is trained",
                           ""};
    return i == 0;
}

// More than a network: train_kitnet.c.
static bool kitnet_at(size_t i, hg_word_info *info) {
    *info = (hg_word_info){sizeof *info,
                           "presets",
                           "kitnet",
                           "",
                           "captures: KitNET as it was published, on the features of Kitsune",
                           ""};
    return i == 0;
}

static bool layer_at(size_t i, hg_word_info *info) {
    const hg__layer_type *const *t = hg__layer_types();
    for (size_t k = 0; k < i && *t; k++) t++;
    if (!*t) return false;
    *info = (hg_word_info){sizeof *info, "layers",      (*t)->name,
                           (*t)->args,   (*t)->summary, (*t)->example};
    return true;
}

static bool noise_at(size_t i, hg_word_info *info) {
    const hg__noise_type *t = hg__noise_type_at(i);
    if (!t) return false;
    *info = (hg_word_info){sizeof *info, "kinds", t->name, t->amount, t->summary, ""};
    return true;
}

static bool blind_at(size_t i, hg_word_info *info) {
    *info = (hg_word_info){sizeof *info,
                           "kinds",
                           "blind",
                           "",
                           "learns from images that are noisy themselves; alone",
                           ""};
    return i == 0;
}

static bool loss_at(size_t i, hg_word_info *info) {
    const hg__loss *const *l = hg__losses();
    for (size_t k = 0; k < i && *l; k++) l++;
    if (!*l) return false;
    *info = (hg_word_info){sizeof *info, "losses", (*l)->name, "", (*l)->formula, ""};
    return true;
}

static const struct {
    const char *option;
    bool (*at)(size_t i, hg_word_info *info);
} lists[] = {
    {"model", preset_at },
    {"model", feature_at},
    {"model", kitnet_at },
    {"model", layer_at  },
    {"noise", noise_at  },
    {"noise", blind_at  },
    {"loss",  loss_at   },
};

bool hg_word_at(const char *option, size_t i, hg_word_info *info) {
    hg_word_info own;
    for (size_t k = 0; k < sizeof lists / sizeof *lists; k++) {
        if (strcmp(lists[k].option, option) != 0) continue;
        size_t count = 0;
        while (count <= i && lists[k].at(count, &own)) count++;
        if (count > i) return hg__fill(info, &own, sizeof own, "hg_word_info", NULL) == HG_OK;
        i -= count;
    }
    return false;
}
