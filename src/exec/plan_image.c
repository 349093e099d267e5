// SPDX-License-Identifier: Apache-2.0
// plan_image.c - one image, layer by layer; the lines of each layer's output are tasks.
//
// Layers that work in place run on a band right behind the layer before them, while the band is near.
#include "exec/plan_image.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/int.h"
#include "base/mem.h"
#include "exec/prepared.h"
#include "graph/network.h"
#include "graph/program.h"

enum { BAND = 16, BAND_NUMBERS = 1 << 17 };

// ---- what a network asks of images --------------------------------------------------------------

// Layers that see the whole image (groupnorm) do not work in bands: one task does them.
static bool sees_all(const hg__layer *l) {
    int32_t neighbours = 0;
    double growth = 1;
    if (l->type->receptive_radius) l->type->receptive_radius(l, &neighbours, &growth);
    return neighbours < 0;
}

static int check_bands(const hg__spec *s, int32_t layers, hg_error *err) {
    for (int32_t i = 0; i < layers; i++) {
        const hg__layer *l = &s->layer[i];
        if ((l->type->bands || sees_all(l)) && l->in.rank == 3 && l->out.rank == 3) continue;
        return hg__fail(err, HG_ERR_MODEL,
                        "expected a model of images of any size, got one with a layer '%s' that "
                        "works on rows of one size",
                        l->type->name);
    }
    return HG_OK;
}

// ---- the plan -----------------------------------------------------------------------------------

struct hg__image_plan {
    const hg__network *net; // borrowed, or folded
    hg__network *folded;    // owned: with batch norms taken in; or NULL
    hg__pool *pool;         // borrowed
    const hg__kernels *k;
    hg__spec spec;         // owned: the network's, for this size
    hg__program program;   // owned, of spec
    hg__prepared prepared; // of the program
    size_t *value_at;      // owned, (values): offset of each in block
    hg__real *block;       // owned: per thread scratch_stride, then the values
    size_t scratch_stride;
    int32_t first, last; // operations being run: the first, and those behind it that work in place
    int32_t band;        // lines a task
    // the layers of spec whose outputs stay; none: of the last
    int32_t tap[HG_MAX_TAPS], taps;
    int32_t tap_value[HG_MAX_TAPS]; // values
    int32_t output;                 // value
};

static int reshape(hg__spec *s, const hg__network *net, int32_t height, int32_t width,
                   hg_error *err) {
    const hg__shape input = {
        3, {height, width, hg__extent_of(&net->spec.input).C}
    };
    return hg__spec_reshape(s, &net->spec, &input, err);
}

// The smallest image that all layers take. Twice the multiple at least: layers take an image of one line for a signal, and
// none may become one on its way.
static int find_least(const hg__network *net, hg__image_needs *needs, hg_error *err) {
    enum { MOST = 128 }; // multiples
    int code = HG_ERR_MODEL;
    for (int32_t i = needs->multiple > 1 ? 2 : 1; i <= MOST && code < 0; i++) {
        hg__spec s;
        needs->least = i * needs->multiple;
        code = reshape(&s, net, needs->least, needs->least, err);
        if (code == HG_ERR_MEMORY) break;
        if (code == HG_OK) hg__spec_clear(&s);
    }
    return code;
}

// At the boundary between two layers: pixels of the image for each pixel, and how many it has seen on each side.
typedef struct seen {
    double jump, radius;
} seen;

// Lines and columns that a layer computes together.
static int32_t grain_of(const hg__layer *l) {
    return l->type->grain ? l->type->grain(l) : 1;
}

// What l gives of what comes and, where it takes something that was kept, of that.
static seen see(const hg__layer *l, seen from, seen kept, bool *everything) {
    int32_t neighbours = 0;
    double growth = 1;
    if (l->type->returns_skip) return kept;
    if (l->type->takes_skip && kept.radius > from.radius) from.radius = kept.radius;
    if (l->type->receptive_radius) l->type->receptive_radius(l, &neighbours, &growth);
    *everything = *everything || neighbours < 0;
    const double block = 1 / growth - 1; // pixels that become one see each other
    from.radius += from.jump * (neighbours > block ? neighbours : block > 0 ? block : 0);
    from.radius += from.jump * (grain_of(l) - 1); // what others of the group see
    from.jump /= growth;
    return from;
}

int hg__image_needs_of(const hg__network *net, hg__image_needs *needs, hg_error *err) {
    const hg__spec *s = &net->spec;
    seen at[HG_MAX_LAYERS + 1] = {
        {1, 0}
    };
    double most = 1;
    bool everything = false;
    HG_TRY(hg__spec_gives_rows(s, err));
    HG_TRY(check_bands(s, s->layers, err));
    for (int32_t i = 0; i < s->layers; i++) {
        const hg__layer *l = &s->layer[i];
        at[i + 1] = see(l, at[i], at[l->type->takes_skip ? l->from + 1 : 0], &everything);
        most = fmax(most, at[i + 1].jump * grain_of(l));
    }
    const hg__extent in = hg__extent_of(&s->input);
    const int32_t multiple = (int32_t)ceil(most);
    const int32_t radius = hg__round_up((int32_t)ceil(at[s->layers].radius), multiple);
    *needs = (hg__image_needs){multiple, everything ? -1 : radius, in.C, 0};
    return find_least(net, needs, err);
}

// Of layers, how many run.
static int32_t layers_of(const hg__spec *s, const int32_t *tap, int32_t taps) {
    return taps ? tap[taps - 1] + 1 : s->layers;
}

static int lower(hg__image_plan *p, hg_error *err) {
    hg__program *g = &p->program;
    const int32_t layers = layers_of(&p->spec, p->tap, p->taps);
    int32_t at[HG_MAX_LAYERS + 1];
    hg__program_begin(g, &p->spec.input, false);
    p->output = hg__program_apply(g, &p->spec, layers, 0, 0, at);
    for (int32_t i = 0; i < p->taps && !g->is_out_of_memory; i++) {
        p->tap_value[i] = at[p->tap[i] + 1];
        hg__program_keep(g, p->tap_value[i]);
    }
    return hg__program_finish(g, p->output, err);
}

// The program of p->spec, and a place for each of its values; *count: elements that all of it takes.
static int lay_out(hg__image_plan *p, int32_t threads, size_t *count, hg_error *err) {
    hg__program *g = &p->program;
    HG_TRY(lower(p, err));
    p->scratch_stride = hg__whole_vectors(g->scratch_count + HG_LANES);
    const size_t scratch = (size_t)threads * p->scratch_stride;
    p->value_at = hg__alloc((size_t)g->values, sizeof *p->value_at, err);
    if (!p->value_at) return HG_ERR_MEMORY;
    HG_TRY(hg__program_place(g, 0, p->value_at, count, err));
    for (int32_t i = 0; i < g->values; i++) p->value_at[i] += scratch;
    *count += scratch;
    return HG_OK;
}

static void clear(hg__image_plan *p) {
    hg__prepared_clear(&p->prepared);
    hg__program_clear(&p->program);
    hg__spec_clear(&p->spec);
    hg__free(p->value_at);
}

static const hg__taps no_taps = {0};

size_t hg__image_plan_bytes(const hg__network *net, int32_t height, int32_t width,
                            int32_t threads) {
    return hg__image_plan_tapped_bytes(net, height, width, threads, &no_taps);
}

size_t hg__image_plan_tapped_bytes(const hg__network *net, int32_t height, int32_t width,
                                   int32_t threads, const hg__taps *taps) {
    hg__image_plan p = {.taps = taps->count};
    size_t count = 0;
    assert(taps->count <= HG_MAX_TAPS);
    for (int32_t i = 0; i < taps->count; i++) p.tap[i] = taps->layer[i];
    int code = reshape(&p.spec, net, height, width, NULL);
    if (code == HG_OK) code = lay_out(&p, threads, &count, NULL);
    const size_t bytes = code < 0 ? 0 : count * sizeof(hg__real) + hg__prepared_bytes(&p.program);
    clear(&p);
    return bytes;
}

// Where the taps are in the network that runs.
static int place_taps(hg__image_plan *p, const hg__network *net, const hg__taps *taps,
                      hg_error *err) {
    assert(taps->count <= HG_MAX_TAPS);
    p->taps = taps->count;
    for (int32_t i = 0; i < taps->count; i++) {
        const int32_t layer = taps->layer[i];
        assert(layer >= 0 && layer < net->spec.layers && (!i || layer > taps->layer[i - 1]));
        p->tap[i] = hg__network_folded_number(net, layer);
        if (p->tap[i] >= 0) continue;
        return hg__fail(err, HG_ERR_USAGE,
                        "expected features behind the batchnorm of layer %d, got those before it",
                        (int)layer);
    }
    return HG_OK;
}

hg__image_plan *hg__image_plan_new(const hg__network *net, hg__pool *pool, int32_t height,
                                   int32_t width, hg_error *err) {
    return hg__image_plan_new_tapped(net, pool, height, width, &no_taps, err);
}

hg__image_plan *hg__image_plan_new_tapped(const hg__network *net, hg__pool *pool, int32_t height,
                                          int32_t width, const hg__taps *taps, hg_error *err) {
    hg__image_plan *p = hg__alloc(1, sizeof *p, err);
    size_t count = 0;
    if (!p) return NULL;
    p->pool = pool;
    p->k = hg__kernels_pick();
    int code = check_bands(&net->spec, layers_of(&net->spec, taps->layer, taps->count), err);
    if (code == HG_OK) code = place_taps(p, net, taps, err);
    p->net = code == HG_OK ? hg__network_fold(net, &p->folded, err) : NULL;
    if (!p->net) code = HG_ERR_MODEL;
    if (code == HG_OK) code = reshape(&p->spec, p->net, height, width, err);
    if (code == HG_OK) code = lay_out(p, hg__pool_threads(pool), &count, err);
    if (code == HG_OK) code = hg__prepared_init(&p->prepared, &p->program, p->k, err);
    if (code == HG_OK) p->block = hg__alloc(count, sizeof *p->block, err);
    if (code == HG_OK && p->block) {
        hg__prepared_run(&p->prepared, p->net->params, pool);
        return p;
    }
    hg__image_plan_free(p);
    return NULL;
}

void hg__image_plan_free(hg__image_plan *p) {
    if (!p) return;
    clear(p);
    hg__network_free(p->folded);
    hg__free(p->block);
    hg__free(p);
}

// A value: one row.
static hg__view view_of(const hg__image_plan *p, int32_t value) {
    if (value == HG_NO_VALUE) return (hg__view){0};
    return (hg__view){p->block + p->value_at[value], 0};
}

hg__real *hg__image_plan_input(hg__image_plan *p) {
    return view_of(p, 0).at;
}

const hg__real *hg__image_plan_tap(const hg__image_plan *p, int32_t i, hg__extent *e) {
    assert(i >= 0 && i < p->taps);
    if (e) *e = hg__extent_of(&p->spec.layer[p->tap[i]].out);
    return view_of(p, p->tap_value[i]).at;
}

// ---- running ------------------------------------------------------------------------------------

static void run_band(void *context, int32_t task, int32_t thread) {
    const hg__image_plan *p = context;
    const hg__extent e = hg__extent_of(&p->program.op[p->first].layer->out);
    hg__pass pass = {.k = p->k,
                     .params = p->net->params,
                     .scratch = p->block + (size_t)thread * p->scratch_stride,
                     .top = task * p->band,
                     .bottom = (task + 1) * p->band};
    if (pass.bottom > e.H) pass.bottom = e.H;
    pass.nontemporal =
        p->first == p->last && hg__exceeds_cache((size_t)e.H * (size_t)e.W * (size_t)e.C);
    for (int32_t i = p->first; i <= p->last; i++) {
        const hg__op *op = &p->program.op[i];
        pass.x2 = view_of(p, op->x2);
        pass.prepared = hg__prepared_of(&p->prepared, op);
        op->layer->type->forward(op->layer, &pass, view_of(p, op->x), view_of(p, op->y), 1);
    }
}

// Lines of a band: BAND or, where lines are whole vectors and long, as many as stay in the cache.
static int32_t pick_band(const hg__layer *l) {
    const hg__extent e = hg__extent_of(&l->out);
    const int64_t line = (int64_t)e.W * e.C;
    if (!l->type->bands) return e.H;
    if (line % HG_LANES != 0 || line * BAND <= BAND_NUMBERS) return BAND;
    return hg__round_up(line < BAND_NUMBERS ? (int32_t)(BAND_NUMBERS / line) : 1, grain_of(l));
}

// Whether the operation works in place on what the one before it made.
static bool follows(const hg__program *g, int32_t i) {
    const hg__op *op = &g->op[i];
    return op->layer->type->in_place && op->x == op[-1].y &&
           g->value[op->y].alias_of == g->value[op->x].alias_of;
}

const hg__real *hg__image_plan_run(hg__image_plan *p) {
    const hg__program *g = &p->program;
    for (p->first = 1; p->first < g->ops; p->first = p->last + 1) {
        p->last = p->first;
        while (p->last + 1 < g->ops && follows(g, p->last + 1)) p->last++;
        const hg__layer *l = g->op[p->first].layer;
        p->band = pick_band(l);
        const int32_t height = (int32_t)l->out.dim[0];
        hg__pool_run(p->pool, run_band, p, hg__ceil_div(height, p->band));
    }
    return view_of(p, p->output).at;
}
