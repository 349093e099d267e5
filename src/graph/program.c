// SPDX-License-Identifier: Apache-2.0
// program.c - programs are built operation by operation, then differentiated, and each value is given its time and place.
#include "graph/program.h"

#include "base/mem.h"

// ---- building -----------------------------------------------------------------------------------

// Elements that a list of `count` has room for: a power of two.
static size_t room_for(int32_t count) {
    size_t room = 16;
    while (room < (size_t)count) room *= 2;
    return room;
}

// The list with room for one more behind `count` of them; NULL, and so from then on: no memory.
static void *make_room(hg__program *p, void *list, int32_t count, size_t size) {
    if (p->is_out_of_memory) return NULL;
    if (count > 0 && room_for(count + 1) == room_for(count)) return list;
    list = hg__grow(list, room_for(count + 1), size, NULL);
    p->is_out_of_memory = !list;
    return list;
}

static int32_t add_value(hg__program *p, const hg__shape *shape, bool is_wanted) {
    hg__value *list = make_room(p, p->value, p->values, sizeof *list);
    size_t n = 0;
    if (!list) return HG_NO_VALUE;
    p->value = list;
    (void)hg__shape_count(shape, &n); // a row that was parsed
    p->value[p->values] = (hg__value){.shape = *shape,
                                      .n = (int32_t)n,
                                      .ld = hg__pad_columns((int32_t)n),
                                      .op = p->ops,
                                      .alias_of = p->values,
                                      .is_wanted = is_wanted};
    return p->values++;
}

// An operation of a kind that uses no value yet. It is written into the last place; NULL: no memory.
static hg__op *add_op(hg__program *p, hg__op_kind kind) {
    hg__op *list = make_room(p, p->op, p->ops, sizeof *list);
    if (!list) return NULL;
    p->op = list;
    p->op[p->ops] = (hg__op){.kind = kind,
                             .x = HG_NO_VALUE,
                             .x2 = HG_NO_VALUE,
                             .y = HG_NO_VALUE,
                             .dy = HG_NO_VALUE,
                             .dx = HG_NO_VALUE,
                             .dx2 = HG_NO_VALUE,
                             .segment = p->segments - 1};
    return &p->op[p->ops++];
}

static int32_t add_input(hg__program *p, hg__op_kind kind, const hg__shape *row) {
    const int32_t value = add_value(p, row, false);
    hg__op *op = add_op(p, kind);
    if (op) op->y = value;
    return value;
}

void hg__program_begin(hg__program *p, const hg__shape *row, bool trains) {
    *p = (hg__program){.trains = trains, .segments = 1};
    (void)add_input(p, HG_OP_INPUT, row);
}

int32_t hg__program_target(hg__program *p, const hg__shape *row) {
    return add_input(p, HG_OP_TARGET, row);
}

static bool is_wanted(const hg__program *p, int32_t value) {
    return value != HG_NO_VALUE && p->value[value].is_wanted;
}

// What a layer works with besides its values.
static void take_room(hg__program *p, const hg__layer *l) {
    const size_t scratch = l->type->scratch_count ? l->type->scratch_count(l) : 0;
    if (scratch > p->scratch_count) p->scratch_count = scratch;
    if (!hg__layer_sees_batch(l)) return;
    const size_t measured = l->type->batch->measured_count(l);
    if (measured > p->measured_count) p->measured_count = measured;
}

// In training the network's own layers may see the whole batch; those of frozen networks never do.
static bool sees_batch(const hg__program *p, const hg__layer *l, int32_t block) {
    return p->trains && block == 0 && hg__layer_sees_batch(l);
}

// From here on nothing is as it was before the statistics of the batch were made.
static void add_measure(hg__program *p, hg__op_kind kind, const hg__op *forward, int32_t dy) {
    hg__op *op = add_op(p, kind);
    if (!op) return;
    op->layer = forward->layer;
    op->x = forward->x, op->dy = dy;
    op->statistics = forward->statistics;
    op->noted = forward->noted;
    p->segments++;
}

// Where what a layer knows of the batch, and of each of its rows, lies.
static void take_statistics(hg__program *p, const hg__layer *l) {
    const hg__batch_type *batch = l->type->batch;
    p->statistics_count += batch->statistics_count(l);
    if (batch->noted_count) p->noted_count += hg__whole_vectors(batch->noted_count(l));
}

// Where prepared weights lie. Those of frozen networks in training are read as they are.
static void take_prepared(hg__program *p, hg__op *op) {
    const hg__layer *l = op->layer;
    const bool may = l->type->prepared_count && (!p->trains || op->block == 0);
    const size_t count = may ? l->type->prepared_count(l, p->trains) : 0;
    op->has_prepared = count > 0;
    op->prepared = p->prepared_count;
    p->prepared_count += hg__whole_vectors(count);
}

static void add_penalty(hg__program *p, const hg__op *forward) {
    hg__op *op = add_op(p, HG_OP_PENALTY);
    if (!op) return;
    op->layer = forward->layer;
    op->x = forward->x, op->x2 = forward->x2;
    op->statistics = forward->statistics, op->noted = forward->noted;
}

// y = layer(x, x2)
static int32_t add_forward(hg__program *p, const hg__layer *l, int32_t block, int32_t x,
                           int32_t x2) {
    const bool wanted = (block == 0 && l->params > 0) || is_wanted(p, x) || is_wanted(p, x2);
    const hg__op new = {
        .layer = l, .x = x, .x2 = x2, .statistics = p->statistics_count, .noted = p->noted_count};
    if (sees_batch(p, l, block)) add_measure(p, HG_OP_MEASURE, &new, HG_NO_VALUE);
    const int32_t y = add_value(p, &l->out, wanted);
    hg__op *op = add_op(p, HG_OP_FORWARD);
    if (!op) return HG_NO_VALUE;
    op->layer = l, op->block = block;
    op->x = x, op->x2 = x2, op->y = y;
    op->statistics = new.statistics, op->noted = new.noted;
    op->is_second = p->is_second;
    take_prepared(p, op);
    if (sees_batch(p, l, block)) take_statistics(p, l);
    take_room(p, l);
    if (l->type->penalty && p->trains && block == 0 && !p->is_second) add_penalty(p, &new);
    return y;
}

// What comes out of the first `layers` layers on x, changed as the layer behind them says; only in training.
static int32_t add_second_run(hg__program *p, const hg__spec *s, int32_t layers, int32_t block,
                              int32_t x) {
    if (!p->trains || block != 0 || p->is_second || p->is_out_of_memory) return HG_NO_VALUE;
    const hg__shape shape = p->value[x].shape;
    const int32_t nudged = add_value(p, &shape, is_wanted(p, x));
    hg__op *op = add_op(p, HG_OP_NUDGE);
    if (!op) return HG_NO_VALUE;
    op->layer = &s->layer[layers];
    op->x = x, op->y = nudged;
    p->is_second = p->runs_again = true;
    const int32_t y = hg__program_apply(p, s, layers, block, nudged, NULL);
    p->is_second = false;
    return y;
}

int32_t hg__program_apply(hg__program *p, const hg__spec *s, int32_t layers, int32_t block,
                          int32_t x, int32_t *at) {
    int32_t *own = at ? at : hg__alloc((size_t)layers + 1, sizeof *own, NULL);
    p->is_out_of_memory |= !own;
    if (own) own[0] = x;
    for (int32_t i = 0; i < layers && !p->is_out_of_memory; i++) {
        const hg__layer *l = &s->layer[i];
        const int32_t x2 = l->type->takes_skip   ? own[l->from + 1]
                           : hg__layer_nudges(l) ? add_second_run(p, s, i, block, x)
                                                 : HG_NO_VALUE;
        own[i + 1] = l->type->is_skip_source ? own[i]
                     : l->type->returns_skip ? x2
                                             : add_forward(p, l, block, own[i], x2);
    }
    const int32_t y = p->is_out_of_memory ? HG_NO_VALUE : own[layers];
    if (!at) hg__free(own);
    return y;
}

void hg__program_add_loss(hg__program *p, const hg__objective *o, int32_t y, int32_t target) {
    p->has_too_many_losses |= p->losses == HG_MAX_LOSSES;
    if (p->is_out_of_memory || p->has_too_many_losses) return;
    p->objective[p->losses] = *o;
    const hg__shape shape = p->value[y].shape;
    const int32_t slope = add_value(p, &shape, false);
    hg__op *op = add_op(p, HG_OP_LOSS);
    if (!op) return;
    op->loss = p->losses++;
    op->x = y, op->x2 = target, op->y = slope;
}

// ---- the way back ---------------------------------------------------------------------------------

// gradient (values): of what is known so far, HG_NO_VALUE where nothing is.
static void contribute(hg__program *p, int32_t *gradient, int32_t value, int32_t dx) {
    if (dx == HG_NO_VALUE) return;
    if (gradient[value] == HG_NO_VALUE) {
        gradient[value] = dx;
        return;
    }
    const hg__shape shape = p->value[value].shape;
    const int32_t sum = add_value(p, &shape, false);
    hg__op *op = add_op(p, HG_OP_SUM);
    if (!op) return;
    op->x = dx, op->x2 = gradient[value], op->y = sum;
    gradient[value] = sum;
}

// Of x, where it or what is computed along with it is wanted.
static int32_t add_gradient(hg__program *p, int32_t x, int32_t along) {
    if (!is_wanted(p, x) && !is_wanted(p, along)) return HG_NO_VALUE;
    const hg__shape shape = p->value[x].shape;
    return add_value(p, &shape, false);
}

// Where the layer's gradient and transposed weights lie.
static void take_places(hg__program *p, hg__op *op, bool trains) {
    const hg__layer *l = op->layer;
    if (trains && l->type->accumulate) {
        op->partial = p->partial_count;
        p->partial_count += hg__layer_span(l);
    }
    if (op->dx == HG_NO_VALUE || !l->type->transposed_count) return;
    op->transposed = p->transposed_count;
    p->transposed_count += hg__whole_vectors(l->type->transposed_count(l));
}

static void add_backward(hg__program *p, const hg__op *forward, int32_t dy, int32_t *gradient) {
    const hg__layer *l = forward->layer;
    const bool trains = forward->block == 0 && l->params > 0;
    if (sees_batch(p, l, forward->block) && l->type->batch->measure_back) {
        add_measure(p, HG_OP_MEASURE_BACK, forward, dy);
    }
    hg__op back = *forward;
    back.kind = HG_OP_BACKWARD;
    back.segment = p->segments - 1;
    back.dy = dy;
    back.dx = add_gradient(p, forward->x, forward->x2);
    back.dx2 = add_gradient(p, forward->x2, HG_NO_VALUE);
    take_places(p, &back, trains);
    if (back.dx != HG_NO_VALUE || (trains && l->type->accumulate)) {
        hg__op *op = add_op(p, HG_OP_BACKWARD);
        if (op) *op = back;
    }
    if (trains) {
        p->trained[p->layers++] = (hg__trained){.layer = l,
                                                .x = back.x,
                                                .dy = dy,
                                                .transposed = back.transposed,
                                                .partial = back.partial,
                                                .statistics = back.statistics,
                                                .has_transposed = back.dx != HG_NO_VALUE};
    }
    if (is_wanted(p, back.x)) contribute(p, gradient, back.x, back.dx);
    if (is_wanted(p, back.x2)) contribute(p, gradient, back.x2, back.dx2);
}

// Makes entry i the next run of the one before it of the same layer, if there is one.
static void join_runs(hg__program *p, int32_t i) {
    for (int32_t k = i - 1; k >= 0; k--) {
        if (p->trained[k].layer != p->trained[i].layer) continue;
        p->trained[k].next = i;
        p->trained[i].is_again = true;
        return;
    }
}

static void go_back(hg__program *p, int32_t *gradient) {
    for (int32_t i = p->forward - 1; i >= 0 && !p->is_out_of_memory; i--) {
        const hg__op op = p->op[i]; // which moves as the list grows
        if (op.kind == HG_OP_LOSS) contribute(p, gradient, op.x, op.y);
        if (op.kind != HG_OP_FORWARD || gradient[op.y] == HG_NO_VALUE) continue;
        add_backward(p, &op, gradient[op.y], gradient);
    }
    for (int32_t i = 0; i < p->layers / 2; i++) { // into the order of the layers
        const hg__trained t = p->trained[i];
        p->trained[i] = p->trained[p->layers - 1 - i];
        p->trained[p->layers - 1 - i] = t;
    }
    for (int32_t i = p->layers - 1; p->runs_again && i > 0; i--) join_runs(p, i);
}

// ---- lives ----------------------------------------------------------------------------------------

// The values an operation reads, into list; how many. A layer that works in place goes back from its output, a linear one
// without parameters from nothing, others from their input.
static int32_t find_reads(const hg__op *op, int32_t list[4]) {
    int32_t found[4] = {op->x, op->x2, op->dy, HG_NO_VALUE}, count = 0;
    // The rows may be their own target.
    if (op->kind == HG_OP_LOSS && op->x2 == HG_NO_VALUE) found[1] = 0;
    if (op->kind == HG_OP_BACKWARD) {
        const hg__layer_type *type = op->layer->type;
        const bool needs_none = type->is_linear && op->layer->params == 0;
        found[0] = needs_none ? HG_NO_VALUE : type->in_place ? op->y : op->x;
        if (!hg__layer_nudges(op->layer)) found[1] = HG_NO_VALUE;
    }
    for (int32_t i = 0; i < 4; i++) {
        if (found[i] != HG_NO_VALUE) list[count++] = found[i];
    }
    return count;
}

static void read_at(hg__program *p, int32_t value, int32_t op) {
    if (value != HG_NO_VALUE && op > p->value[value].last) p->value[value].last = op;
}

static void find_last_reads(hg__program *p) {
    int32_t list[4];
    for (int32_t i = 0; i < p->values; i++) read_at(p, i, p->value[i].op);
    for (int32_t i = 0; i < p->ops; i++) {
        const int32_t count = find_reads(&p->op[i], list);
        for (int32_t k = 0; k < count; k++) read_at(p, list[k], i);
    }
    for (int32_t i = 0; i < p->layers; i++) {
        const hg__trained *t = &p->trained[i];
        // Others are summed up on the way, or go into statistics of the batch.
        if (!t->layer->type->gradient || t->layer->type->batch) continue;
        if (t->x != 0 || !p->widens_again) read_at(p, t->x, HG_AT_END);
        read_at(p, t->dy, HG_AT_END);
    }
}

// Whether `to` can be computed in the place of `from` by operation i.
static bool can_overwrite(const hg__program *p, int32_t from, int32_t i) {
    return p->value[p->value[from].alias_of].until <= i;
}

static void lie_in(hg__program *p, int32_t to, int32_t from) {
    hg__value *place = &p->value[p->value[from].alias_of];
    p->value[to].alias_of = p->value[from].alias_of;
    if (p->value[to].last > place->until) place->until = p->value[to].last;
}

// What is computed in place: elementwise layers there and back, and sums.
static void find_places(hg__program *p) {
    for (int32_t i = 0; i < p->values; i++) p->value[i].until = p->value[i].last;
    for (int32_t i = 0; i < p->ops; i++) {
        const hg__op *op = &p->op[i];
        const bool elementwise = op->layer && op->layer->type->in_place;
        const bool forth = op->kind == HG_OP_SUM || (op->kind == HG_OP_FORWARD && elementwise);
        const bool back = op->kind == HG_OP_BACKWARD && elementwise && op->dx != HG_NO_VALUE;
        if (forth && can_overwrite(p, op->x, i)) lie_in(p, op->y, op->x);
        if (back && can_overwrite(p, op->dy, i)) lie_in(p, op->dx, op->dy);
    }
}

static void find_lives(hg__program *p) {
    find_last_reads(p);
    find_places(p);
    for (int32_t i = 0; i < p->values; i++) {
        hg__value *v = &p->value[i];
        v->is_whole =
            p->trains && (v->until == HG_AT_END || p->op[v->until].segment != p->op[v->op].segment);
    }
}

// ---- ending ---------------------------------------------------------------------------------------

static bool is_broken(const hg__program *p) {
    return p->is_out_of_memory || p->has_too_many_losses;
}

static int fail(const hg__program *p, hg_error *err) {
    if (p->is_out_of_memory) {
        return hg__fail(err, HG_ERR_MEMORY, "out of memory while lowering a model");
    }
    return hg__fail(err, HG_ERR_USAGE, "expected at most %d losses", HG_MAX_LOSSES);
}

void hg__program_keep(hg__program *p, int32_t value) {
    if (!p->is_out_of_memory) p->value[value].last = HG_AT_END;
}

int hg__program_finish(hg__program *p, int32_t output, hg_error *err) {
    if (is_broken(p)) return fail(p, err);
    p->forward = p->ops;
    hg__program_keep(p, 0);
    hg__program_keep(p, output);
    find_lives(p);
    return HG_OK;
}

// Whether the tiles of all layers that read the input are of so few of its columns that they can be widened once more for each.
static bool can_widen_again(const hg__program *p) {
    for (int32_t i = 0; i < p->layers; i++) {
        const hg__layer *l = p->trained[i].layer;
        if (p->trained[i].x != 0) continue;
        for (int32_t t = 0; t < l->type->tile_count(l); t++) {
            hg__tile tile = {0};
            l->type->tile(l, t, &tile);
            if (!l->type->gradient || tile.x_count > HG_PANEL) return false;
        }
    }
    return p->segments == 1;
}

int hg__program_differentiate(hg__program *p, hg_error *err) {
    const size_t values = (size_t)p->values;
    int32_t *gradient = hg__alloc(values, sizeof *gradient, NULL);
    p->trained = gradient ? hg__alloc((size_t)p->ops, sizeof *p->trained, NULL) : NULL;
    p->is_out_of_memory |= !p->trained;
    p->forward = p->ops;
    for (size_t i = 0; gradient && i < values; i++) gradient[i] = HG_NO_VALUE;
    if (!p->is_out_of_memory) go_back(p, gradient);
    hg__free(gradient);
    if (is_broken(p)) return fail(p, err);
    p->widens_again = can_widen_again(p);
    find_lives(p);
    return HG_OK;
}

int hg__program_place(const hg__program *p, int32_t rows, size_t *at, size_t *total,
                      hg_error *err) {
    hg__block *list = hg__alloc((size_t)p->values, sizeof *list, err);
    if (!list) return HG_ERR_MEMORY;
    for (int32_t i = 0; i < p->values; i++) {
        const hg__value *v = &p->value[i];
        const size_t count = rows ? (size_t)rows * (size_t)v->ld : (size_t)v->n + HG_LANES;
        list[i] =
            (hg__block){.count = v->alias_of == i ? count : 0, .first = v->op, .last = v->until};
    }
    const int code = hg__places_find(list, p->values, total, err);
    for (int32_t i = 0; code == HG_OK && i < p->values; i++) at[i] = list[p->value[i].alias_of].at;
    hg__free(list);
    return code;
}

size_t hg__program_bytes(const hg__program *p) {
    const size_t trained = p->trained ? (size_t)p->forward * sizeof *p->trained : 0;
    return room_for(p->ops) * sizeof *p->op + room_for(p->values) * sizeof *p->value + trained;
}

void hg__program_clear(hg__program *p) {
    hg__free(p->op);
    hg__free(p->value);
    hg__free(p->trained);
    *p = (hg__program){0};
}
