// SPDX-License-Identifier: Apache-2.0
// plan.h - a network made ready to run: buffers and tasks. What can fail fails here; running cannot.
//
// A chunk of rows flows through all layers on one thread, its activations in that core's cache:
//
//   run:    task = chunk:   rows -> widen -> layer 0 -> ... -> out, or the row's error against its input
//   train:  task = chunk:   rows -> widen -> forward -> loss -> backward             (phase 1)
//           task = tile:    gradient over the batch -> optimiser -> transposed copy      (phase 2)
#ifndef HG_EXEC_PLAN_H
#define HG_EXEC_PLAN_H
#include "backend/pool.h"
#include "graph/network.h"
#include "nn/loss.h"
#include "nn/optim.h"

// Rows as they come: pointers to `width` elements of dtype (HG_U8 or HG_F32), worth `scale` a unit.
typedef struct hg__input {
    const void *const *row; // (count)
    int64_t count;
    hg__dtype dtype;
    float scale;
    const void *const
        *ahead; // (ahead_count) the next batch's rows, to be fetched into the cache; or NULL
    int64_t ahead_count;
    const float *const *target; // (count) what to make of each row (width); NULL: the row itself
    // Work to be done meanwhile by the same threads, such as making the next batch: side_task(side_context, i,
    // thread) for i below side_count. hg__train_step() sees to it.
    hg__task *side_task;
    void *side_context;
    int32_t side_count;
} hg__input;

typedef enum hg__goal {
    HG_RECONSTRUCT, // rows (width) -> out (count, width)
    HG_ENCODE,      // rows (width) -> out (count, code)
    HG_DECODE,      // rows (code) -> out (count, width)
    HG_SCORE, // rows (width) -> out (count): mean squared error of each row; with spans, mean error of its columns
    HG_ERRORS, // rows (width) -> out (count, net->spans->columns): the error of each column
} hg__goal;

typedef struct hg__run_plan hg__run_plan;

// Borrows net and pool; where the network has spans HG_RECONSTRUCT gives logits (hg__spans_finish); weights may be changed between runs (training does).
// o: what hg__run_loss() will be asked for; NULL is fine.
hg__run_plan *hg__run_plan_new(const hg__network *net, hg__pool *pool, const hg__objective *o,
                               hg_error *err);
// From now on outputs are as rows have them: probabilities for logits. HG_SCORE is then the mean squared error of these; losses
// and HG_ERRORS, which want logits, are not to be asked for.
void hg__run_plan_finish(hg__run_plan *p);
// After weights were changed: what was prepared of them (hg__layer_type.prepare) is made anew.
void hg__run_plan_refresh(hg__run_plan *p);
void hg__run_plan_free(hg__run_plan *p); // NULL is fine
// Any number of rows. out: as the goal says, contiguous. Allocates nothing, cannot fail.
void hg__run(hg__run_plan *p, hg__goal goal, const hg__input *in, float *out);
// sums (count): each row's loss summed over its features. The plan was made for this objective, or for none and it has no scratch.
void hg__run_loss(hg__run_plan *p, const hg__objective *o, const hg__input *in, double *sums);
// Some layers: what goes into layer `from` of the network that the plan runs -> what goes into layer `to` (its layers: outputs as they
// are), out (count, numbers there).
void hg__run_layers(hg__run_plan *p, int32_t from, int32_t to, const hg__input *in, float *out);
// hg__run_loss() of what goes into layer `from`, without what layers are paid; in->target, readable up to whole vectors, says
// what should come out.
void hg__run_loss_from(hg__run_plan *p, const hg__objective *o, int32_t from, const hg__input *in,
                       double *sums);

typedef struct hg__train_setup {
    int32_t batch;
    hg__objective objective;
    // Beside it, where network is not NULL: what a frozen network makes of output and target, up to its neck, held against each other
    // (perceptual loss: Johnson, Alahi & Fei-Fei 2016). Borrowed; for rows of the network's shape; without layers that see the batch.
    struct {
        const hg__network *network;
        hg__objective objective;
    } features;
    // Beside it, where network is not NULL: a frozen network that ends in a sigmoid is to take the code, or else what comes out, for
    // real: weight times the cross-entropy of its outputs with 1, the mean over them (Goodfellow et al. 2014, non-saturating).
    // Borrowed; without layers that see the batch. Its weights may change between steps: hg__train_plan_refresh_frozen().
    struct {
        const hg__network *network;
        double weight;
        bool of_code;
    } judge;
    // The network gives something else than rows: outputs are held against in->target, as many numbers.
    bool is_of_targets;
    const hg__optim *optim;
    hg__optim_options optim_options;
    double clip;   // largest norm of the whole gradient; 0: no clipping
    uint64_t seed; // of dropout
} hg__train_setup;

typedef struct hg__train_plan hg__train_plan;

// Borrows net (whose weights it trains) and pool. A loss by columns needs a network with spans.
hg__train_plan *hg__train_plan_new(hg__network *net, hg__pool *pool, const hg__train_setup *s,
                                   hg_error *err);
void hg__train_plan_free(hg__train_plan *p); // NULL is fine

// One step: forward, loss, backward, update. step counts from 1 over the whole run. Returns the loss summed over
// rows and features, before the update; not finite when training diverged. Allocates nothing, cannot fail.
double hg__train_step(hg__train_plan *p, const hg__input *in, double lr, int64_t step);

// The optimiser's state block i (0 or 1), laid out as the parameter block; NULL if the optimiser has none.
hg__real *hg__train_state(hg__train_plan *p, int32_t i);
// After weights were changed from outside (resume): brings the transposed copies up to date.
void hg__train_plan_refresh(hg__train_plan *p);
// The same of frozen networks.
void hg__train_plan_refresh_frozen(hg__train_plan *p);
// After a step whose loss was not finite: the first tensor that is not, such as "decoder.0.weight" or
// "output of encoder.1 (relu)".
void hg__train_find_not_finite(hg__train_plan *p, const hg__input *in, char name[64]);
size_t hg__train_plan_bytes(const hg__train_plan *p); // memory it holds
// The same of a plan that is not made, for a pool of so many threads; SIZE_MAX: more than a size_t holds. net needs no weights.
// Up to 2^20 rows a batch.
int hg__train_plan_measure(const hg__network *net, int32_t threads, const hg__train_setup *s,
                           size_t *bytes, hg_error *err);
#endif
