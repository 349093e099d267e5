// SPDX-License-Identifier: Apache-2.0
// plan_layout.c - where everything of a training plan lies, and how much it takes: one walk that counts, or hands out.
//
// Values that are needed across segments or by phase 2 span the batch; the others only a chunk, one set a thread, and
// so never leave that core's cache. Chunks of a segment run at any time, so whole values share memory only where
// their segments differ; those of a chunk where no operation needs both.
//
// Nothing here takes the memory or looks at weights: `info` asks of a network what training would take.
#include "base/int.h"
#include "base/mem.h"
#include "exec/plan_train.h"
#include "graph/program.h"

// ---- the program ----------------------------------------------------------------------------------

// The features of y and those of the target, and the loss between them.
static void compare_features(hg__train_plan *p, int32_t y) {
    const hg__spec *s = &p->setup.features.network->spec;
    hg__program *g = &p->program;
    const int32_t t = hg__program_target(g, &p->net->spec.input);
    const int32_t of_target = hg__program_apply(g, s, s->neck, 1, t, NULL);
    const int32_t of_y = hg__program_apply(g, s, s->neck, 1, y, NULL);
    hg__program_add_loss(g, &p->setup.features.objective, of_y, of_target);
}

// What the judge makes of a value, as logits.
static void let_judge(hg__train_plan *p, int32_t value) {
    enum { BLOCK = 2 };
    const hg__spec *s = &p->setup.judge.network->spec;
    hg__program *g = &p->program;
    hg__objective real = hg__objective_of(hg__loss_find("bce"), 0);
    real.term[0].weight = p->setup.judge.weight;
    const int32_t y = hg__program_apply(g, s, s->layers - 1, BLOCK, value, NULL);
    if (y == HG_NO_VALUE) return;
    p->judge_loss = g->losses;
    p->ones_count = (size_t)g->value[y].ld;
    hg__program_add_loss(g, &real, y, HG_NO_VALUE);
}

static int lower(hg__train_plan *p, hg_error *err) {
    const hg__spec *s = &p->net->spec;
    hg__program *g = &p->program;
    const bool is_judged = p->setup.judge.network, of_code = p->setup.judge.of_code;
    // Else the output itself is wanted.
    const bool is_alone = !p->setup.features.network && (!is_judged || of_code);
    const int32_t layers = is_alone ? hg__layers_before(s, &p->setup.objective) : s->layers;
    p->of_logits = layers < s->layers;
    hg__program_begin(g, &s->input, true);
    int32_t *at = hg__alloc((size_t)layers + 1, sizeof *at, err);
    if (!at) return HG_ERR_MEMORY;
    const int32_t y = hg__program_apply(g, s, layers, 0, 0, at), code = at[s->neck];
    hg__free(at);
    if (y != HG_NO_VALUE) {
        hg__program_add_loss(g, &p->setup.objective, y, HG_NO_VALUE);
        if (p->setup.features.network) compare_features(p, y);
        if (is_judged) let_judge(p, of_code ? code : y);
    }
    return hg__program_differentiate(g, err);
}

static int check_features(const hg__train_plan *p, hg_error *err) {
    const hg__network *f = p->setup.features.network;
    if (!f) return HG_OK;
    if (!hg__shape_is_equal(&f->spec.input, &p->net->spec.input)) {
        return hg__fail(err, HG_ERR_USAGE, "expected features of rows of the model's shape");
    }
    for (int32_t i = 0; i < f->spec.neck; i++) {
        if (!hg__layer_sees_batch(&f->spec.layer[i])) continue;
        return hg__fail(err, HG_ERR_USAGE,
                        "expected features of a network without %s: fold it into the weights",
                        f->spec.layer[i].type->name);
    }
    const hg__layer *last = &f->spec.layer[f->spec.neck - 1];
    const hg__loss_rows rows = {.k = p->k, .shape = last->out, .n = f->spec.code};
    return hg__objective_check(&p->setup.features.objective, &rows, last->type, err);
}

// ---- values ---------------------------------------------------------------------------------------

static int32_t segment_at(const hg__program *g, int32_t op) {
    return op == HG_AT_END ? g->segments : g->op[op].segment;
}

// Places for the whole values, or for a chunk's.
static int place(hg__train_plan *p, bool whole, size_t *total, hg_error *err) {
    const hg__program *g = &p->program;
    const size_t rows = (size_t)(whole ? p->setup.batch : p->chunk);
    hg__block *list = hg__alloc((size_t)g->values, sizeof *list, err);
    if (!list) return HG_ERR_MEMORY;
    for (int32_t i = 0; i < g->values; i++) {
        const hg__value *v = &g->value[i];
        if (v->alias_of != i || v->is_whole != whole) continue;
        list[i] = (hg__block){.count = rows * (size_t)v->ld,
                              .first = whole ? segment_at(g, v->op) : v->op,
                              .last = whole ? segment_at(g, v->until) : v->until};
    }
    const int code = hg__places_find(list, g->values, total, err);
    for (int32_t i = 0; code == HG_OK && i < g->values; i++) {
        const int32_t root = g->value[i].alias_of;
        if (g->value[root].is_whole == whole) p->value_at[i] = list[root].at;
    }
    hg__free(list);
    return code;
}

static int place_values(hg__train_plan *p, hg_error *err) {
    const size_t values = (size_t)p->program.values;
    p->value_at = hg__alloc(values, sizeof *p->value_at, err);
    p->buffer = p->value_at ? hg__alloc(values, sizeof *p->buffer, err) : NULL;
    if (!p->buffer) return HG_ERR_MEMORY;
    HG_TRY(place(p, true, &p->whole_count, err));
    return place(p, false, &p->chunk_stride, err);
}

// ---- the block ------------------------------------------------------------------------------------

static hg__real *take(hg__real *base, size_t *at, size_t count) {
    hg__real *here = base ? base + *at : NULL;
    *at += hg__whole_vectors(count);
    return here;
}

static void give_buffers(hg__train_plan *p, hg__real *whole) {
    const hg__program *g = &p->program;
    for (int32_t i = 0; i < g->values; i++) {
        const bool is_whole = g->value[g->value[i].alias_of].is_whole;
        hg__real *base = is_whole ? whole : p->chunk_values;
        p->buffer[i] = (hg__buffer){.base = base + p->value_at[i], .is_whole = is_whole};
    }
}

size_t hg__train_layout_place(hg__train_plan *p, hg__real *base) {
    const hg__program *g = &p->program;
    const size_t params = p->net->spec.params, batch = (size_t)p->setup.batch;
    const size_t threads = (size_t)p->threads;
    size_t at = 0;
    for (int32_t i = 0; i < p->setup.optim->states; i++) p->state[i] = take(base, &at, params);
    if (p->setup.clip > 0 || p->has_ties) p->gradient = take(base, &at, params);
    p->transposed = take(base, &at, g->transposed_count);
    p->tile = take(base, &at, (g->runs_again ? 2 : 1) * threads * p->largest_tile);
    if (g->widens_again) p->strip = take(base, &at, threads * batch * HG_PANEL);
    p->partial = take(base, &at, (size_t)hg__chunks_of(p, (int64_t)batch) * g->partial_count);
    p->statistics = take(base, &at, g->statistics_count);
    p->noted = take(base, &at, batch * g->noted_count);
    p->ones = take(base, &at, p->ones_count);
    p->scratch = take(base, &at, threads * g->scratch_count);
    p->spare = take(base, &at, threads * (hg__train_target_room(p) + p->loss_scratch));
    hg__real *whole = take(base, &at, p->whole_count);
    p->chunk_values = take(base, &at, threads * p->chunk_stride);
    if (base) give_buffers(p, whole);
    return at + HG_LANES; // kernels read up to a vector beyond the last row
}

// How many tiles there are, and the largest of them.
static void measure_tiles(hg__train_plan *p) {
    for (int32_t i = 0; i < p->program.layers; i++) {
        const hg__layer *l = p->program.trained[i].layer;
        const int32_t count = p->program.trained[i].is_again ? 0 : l->type->tile_count(l);
        for (int32_t t = 0; t < count; t++) {
            hg__tile tile = {0};
            l->type->tile(l, t, &tile);
            if (tile.count > p->largest_tile) p->largest_tile = tile.count;
        }
        p->tasks += count;
    }
}

// Few rows a chunk share the work finely; many use each weight more often while it is near.
static int32_t pick_chunk(const hg__network *net, int32_t batch) {
    enum { MOST_PARTIALS = 16 };
    for (int32_t i = 0; i < net->spec.layers; i++) {
        if (net->spec.layer[i].type->accumulate) return hg__ceil_div(batch, MOST_PARTIALS);
    }
    const int32_t rows = net->spec.params * sizeof(hg__real) > (1U << 20) ? 32 : 16;
    return hg__min(rows, batch);
}

// All that hg__train_plan_new() takes. A factor is below 2^32 and a sum of products below 2^63, whatever the network: batches are.
static size_t count_bytes(const hg__train_plan *p, size_t elements) {
    const size_t batch = (size_t)p->setup.batch, tasks = (size_t)p->tasks;
    const hg__program *g = &p->program;
    size_t bytes;
    if (!hg__multiply(elements, sizeof(hg__real), &bytes)) return SIZE_MAX;
    const size_t rest[] = {sizeof *p,
                           tasks * sizeof *p->task,
                           tasks * sizeof *p->tile_norm,
                           batch * sizeof *p->row_loss,
                           batch * g->measured_count * sizeof *p->measured,
                           (size_t)g->values * (sizeof *p->buffer + sizeof *p->value_at),
                           hg__program_bytes(g),
                           hg__prepared_bytes(g)};
    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++) {
        if (__builtin_add_overflow(bytes, rest[i], &bytes)) return SIZE_MAX;
    }
    return bytes;
}

// The most scratch that any of the losses takes.
static void measure_losses(hg__train_plan *p) {
    const hg__program *g = &p->program;
    for (int32_t i = 0; i < g->forward; i++) {
        if (g->op[i].kind != HG_OP_LOSS) continue;
        const hg__loss_rows rows = hg__train_rows_of(p, &g->op[i]);
        const size_t count = hg__objective_scratch(&g->objective[g->op[i].loss], &rows);
        if (count > p->loss_scratch) p->loss_scratch = count;
    }
}

int hg__train_layout_init(hg__train_plan *p, const hg__network *net, int32_t threads,
                          const hg__train_setup *s, size_t *elements, hg_error *err) {
    p->net = net;
    p->threads = threads;
    p->k = hg__kernels_pick();
    p->setup = *s;
    p->rows = hg__loss_rows_of(net, p->k);
    p->judge_loss = -1;
    if (s->is_of_targets) {
        p->rows.shape = net->spec.layer[net->spec.layers - 1].out;
        p->rows.n = net->spec.code;
    }
    p->chunk = pick_chunk(net, s->batch);
    for (int32_t i = 0; i < net->spec.layers; i++) p->has_ties |= net->spec.layer[i].tied >= 0;
    HG_TRY(check_features(p, err));
    HG_TRY(lower(p, err));
    measure_losses(p);
    measure_tiles(p);
    HG_TRY(place_values(p, err));
    *elements = hg__train_layout_place(p, NULL);
    p->bytes = count_bytes(p, *elements);
    return HG_OK;
}

void hg__train_layout_clear(hg__train_plan *p) {
    hg__program_clear(&p->program);
    hg__free(p->value_at);
    hg__free(p->buffer);
}

int hg__train_plan_measure(const hg__network *net, int32_t threads, const hg__train_setup *s,
                           size_t *bytes, hg_error *err) {
    hg__train_plan *p = hg__alloc(1, sizeof *p, err); // too large for a small thread's stack
    size_t elements = 0;
    if (!p) return HG_ERR_MEMORY;
    const int code = hg__train_layout_init(p, net, threads, s, &elements, err);
    *bytes = p->bytes;
    hg__train_layout_clear(p);
    hg__free(p);
    return code;
}
