// SPDX-License-Identifier: Apache-2.0
// objective.c - losses weighted and added up.
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "nn/loss.h"

hg__objective hg__objective_of(const hg__loss *loss, double arg) {
    return (hg__objective){
        .term[0] = {.loss = loss, .weight = 1, .arg = arg},
          .terms = 1
    };
}

// What the level's error counts beside the picture's loss.
static const double level_weight = 0.25;

// ---- reading --------------------------------------------------------------------------------------

static int fail_loss(const char *name, hg_error *err) {
    const char *names[32];
    size_t count = 0;
    hg__text known = {0};
    for (const hg__loss *const *l = hg__losses(); *l && count < 32; l++) {
        hg__text_add(&known, "%s%s", count ? ", " : "", (*l)->name);
        names[count++] = (*l)->name;
    }
    const char *near = hg__nearest_name(name, names, count);
    hg__fail(err, HG_ERR_USAGE,
             "loss: expected %s, or a sum such as '0.84 ms_ssim + 0.16 mae', got '%s'%s%s%s",
             known.data ? known.data : "a loss", name, near ? "; did you mean '" : "",
             near ? near : "", near ? "'?" : "");
    hg__text_clear(&known);
    return HG_ERR_USAGE;
}

// "mae" or "0.16 mae", of `size` bytes.
static int read_term(hg__term *term, const char *text, size_t size, double delta, hg_error *err) {
    char word[64], name[64], number[64], rest[2];
    if (size >= sizeof word) size = sizeof word - 1; // too long for any: refused by its name
    memcpy(word, text, size);
    word[size] = '\0';
    const int words = sscanf(word, "%63s %63s %1s", number, name, rest);
    const bool weighted = words == 2;
    term->weight = 1;
    if (weighted && (!hg__parse_float(number, &term->weight) || !(term->weight > 0) ||
                     !(term->weight <= 1e6))) {
        return hg__fail(err, HG_ERR_USAGE,
                        "loss: expected a weight above 0, up to 1000000, before '%s', got '%s'",
                        name, number);
    }
    const char *wanted = words < 1 ? "" : weighted ? name : words == 1 ? number : word;
    term->loss = hg__loss_find(wanted);
    if (!term->loss) return fail_loss(wanted, err);
    term->arg = delta > 0 ? delta : term->loss->standard_arg;
    return HG_OK;
}

int hg__objective_parse(hg__objective *o, const char *text, double delta, hg_error *err) {
    *o = (hg__objective){0};
    for (const char *at = text;; at++) {
        // A sign may stand in a number, 1e+2: a plus between terms has a blank before it.
        const char *end = strstr(at, " +");
        if (o->terms == HG_MAX_TERMS) {
            return hg__fail(err, HG_ERR_USAGE, "loss: expected at most %d losses", HG_MAX_TERMS);
        }
        HG_TRY(
            read_term(&o->term[o->terms++], at, end ? (size_t)(end - at) : strlen(at), delta, err));
        if (!end) return HG_OK;
        at = end + 1;
    }
}

// ---- what it asks for -----------------------------------------------------------------------------

static int check_term(const hg__loss *l, const hg__loss_rows *r, const hg__layer_type *last,
                      hg_error *err) {
    if (l->is_of_spans && !r->spans) {
        return hg__fail(err, HG_ERR_USAGE,
                        "loss=%s: expected the rows of a table, got numbers only", l->name);
    }
    if (l->is_of_spans && last && !last->is_linear) {
        return hg__fail(err, HG_ERR_USAGE,
                        "loss=%s: expected a model that ends in dense, got one that ends in %s",
                        l->name, last->name);
    }
    if (l->is_of_unit && last && !last->is_logistic) {
        return hg__fail(err, HG_ERR_USAGE,
                        "loss=%s: expected a model that ends in sigmoid, got one that ends in %s",
                        l->name, last->name);
    }
    return l->check ? l->check(r, err) : HG_OK;
}

// The rows without their level.
static hg__loss_rows picture_of(const hg__loss_rows *r) {
    hg__loss_rows picture = *r;
    if (!r->has_level) return picture;
    picture.has_level = false;
    picture.shape.dim[2]--;
    picture.n = r->n / (int32_t)r->shape.dim[2] * (int32_t)picture.shape.dim[2];
    return picture;
}

static int check_level(const hg__layer_type *last, hg_error *err) {
    if (!last || (!last->is_logistic && !last->variance)) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE,
                    "level: expected a model whose last layer gives any number, got one that ends "
                    "in %s",
                    last->name);
}

int hg__objective_check(const hg__objective *o, const hg__loss_rows *r, const hg__layer_type *last,
                        hg_error *err) {
    const hg__loss_rows picture = picture_of(r);
    for (int32_t i = 0; i < o->terms; i++) HG_TRY(check_term(o->term[i].loss, &picture, last, err));
    if (r->has_level) HG_TRY(check_level(last, err));
    const bool is_gaussian =
        o->terms == 1 && o->term[0].weight == 1 && o->term[0].loss == hg__loss_find("gaussian");
    if (!last || !last->variance || is_gaussian) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE,
                    "loss: expected gaussian, and nothing beside it, for a model that ends in %s",
                    last->name);
}

bool hg__objective_takes_logits(const hg__objective *o) {
    for (int32_t i = 0; i < o->terms; i++) {
        if (!o->term[i].loss->row_of_logits) return false;
    }
    return true;
}

// Behind the losses' own scratch lies the slope of the terms behind the first.
static size_t scratch_of_losses(const hg__objective *o, const hg__loss_rows *r) {
    size_t most = 0;
    for (int32_t i = 0; i < o->terms; i++) {
        const hg__loss *l = o->term[i].loss;
        const size_t n = l->scratch ? l->scratch(r) : 0;
        if (n > most) most = n;
    }
    return hg__whole_vectors(most);
}

static size_t scratch_of_terms(const hg__objective *o, const hg__loss_rows *r) {
    return scratch_of_losses(o, r) + (o->terms > 1 ? (size_t)hg__pad_columns(r->n) : 0);
}

// Of a part of the rows beside the level: y, t and dy, readable up to whole vectors.
static size_t part_room(const hg__loss_rows *part) {
    return (size_t)hg__pad_columns(part->n) + HG_LANES;
}

size_t hg__objective_scratch(const hg__objective *o, const hg__loss_rows *r) {
    const hg__loss_rows picture = picture_of(r);
    return scratch_of_terms(o, &picture) + (r->has_level ? 3 * part_room(&picture) : 0);
}

// ---- a row ----------------------------------------------------------------------------------------

static double term_row(const hg__term *term, const hg__loss_rows *r, bool of_logits, hg__real *dy,
                       const hg__real *y, const hg__real *t, hg__real scale, hg__real *scratch) {
    hg__loss_function *f = of_logits ? term->loss->row_of_logits : term->loss->row;
    return f(r, dy, y, t, scale * (hg__real)term->weight, (hg__real)term->arg, scratch);
}

static double sum_of_terms(const hg__objective *o, const hg__loss_rows *r, bool of_logits,
                           hg__real *dy, const hg__real *y, const hg__real *t, hg__real scale,
                           hg__real *scratch) {
    if (o->terms == 1) {
        return o->term[0].weight * term_row(&o->term[0], r, of_logits, dy, y, t, scale, scratch);
    }
    hg__real *slope = dy ? scratch + scratch_of_losses(o, r) : NULL;
    double sum = 0;
    for (int32_t i = 0; i < o->terms; i++) {
        const hg__term *term = &o->term[i];
        sum += term->weight * term_row(term, r, of_logits, i ? slope : dy, y, t, scale, scratch);
        if (i && dy) r->k->add(dy, dy, slope, hg__pad_columns(r->n));
    }
    return sum;
}

// ---- pictures and the level of their noise --------------------------------------------------------

typedef struct part {
    hg__loss_rows rows;
    size_t first, channels; // of a pixel
    hg__real *y, *t, *dy;   // (pixels, channels)
} part;

static part place_part(const hg__loss_rows *rows, size_t first, hg__real *room) {
    const size_t each = part_room(rows);
    return (part){.rows = *rows,
                  .first = first,
                  .channels = (size_t)rows->shape.dim[2],
                  .y = room,
                  .t = room + each,
                  .dy = room + 2 * each};
}

static void take_part(const part *p, size_t step, const hg__real *from, hg__real *to) {
    const size_t pixels = (size_t)p->rows.n / p->channels;
    for (size_t i = 0; i < pixels; i++) {
        for (size_t c = 0; c < p->channels; c++) *to++ = from[i * step + p->first + c];
    }
    hg__zero_padding(to - p->rows.n, p->rows.n);
}

static void put_part(const part *p, size_t step, hg__real *to) {
    const size_t pixels = (size_t)p->rows.n / p->channels;
    const hg__real *from = p->dy;
    for (size_t i = 0; i < pixels; i++) {
        for (size_t c = 0; c < p->channels; c++) to[i * step + p->first + c] = *from++;
    }
}

// Losses of single numbers are the level's too; of others, which look at pictures, mse takes the place.
static hg__objective objective_of_level(const hg__objective *o) {
    const hg__term *first = &o->term[0];
    const bool suits = first->loss == hg__loss_find("mae") || first->loss == hg__loss_find("huber");
    return hg__objective_of(suits ? first->loss : hg__loss_find("mse"), suits ? first->arg : 0);
}

// The slope of the level's mean error, into dy.
static void add_level(const hg__objective *o, const hg__loss_rows *r, hg__real *dy,
                      const hg__real *y, const hg__real *t, hg__real scale, hg__real *room) {
    const hg__objective own = objective_of_level(o);
    const size_t step = (size_t)r->shape.dim[2];
    hg__loss_rows rows = *r;
    rows.has_level = false;
    rows.shape.dim[2] = 1;
    rows.n = r->n / (int32_t)step;
    const part p = place_part(&rows, step - 1, room);
    take_part(&p, step, y, p.y);
    take_part(&p, step, t, p.t);
    scale *= (hg__real)(level_weight * (double)step);
    (void)sum_of_terms(&own, &rows, false, p.dy, p.y, p.t, scale, NULL);
    put_part(&p, step, dy);
}

double hg__objective_row(const hg__objective *o, const hg__loss_rows *r, bool of_logits,
                         hg__real *dy, const hg__real *y, const hg__real *t, hg__real scale,
                         hg__real *scratch) {
    if (!r->has_level) return sum_of_terms(o, r, of_logits, dy, y, t, scale, scratch);
    const hg__loss_rows picture = picture_of(r);
    const size_t step = (size_t)r->shape.dim[2];
    const double share = (double)step / (double)(step - 1);
    assert(scratch);
    hg__real *room = scratch + scratch_of_terms(o, &picture);
    const part p = place_part(&picture, 0, room);
    take_part(&p, step, y, p.y);
    take_part(&p, step, t, p.t);
    const double sum = sum_of_terms(o, &picture, of_logits, dy ? p.dy : NULL, p.y, p.t,
                                    scale * (hg__real)share, scratch);
    if (dy) {
        put_part(&p, step, dy);
        add_level(o, r, dy, y, t, scale, room);
        hg__zero_padding(dy, r->n);
    }
    return share * sum;
}
