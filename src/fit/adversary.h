// SPDX-License-Identifier: Apache-2.0
// adversary.h - a discriminator that is trained beside an autoencoder, step by step.
//
// Before each step of the autoencoder it makes one of its own: half of its batch is real (target 1: draws of the standard normal,
// or the rows themselves), half is what the autoencoder makes of the batch (target 0: codes, or reconstructions, outside training).
// Then the autoencoder's step pays for what the discriminator does not take for real (hg__train_setup.judge).
#ifndef HG_FIT_ADVERSARY_H
#define HG_FIT_ADVERSARY_H
#include "fit/fit.h"

typedef struct hg__adversary {
    hg__network net;      // owned: ends in a sigmoid
    hg__train_plan *plan; // owned: the optimiser's state is in it
    const hg__optim *optim;
    bool of_code;
    int32_t width;            // numbers it sees of a row
    float *rows;              // owned, (2 batch, width): the real, then the made
    const void **row;         // owned, (2 batch): these
    float *target;            // owned, (2, outputs): ones, then zeros
    const float **target_row; // owned, (2 batch)
    uint64_t seed;
} hg__adversary;

// For batches of up to `batch` rows of a network. Borrows pool. NULL with HG_ERR_USAGE: the network has no code, or spans; with
// HG_ERR_MEMORY.
hg__adversary *hg__adversary_new(const hg__network *net, hg__pool *pool, const hg__fit_setup *s,
                                 int32_t batch, hg_error *err);
void hg__adversary_free(hg__adversary *a); // NULL is fine
// How many answers it gives on `rows` rows of the autoencoder's.
double hg__adversary_answers(const hg__adversary *a, int64_t rows);
// Its step on a batch of the autoencoder, which `runner` runs; its loss, summed over rows and outputs. Allocates nothing.
double hg__adversary_step(hg__adversary *a, hg__run_plan *runner, const hg__input *in, double lr,
                          int64_t step);
#endif
