// SPDX-License-Identifier: Apache-2.0
// val_likelihood.c - how likely a model with a `sample` layer holds rows x to be, in nats a row:
//
//   -ELBO = mean over draws z of -log p(x|z), plus KL(q(z|x) | N(0, 1))
//   -log p(x) = -log 1/K sum over K draws of p(x|z) p(z) / q(z|x)          (Burda et al., "Importance weighted autoencoders", 2016)
//
// p(x|z) is what the model's last layer makes of it: behind sigmoid Bernoulli (loss=bce; grey levels as probabilities), behind
// `variance` normal with that variance (loss=gaussian), else normal with variance 1/2 (loss=mse). A row's draws are a function of seed and its number. Some rows at a time go through the decoder with all
// their draws as one batch: memory is that of so many codes, whatever the file.
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/real.h"
#include "base/rng.h"
#include "base/show.h"
#include "jobs/trainer.h"
#include "jobs/val.h"

enum {
    MOST_PAIRS = 4096
}; // of a row and a draw that are decoded at once, unless a row alone has more

static const double log_pi = 1.1447298858494001741;

typedef struct estimate {
    hg__feed *f;         // borrowed
    hg__objective loss;  // -log p(x|z)
    double constant;     // of a row, added to it
    int32_t layer;       // the sample layer in the network that runs
    int32_t Z, n, ld;    // numbers of a code, of a row, of a row with padding
    int32_t draws, rows; // of a row; rows decoded at once
    uint64_t seed;
    float *encoded;               // owned, (batch, 2 Z)
    hg__real *code;               // owned, (rows * draws, Z), and a vector of room
    hg__real *row;                // owned, (rows, ld)
    const void **input;           // owned, (rows * draws)
    const float **target;         // owned, (rows * draws)
    double *loss_of, *log_weight; // owned, (rows * draws)
    int64_t done;                 // rows
    bool is_unit, is_beyond;      // rows must lie within 0..1; one does not
    double elbo, likelihood;      // sums over rows of what is to be small
} estimate;

static const hg__network *running(const hg__feed *f) {
    return f->folded ? f->folded : &f->model->net;
}

// The number of the only sample layer; -1: there is none, or the decoder knows more of the row than the code.
static int32_t find_layer(const hg__spec *s) {
    const hg__layer_type *sample = hg__layer_type_find("sample");
    int32_t found = -1;
    for (int32_t i = 0; i < s->layers; i++) {
        const hg__layer *l = &s->layer[i];
        if (found >= 0 && (l->type == sample || (l->type->takes_skip && l->from < found))) {
            return -1;
        }
        if (l->type == sample) found = i;
    }
    return found;
}

// What outputs say of a row; NULL: nothing that is a likelihood of numbers.
static const char *find_loss(estimate *e, const hg__network *net) {
    const hg__layer_type *last = net->spec.layer[net->spec.layers - 1].type;
    const char *loss = last->is_logistic ? "bce" : last->variance ? "gaussian" : "mse";
    if (net->spans) return NULL;
    e->loss = hg__objective_of(hg__loss_find(loss), 0);
    e->constant = last->is_logistic || last->variance ? 0 : log_pi / 2 * net->spec.width;
    return last->is_logistic ? "bernoulli" : "gaussian";
}

static int make_room(estimate *e, hg_error *err) {
    const size_t pairs = (size_t)e->rows * (size_t)e->draws, Z = (size_t)e->Z;
    e->encoded = hg__alloc((size_t)e->f->batch, 2 * Z * sizeof *e->encoded, err);
    if (e->encoded) e->code = hg__alloc(pairs * Z + HG_LANES, sizeof *e->code, err);
    if (e->code) e->row = hg__alloc((size_t)e->rows, (size_t)e->ld * sizeof *e->row, err);
    if (e->row) e->input = hg__alloc(pairs, sizeof *e->input, err);
    if (e->input) e->target = hg__alloc(pairs, sizeof *e->target, err);
    if (e->target) e->loss_of = hg__alloc(pairs, sizeof *e->loss_of, err);
    if (e->loss_of) e->log_weight = hg__alloc(pairs, sizeof *e->log_weight, err);
    if (!e->log_weight) return HG_ERR_MEMORY;
    for (size_t i = 0; i < pairs; i++) {
        e->input[i] = e->code + i * Z;
        e->target[i] = e->row + i / (size_t)e->draws * (size_t)e->ld;
    }
    return HG_OK;
}

static void clear(estimate *e) {
    hg__free(e->encoded);
    hg__free(e->code);
    hg__free(e->row);
    hg__free(e->input);
    hg__free(e->target);
    hg__free(e->loss_of);
    hg__free(e->log_weight);
}

static double exp_of(double x) {
    return x >= 0 ? 1 + hg__expm1(x) : 1 / (1 + hg__expm1(-x));
}

// The codes of a row, code (draws, Z), and log p(z) - log q(z|x) of each into weight (draws).
static void draw(const estimate *e, int64_t number, const float *encoded, hg__real *code,
                 double *weight) {
    const float *mean = encoded, *variance = encoded + e->Z;
    double constant = 0;
    for (int32_t i = 0; i < e->Z; i++) constant += (double)variance[i] / 2;
    const hg__kernels *k = hg__kernels_pick();
    const uint32_t counter[3] = {HG_STREAM_LIKELIHOOD, (uint32_t)(number >> 32), (uint32_t)number};
    k->normal(code, e->seed, counter, e->draws * e->Z);
    for (int32_t d = 0; d < e->draws; d++) weight[d] = constant;
    for (int32_t i = 0; i < e->Z; i++) {
        const double deviation = exp_of((double)variance[i] / 2);
        for (int32_t d = 0; d < e->draws; d++) {
            hg__real *at = code + (size_t)d * (size_t)e->Z + i;
            const double drawn = (double)*at;
            *at = (hg__real)((double)mean[i] + deviation * drawn);
            weight[d] += (drawn * drawn - (double)*at * (double)*at) / 2;
        }
    }
}

static double divergence(const estimate *e, const float *encoded) {
    double sum = 0;
    for (int32_t i = 0; i < e->Z; i++) {
        const double m = (double)encoded[i], v = (double)encoded[e->Z + i];
        sum += m * m + exp_of(v) - 1 - v;
    }
    return sum / 2;
}

// weight, loss (draws): of a row.
static void conclude_row(estimate *e, const float *encoded, const double *weight,
                         const double *loss) {
    double sum = 0, mean = 0, most = -HUGE_VAL;
    for (int32_t d = 0; d < e->draws; d++) {
        mean += loss[d] / e->draws;
        most = fmax(most, weight[d] - loss[d]);
    }
    for (int32_t d = 0; d < e->draws; d++) sum += exp_of(weight[d] - loss[d] - most);
    e->elbo += mean + e->constant + divergence(e, encoded);
    e->likelihood += e->constant - most - hg__log(sum / e->draws);
}

// A Bernoulli distribution is of numbers within 0..1, but for rounding.
static bool is_beyond(const hg__real *x, int32_t n) {
    for (int32_t i = 0; i < n; i++) {
        if (!(x[i] >= (hg__real)-1e-5 && x[i] <= (hg__real)(1 + 1e-5))) return true;
    }
    return false;
}

// Rows first .. first + rows - 1 of a batch.
static void take_rows(estimate *e, const hg__input *in, int64_t first, int32_t rows) {
    const hg__kernels *k = hg__kernels_pick();
    for (int32_t r = 0; r < rows; r++) {
        hg__real *to = e->row + (size_t)r * (size_t)e->ld;
        const void *from = in->row[first + r];
        if (in->dtype == HG_U8) k->widen_u8(to, from, in->scale, e->n);
        if (in->dtype == HG_F32) k->widen_f32(to, from, e->n);
        e->is_beyond = e->is_beyond || (e->is_unit && is_beyond(to, e->n));
        const size_t pair = (size_t)r * (size_t)e->draws;
        draw(e, e->done + r, e->encoded + (first + r) * 2 * e->Z, e->code + pair * (size_t)e->Z,
             e->log_weight + pair);
    }
    const hg__input codes = {.row = e->input,
                             .count = (int64_t)rows * e->draws,
                             .dtype = HG_F32,
                             .scale = 1,
                             .target = e->target};
    hg__run_loss_from(e->f->plan, &e->loss, e->layer + 1, &codes, e->loss_of);
    for (int32_t r = 0; r < rows; r++) {
        const size_t pair = (size_t)r * (size_t)e->draws;
        conclude_row(e, e->encoded + (first + r) * 2 * e->Z, e->log_weight + pair,
                     e->loss_of + pair);
    }
    e->done += rows;
}

static int estimate_all(estimate *e, hg_error *err) {
    hg__input in;
    int more = 0;
    hg__feed_restart(e->f);
    while (!e->is_beyond && (more = hg__feed_next(e->f, &in, err)) > 0) {
        hg__run_layers(e->f->plan, 0, e->layer, &in, e->encoded);
        for (int64_t i = 0; i < in.count; i += e->rows) {
            const int64_t left = in.count - i;
            if (hg__is_stopped(e->f->listener)) {
                return hg__fail(err, HG_ERR_STOPPED, "%s: stopped on request", e->f->data->path);
            }
            take_rows(e, &in, i, left < e->rows ? (int32_t)left : e->rows);
        }
    }
    return more;
}

int hg__val_likelihood(hg__feed *f, int64_t seed, int32_t draws, hg__likelihood *to,
                       hg_error *err) {
    const hg__spec *s = &running(f)->spec;
    estimate e = {.f = f, .layer = find_layer(s), .seed = (uint64_t)seed};
    *to = (hg__likelihood){0};
    if (e.layer < 0 || f->corruption.noise.steps > 0) return HG_OK;
    const char *likelihood = find_loss(&e, running(f));
    if (!likelihood) return HG_OK;
    e.is_unit = strcmp(likelihood, "bernoulli") == 0;
    e.n = s->width;
    e.ld = (int32_t)hg__pad_columns(s->width);
    e.Z = (int32_t)s->layer[e.layer].out.dim[0];
    e.draws = draws > 0 ? draws : 1;
    e.rows = e.draws < MOST_PAIRS ? MOST_PAIRS / e.draws : 1;
    if (e.rows > f->batch) e.rows = f->batch;
    int code = make_room(&e, err);
    if (code == HG_OK) code = estimate_all(&e, err);
    clear(&e);
    HG_TRY(code);
    if (e.is_beyond) {
        hg__tell(f->listener, "no likelihood: rows lie beyond 0..1, and the model's outputs are "
                              "probabilities");
        return HG_OK;
    }
    *to = (hg__likelihood){.likelihood = likelihood,
                           .draws = draws,
                           .neg_elbo = e.elbo / (double)e.done,
                           .neg_log_likelihood = e.likelihood / (double)e.done};
    return HG_OK;
}

int hg__trained_neg_elbo(const hg__trainer *t, const hg_model *m, hg__run_plan *plan,
                         hg__loader *rows, int64_t seed, double *neg_elbo, hg_error *err) {
    hg__likelihood found;
    hg__feed feed = {.model = (hg_model *)m, // which is only looked at
                     .data = t->val_data ? t->val_data : t->data,
                     .plan = plan,
                     .loader = rows,
                     .width = m->net.spec.width,
                     .batch = HG_EVAL_ROWS,
                     .listener = t->l};
    *neg_elbo = (double)NAN;
    HG_TRY(hg__val_likelihood(&feed, seed, 0, &found, err));
    if (found.likelihood) *neg_elbo = found.neg_elbo;
    return HG_OK;
}

void hg__likelihood_add_json(hg__json_writer *w, const hg__likelihood *k) {
    if (!k->likelihood) return;
    hg__json_add_text(w, "likelihood", k->likelihood);
    hg__json_add_real(w, "neg_elbo", 9, k->neg_elbo);
    if (k->draws < 1) return;
    hg__json_add_real(w, "neg_log_likelihood", 9, k->neg_log_likelihood);
    hg__json_add_integer(w, "draws", k->draws);
}

void hg__likelihood_add_lines(hg__text *t, const hg__likelihood *k) {
    if (!k->likelihood) return;
    hg__text_add(t, "-ELBO           %.6g nats a row, %s\n", k->neg_elbo, k->likelihood);
    if (k->draws < 1) return;
    hg__text_add(t, "-log p(x)       %.6g nats a row, of %d draws\n", k->neg_log_likelihood,
                 (int)k->draws);
}
