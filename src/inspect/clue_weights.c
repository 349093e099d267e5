// SPDX-License-Identifier: Apache-2.0
// clue_weights.c - defects drawn on whole pictures, and the odds by which a clue finds them.
#include "inspect/clue_weights.h"

#include <string.h>

#include "base/mem.h"
#include "corrupt/damage.h"

// Draws until one is to be seen; which epochs of the draws are not training's.
enum { MOST_DRAWS = 20, FIRST_EPOCH = 1 << 30 };
static const float least_damage = 3;          // pixels
static const double certain = 1.0 / 32;       // that nothing is
static const double most_of_damage = 1.0 / 3; // share of clues that know damage

static size_t numbers_of(int32_t height, int32_t width, int32_t channels) {
    const size_t pixels = (size_t)height * (size_t)width;
    return pixels * (size_t)(channels + 1) + hg__damage_scratch(height, width, channels);
}

size_t hg__clue_damage_bytes(int32_t height, int32_t width, int32_t channels) {
    return numbers_of(height, width, channels) * sizeof(float);
}

static float sum_of(const float *x, size_t count) {
    float sum = 0;
    for (size_t i = 0; i < count; i++) sum += x[i];
    return sum;
}

int hg__clue_damage(hg__raster *picture, uint64_t seed, int32_t number, hg_error *err) {
    const int32_t h = picture->height, w = picture->width, channels = picture->channels;
    const size_t pixels = (size_t)h * (size_t)w;
    float *donor = hg__alloc(numbers_of(h, w, channels), sizeof *donor, err);
    if (!donor) return HG_ERR_MEMORY;
    float *mask = donor + pixels * (size_t)channels, *scratch = mask + pixels;
    memcpy(donor, picture->at, pixels * (size_t)channels * sizeof *donor);
    hg__damage_place at = {.height = h,
                           .width = w,
                           .channels = channels,
                           .stride = channels,
                           .seed = seed,
                           .row = (uint64_t)number,
                           .epoch = FIRST_EPOCH,
                           .donor = donor};
    for (int32_t i = 0; i < MOST_DRAWS; i++, at.epoch++) {
        hg__damage_apply(&at, picture->at, mask, scratch);
        if (sum_of(mask, pixels) > least_damage) break;
    }
    hg__free(donor);
    return HG_OK;
}

double hg__clue_odds(const float *good, int32_t goods, const float *damaged, int32_t damages) {
    double above = 0;
    for (int32_t i = 0; i < damages; i++) {
        for (int32_t j = 0; j < goods; j++) {
            above += damaged[i] > good[j] ? 1 : damaged[i] < good[j] ? 0 : 0.5;
        }
    }
    const double pairs = (double)damages * goods, auroc = pairs > 0 ? above / pairs : 0.5;
    return (auroc + certain) / (1 - auroc + certain);
}

int32_t hg__clue_most_telling(const hg__score_table *good, const hg__score_table *damaged,
                              int32_t choices) {
    int32_t best = 0;
    double most = 0;
    for (int32_t k = 0; k < choices; k++) {
        const double odds =
            hg__clue_odds(good->at + (ptrdiff_t)k * good->room, good->count,
                          damaged->at + (ptrdiff_t)k * damaged->room, damaged->count);
        if (odds <= most) continue;
        most = odds;
        best = k;
    }
    return best;
}

void hg__clue_weights_end(hg__clue_model *m, const hg__part_kind *kind) {
    double sum[2] = {0}; // of the others, of those that know damage
    for (int32_t k = 0; k < kind->clues; k++) sum[kind->clue[k]->knows_damage] += m->weight[k];
    const double most = sum[0] * most_of_damage / (1 - most_of_damage);
    const double scale = sum[1] > most ? most / sum[1] : 1, all = sum[0] + scale * sum[1];
    for (int32_t k = 0; k < kind->clues; k++) {
        m->weight[k] *= (kind->clue[k]->knows_damage ? scale : 1) / all;
    }
}
