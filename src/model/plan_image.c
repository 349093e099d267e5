// SPDX-License-Identifier: Apache-2.0
// plan_image.c - one image, layer by layer; the lines of each layer's output are tasks.
//
// Layers that work in place run on a band right behind the layer before them, while the band is near.
#include "model/plan_image.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "model/fold.h"
#include "model/slots.h"

enum { BAND = 16, BAND_NUMBERS = 1 << 17 };

// ---- what a model asks of images ----------------------------------------------------------------

// Layers that see the whole image (groupnorm) do not work in bands: one task does them.
static bool sees_all(const hg__layer *l) {
    int32_t neighbours = 0;
    double growth = 1;
    if (l->type->reach) l->type->reach(l, &neighbours, &growth);
    return neighbours < 0;
}

static int check_bands(const hg__spec *s, hg_error *err) {
    for (int32_t i = 0; i < s->layers; i++) {
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
    const hg_model *model; // borrowed, or folded
    hg_model *folded;      // owned: with batch norms taken in; or NULL
    hg__pool *pool;        // borrowed
    const hg__kernels *k;
    hg__spec spec; // owned: the model's, for this size
    hg__slots slots;
    hg__real *slot[HG_MAX_LAYERS + 1]; // in block
    hg__real *scratch;                 // in block: (threads, scratch_stride)
    size_t scratch_stride;
    hg__real *block;     // owned
    int32_t first, last; // layers being run: the first, and those behind it that work in place
    int32_t band;        // lines a task
};

static size_t slot_numbers(const hg__slots *s, int32_t i) {
    return (s->width[i] + 2 * HG_LANES - 1) / HG_LANES * HG_LANES; // kernels read beyond the end
}

static size_t scratch_numbers(const hg__spec *s) {
    size_t most = 0;
    for (int32_t i = 0; i < s->layers; i++) {
        const hg__layer *l = &s->layer[i];
        const size_t n = l->type->scratch_count ? l->type->scratch_count(l) : 0;
        if (n > most) most = n;
    }
    return (most + 2 * HG_LANES - 1) / HG_LANES * HG_LANES;
}

static int reshape(hg__spec *s, const hg_model *m, int32_t height, int32_t width, hg_error *err) {
    const hg__shape input = {
        3, {height, width, hg__extent_of(&m->spec.input).C}
    };
    HG_TRY(hg__spec_parse(s, m->spec.text, &input, 0, err));
    if (s->params == m->spec.params) return HG_OK;
    hg__spec_clear(s);
    return hg__fail(err, HG_ERR_MODEL, "the model works on images of one size only");
}

// The smallest image that all layers take. Twice the multiple at least: layers take an image of one line for a signal, and
// none may become one on its way.
static int find_least(const hg_model *m, hg__image_needs *needs, hg_error *err) {
    enum { MOST = 128 }; // multiples
    int code = HG_ERR_MODEL;
    for (int32_t i = needs->multiple > 1 ? 2 : 1; i <= MOST && code < 0; i++) {
        hg__spec s;
        needs->least = i * needs->multiple;
        code = reshape(&s, m, needs->least, needs->least, err);
        if (code == HG_ERR_MEMORY) break;
        if (code == HG_OK) hg__spec_clear(&s);
    }
    return code;
}

// Walks the layers: pixels of the image for each pixel of the layer (jump), and how far it has seen.
int hg__image_needs_of(const hg_model *m, hg__image_needs *needs, hg_error *err) {
    const hg__spec *s = &m->spec;
    double jump = 1, reach = 0, most = 1;
    bool everything = false;
    HG_TRY(check_bands(s, err));
    for (int32_t i = 0; i < s->layers; i++) {
        const hg__layer *l = &s->layer[i];
        int32_t neighbours = 0;
        double growth = 1;
        if (l->type->reach) l->type->reach(l, &neighbours, &growth);
        everything = everything || neighbours < 0;
        const double block = 1 / growth - 1; // pixels that become one see each other
        reach += jump * (neighbours > block ? neighbours : block > 0 ? block : 0);
        jump /= growth;
        if (jump > most) most = jump;
    }
    const hg__extent in = hg__extent_of(&s->input);
    const int32_t multiple = (int32_t)ceil(most);
    const int32_t seen = ((int32_t)ceil(reach) + multiple - 1) / multiple * multiple;
    *needs = (hg__image_needs){multiple, everything ? -1 : seen, in.C, 0};
    return find_least(m, needs, err);
}

static size_t count_numbers(const hg__spec *s, const hg__slots *slots, int32_t threads) {
    size_t sum = (size_t)threads * scratch_numbers(s);
    for (int32_t i = 0; i < slots->count; i++) sum += slot_numbers(slots, i);
    return sum;
}

size_t hg__image_plan_bytes(const hg_model *m, int32_t height, int32_t width, int32_t threads) {
    hg__spec s;
    hg__slots slots;
    if (reshape(&s, m, height, width, NULL) < 0) return 0;
    hg__slots_find(&slots, &s);
    const size_t bytes = count_numbers(&s, &slots, threads) * sizeof(hg__real);
    hg__spec_clear(&s);
    return bytes;
}

hg__image_plan *hg__image_plan_new(const hg_model *m, hg__pool *pool, int32_t height, int32_t width,
                                   hg_error *err) {
    hg__image_plan *p = hg__alloc(1, sizeof *p, err);
    if (!p) return NULL;
    p->pool = pool;
    p->k = hg__kernels_pick();
    const int code = hg__model_fold(m, &p->folded, err);
    p->model = p->folded ? p->folded : m;
    if (code < 0 || check_bands(&m->spec, err) < 0 ||
        reshape(&p->spec, p->model, height, width, err) < 0) {
        hg__image_plan_free(p);
        return NULL;
    }
    const int32_t threads = hg__pool_threads(pool);
    hg__slots_find(&p->slots, &p->spec);
    p->scratch_stride = scratch_numbers(&p->spec);
    p->block = hg__alloc(count_numbers(&p->spec, &p->slots, threads), sizeof *p->block, err);
    if (!p->block) {
        hg__image_plan_free(p);
        return NULL;
    }
    p->scratch = p->block;
    hg__real *at = p->block + (size_t)threads * p->scratch_stride;
    for (int32_t i = 0; i < p->slots.count; i++) {
        p->slot[i] = at;
        at += slot_numbers(&p->slots, i);
    }
    return p;
}

void hg__image_plan_free(hg__image_plan *p) {
    if (!p) return;
    hg__spec_clear(&p->spec);
    hg_model_free(p->folded);
    hg__free(p->block);
    hg__free(p);
}

hg__real *hg__image_plan_input(hg__image_plan *p) {
    return p->slot[0];
}

// ---- running ------------------------------------------------------------------------------------

static hg__view boundary(const hg__image_plan *p, int32_t i) {
    return (hg__view){p->slot[p->slots.of[i]], 0}; // one row
}

static void run_band(void *context, int32_t task, int32_t thread) {
    const hg__image_plan *p = context;
    const int32_t height = (int32_t)p->spec.layer[p->first].out.dim[0];
    hg__pass pass = {.k = p->k,
                     .params = p->model->params,
                     .scratch = p->scratch + (size_t)thread * p->scratch_stride,
                     .top = task * p->band,
                     .bottom = (task + 1) * p->band};
    if (pass.bottom > height) pass.bottom = height;
    const hg__extent e = hg__extent_of(&p->spec.layer[p->first].out);
    pass.far = p->first == p->last && hg__is_far((size_t)e.H * (size_t)e.W * (size_t)e.C);
    for (int32_t i = p->first; i <= p->last; i++) {
        const hg__layer *l = &p->spec.layer[i];
        if (l->type->takes) pass.x2 = boundary(p, l->from + 1);
        l->type->forward(l, &pass, boundary(p, i), boundary(p, i + 1), 1);
    }
}

// Lines of a band: BAND or, where lines are whole vectors and long, as many as stay in the cache.
static int32_t pick_band(const hg__image_plan *p) {
    const hg__extent e = hg__extent_of(&p->spec.layer[p->first].out);
    const int64_t line = (int64_t)e.W * e.C;
    if (!p->spec.layer[p->first].type->bands) return e.H;
    if (line % HG_LANES != 0 || line * BAND <= BAND_NUMBERS) return BAND;
    return line < BAND_NUMBERS ? (int32_t)(BAND_NUMBERS / line) : 1;
}

const hg__real *hg__image_plan_run(hg__image_plan *p) {
    const hg__spec *s = &p->spec;
    for (p->first = 0; p->first < s->layers; p->first = p->last + 1) {
        p->last = p->first;
        if (s->layer[p->first].type->remembers) continue; // nothing to do: its output is its input
        while (p->last + 1 < s->layers && s->layer[p->last + 1].type->in_place &&
               p->slots.of[p->last + 2] == p->slots.of[p->last + 1]) {
            p->last++;
        }
        p->band = pick_band(p);
        const int32_t height = (int32_t)s->layer[p->first].out.dim[0];
        hg__pool_run(p->pool, run_band, p, (height + p->band - 1) / p->band);
    }
    return p->slot[p->slots.of[s->layers]];
}
