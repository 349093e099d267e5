// SPDX-License-Identifier: Apache-2.0
// noise.c - the noise grammar, and its steps applied to a row one after the other.
#include "corrupt/noise.h"

#include <stdio.h>
#include <string.h>

#include "backend/kernels.h"
#include "base/rng.h"
#include "base/text.h"
#include "corrupt/noise_type.h"

static const hg__noise_type *const types[] = {
#define NOISE(name) &hg__noise_##name,
#include "corrupt/noise.def"
#undef NOISE
};
enum {
#define NOISE(name) INDEX_##name,
#include "corrupt/noise.def"
#undef NOISE
    TYPES,
    MOST_NAME = 40
};

const hg__noise_type *hg__noise_type_at(size_t i) {
    return i < TYPES ? types[i] : NULL;
}

// ---- the grammar --------------------------------------------------------------------------------

static void skip_blanks(const char **at) {
    while (**at == ' ' || **at == '\t') (*at)++;
}

// Takes the characters of `kind` from *at; at most MOST_NAME of them are kept.
static void take_word(const char **at, const char *kind, char word[MOST_NAME + 1]) {
    const size_t length = strspn(*at, kind);
    snprintf(word, MOST_NAME + 1, "%.*s", (int)(length < MOST_NAME ? length : MOST_NAME), *at);
    *at += length;
}

static int refuse_name(const char *at, const char *word, hg_error *err) {
    const char *names[TYPES + 1];
    char list[400] = "";
    for (size_t i = 0; i < TYPES; i++) {
        names[i] = types[i]->name;
        const size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s, ", names[i]);
    }
    names[TYPES] = "blind";
    if (!*word && !*at) return hg__fail(err, HG_ERR_USAGE, "noise: expected a step, got the end");
    if (!*word && strspn(at, "0123456789.- ") == strlen(at)) {
        return hg__fail(err, HG_ERR_USAGE,
                        "noise: expected a kind before its amount, got '%.40s'; did you mean "
                        "noise=\"gaussian %.40s\"?",
                        at, at);
    }
    if (!*word) return hg__fail(err, HG_ERR_USAGE, "noise: expected a step, got '%.40s'", at);
    const char *nearest = hg__nearest_name(word, names, TYPES + 1);
    return hg__fail(err, HG_ERR_USAGE, "noise: expected %sblind, got '%s'%s%s%s", list, word,
                    nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

static int take_number(const char *name, const char **at, double *value, hg_error *err) {
    char word[MOST_NAME + 1];
    const char *from = *at;
    take_word(at, "0123456789.", word);
    if (hg__parse_float(word, value)) return HG_OK;
    if (!*from) {
        return hg__fail(
            err, HG_ERR_USAGE,
            "noise: %s: expected a number or a range such as 10-50, got the end; did you "
            "mean noise=\"%s 10-50\"?",
            name, name);
    }
    return hg__fail(err, HG_ERR_USAGE,
                    "noise: %s: expected a number or a range such as 10-50, got '%.40s'", name,
                    from);
}

// Whether a step may go without its number, and does.
static bool has_default(const hg__noise_type *type, const char **at) {
    const size_t length = type->word ? strlen(type->word) : 0;
    if (length && strncmp(*at, type->word, length) == 0) {
        *at += length;
        skip_blanks(at);
        return false;
    }
    return type->high > 0 && (!**at || strchr("+|@", **at));
}

static void take_roots(hg__noise_step *s) {
    double root = s->low > 0 ? s->high / s->low : 1;
    for (int32_t i = 0; i < HG_NOISE_ROOTS; i++) s->root[i] = root = __builtin_sqrt(root);
}

static int take_range(const hg__noise_type *type, const char **at, hg__noise_step *s,
                      hg_error *err) {
    if (type->most == 0) return HG_OK;
    if (has_default(type, at)) {
        s->low = type->low;
        s->high = type->high;
        take_roots(s);
        return HG_OK;
    }
    HG_TRY(take_number(type->name, at, &s->low, err));
    skip_blanks(at);
    s->high = s->low;
    if (**at == '-') {
        ++*at;
        skip_blanks(at);
        HG_TRY(take_number(type->name, at, &s->high, err));
    }
    if (s->low > s->high) {
        return hg__fail(err, HG_ERR_USAGE,
                        "noise: %s: expected the smaller number first, got %g-%g", type->name,
                        s->low, s->high);
    }
    if (s->low < type->least || s->high > type->most) {
        return hg__fail(err, HG_ERR_USAGE, "noise: %s: expected %g to %g, got %g", type->name,
                        type->least, type->most, s->low < type->least ? s->low : s->high);
    }
    take_roots(s);
    return HG_OK;
}

static int take_probability(const char *name, const char **at, double *probability, hg_error *err) {
    char word[MOST_NAME + 1];
    *probability = 1;
    skip_blanks(at);
    if (**at != '@') return HG_OK;
    ++*at;
    skip_blanks(at);
    take_word(at, "0123456789.", word);
    if (hg__parse_float(word, probability) && *probability > 0 && *probability <= 1) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE,
                    "noise: %s: expected a probability above 0 and at most 1 behind '@', got '%s'",
                    name, word);
}

static int take_size(const hg__noise_type *type, const char **at, hg__noise_step *s,
                     hg_error *err) {
    enum { MOST = 4096 };
    double size = type->size;
    skip_blanks(at);
    if (type->size && strncmp(*at, "size", 4) == 0) {
        *at += 4;
        skip_blanks(at);
        HG_TRY(take_number(type->name, at, &size, err));
    }
    if (type->size && !(size >= 1 && size <= MOST && size == (int32_t)size)) {
        return hg__fail(err, HG_ERR_USAGE, "noise: %s: expected a whole size from 1 to %d, got %g",
                        type->name, MOST, size);
    }
    s->size = (int32_t)size;
    return HG_OK;
}

static int take_step(hg__noise *n, const char **at, hg_error *err) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz_ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    char word[MOST_NAME + 1];
    take_word(at, letters, word);
    if (strcmp(word, "blind") == 0) {
        n->blind = true;
        return HG_OK;
    }
    size_t i = 0;
    while (i < TYPES && strcmp(types[i]->name, word) != 0) i++;
    if (i == TYPES) return refuse_name(*at, word, err);
    if (n->steps == HG_MAX_NOISE_STEPS) {
        return hg__fail(err, HG_ERR_USAGE, "noise: expected at most %d steps, got another '%s'",
                        HG_MAX_NOISE_STEPS, word);
    }
    hg__noise_step *s = &n->step[n->steps++];
    n->way[n->ways - 1].steps++;
    s->type = types[i];
    skip_blanks(at);
    HG_TRY(take_range(types[i], at, s, err));
    HG_TRY(take_size(types[i], at, s, err));
    return take_probability(types[i]->name, at, &s->probability, err);
}

// A way begins: with its weight, where one is given.
static int take_weight(hg__noise *n, const char **at, hg_error *err) {
    char word[MOST_NAME + 1];
    if (n->ways == HG_MAX_NOISE_WAYS) {
        return hg__fail(err, HG_ERR_USAGE, "noise: expected at most %d ways, got another, '%.40s'",
                        HG_MAX_NOISE_WAYS, *at);
    }
    hg__noise_way *way = &n->way[n->ways++];
    *way = (hg__noise_way){.first = n->steps, .weight = 1};
    const char *behind = *at + strspn(*at, "0123456789.");
    skip_blanks(&behind);
    if (*behind != ':') return HG_OK;
    take_word(at, "0123456789.", word);
    *at = behind + 1;
    skip_blanks(at);
    if (hg__parse_float(word, &way->weight) && way->weight > 0 && way->weight <= 1e6) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE,
                    "noise: expected a weight above 0 and at most 1000000 before ':', got '%s'",
                    word);
}

int hg__noise_parse(hg__noise *n, const char *text, hg_error *err) {
    const char *at = text;
    *n = (hg__noise){0};
    skip_blanks(&at);
    if (!*at) return HG_OK;
    HG_TRY(take_weight(n, &at, err));
    for (int32_t taken = 1;; taken++) {
        HG_TRY(take_step(n, &at, err));
        skip_blanks(&at);
        if (n->blind && (taken > 1 || *at)) {
            return hg__fail(err, HG_ERR_USAGE,
                            "noise: blind: expected no other step beside it, got '%.60s'", text);
        }
        if (!*at) return HG_OK;
        const char mark = *at;
        if (mark != '+' && mark != '|') {
            return hg__fail(err, HG_ERR_USAGE,
                            "noise: expected '+', '|' or the end behind a step, got '%.40s'", at);
        }
        at++;
        skip_blanks(&at);
        if (mark == '|') HG_TRY(take_weight(n, &at, err));
    }
}

int hg__noise_check(const hg__noise *n, int32_t height, int32_t width, int32_t channels,
                    hg_error *err) {
    const bool is_image = (height > 1 || channels > 1) && (channels == 1 || channels == 3);
    for (int32_t i = 0; i < n->steps; i++) {
        const bool is_donated = n->step[i].type->needs_donor && (height > 1 || channels > 1);
        if (is_donated) {
            return hg__fail(err, HG_ERR_USAGE, "noise: %s: expected rows of a table, got images",
                            n->step[i].type->name);
        }
        if (!n->step[i].type->needs_image || is_image) continue;
        return hg__fail(err, HG_ERR_USAGE,
                        "noise: %s: expected images of 1 or 3 channels, got rows of %d x %d x %d",
                        n->step[i].type->name, height, width, channels);
    }
    if (!n->blind) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE,
                    "noise: blind: expected images from a folder, got rows of %d x %d x %d", height,
                    width, channels);
}

// ---- applying -----------------------------------------------------------------------------------

size_t hg__noise_scratch(const hg__noise *n, int32_t height, int32_t width, int32_t channels) {
    size_t most = 0;
    for (int32_t i = 0; i < n->steps; i++) {
        const hg__noise_step *s = &n->step[i];
        const size_t own =
            s->type->scratch ? s->type->scratch(height, width, channels, s->high) : 0;
        if (own > most) most = own;
    }
    return most;
}

bool hg__noise_changes_clean(const hg__noise *n) {
    for (int32_t i = 0; i < n->steps; i++) {
        if (n->step[i].type->changes_clean) return true;
    }
    return false;
}

bool hg__noise_needs_donor(const hg__noise *n) {
    for (int32_t i = 0; i < n->steps; i++) {
        if (n->step[i].type->needs_donor) return true;
    }
    return false;
}

static uint64_t key_of(const hg__noise_place *at) {
    return at->seed ^ (at->row >> 32) * 0x9E3779B97F4A7C15ULL;
}

// The counters of one stream: step i has 16 of them, of which the first draws its amount; between steps 7 and 8 lies the donor's, the
// way's is far behind.
enum { FIRST_COUNTER = HG_STREAM_NOISE << 16, DONOR = 8, WAY = 0xfff };

static uint32_t counter_of(int32_t step) {
    return (uint32_t)(FIRST_COUNTER + (step < DONOR ? step : step + 1) * 16);
}

int64_t hg__noise_donor(const hg__noise_place *at, int64_t rows) {
    const hg__philox draw =
        hg__philox_run(key_of(at), FIRST_COUNTER + DONOR * 16, at->epoch, (uint32_t)at->row, 0);
    return (int64_t)((((uint64_t)draw.word[0] << 32 | draw.word[1]) >> 1) % (uint64_t)rows);
}

static const hg__noise_way *draw_way(const hg__noise *n, const hg__noise_place *at) {
    const hg__philox draw =
        hg__philox_run(key_of(at), FIRST_COUNTER + WAY * 16, at->epoch, (uint32_t)at->row, 0);
    double all = 0;
    for (int32_t i = 0; i < n->ways; i++) all += n->way[i].weight;
    double left = all * (double)hg__unit_float(draw.word[0]);
    int32_t i = 0;
    while (i + 1 < n->ways && left >= n->way[i].weight) left -= n->way[i++].weight;
    return &n->way[i];
}

// low (high / low)^u for a u of HG_NOISE_ROOTS bits, from roots, which every machine rounds the same.
static double between_by_ratio(const hg__noise_step *s, double u) {
    double amount = s->low;
    for (int32_t bit = 0; bit < HG_NOISE_ROOTS; bit++) {
        u += u;
        if (u < 1) continue;
        u -= 1;
        amount *= s->root[bit];
    }
    return amount;
}

static double draw_amount(const hg__noise_step *s, double u) {
    if (s->type->by_ratio && s->low > 0) return between_by_ratio(s, u);
    return s->low + (s->high - s->low) * u;
}

// NOLINTNEXTLINE(readability-non-const-parameter): written by the steps
int hg__noise_apply(const hg__noise *n, const hg__noise_place *at, float *x, float *clean,
                    float *scratch, hg_error *err) {
    const uint64_t key = key_of(at);
    const hg__noise_way *way = draw_way(n, at);
    for (int32_t i = way->first; i < way->first + way->steps; i++) {
        const hg__noise_step *s = &n->step[i];
        const uint32_t first = counter_of(i);
        const hg__philox draw = hg__philox_run(key, first, at->epoch, (uint32_t)at->row, 0);
        if ((double)hg__unit_float(draw.word[1]) >= s->probability) continue;
        hg__noise_row r = {
            .height = at->height,
            .width = at->width,
            .channels = at->channels,
            .key = key,
            .counter = {first + 1, at->epoch, (uint32_t)at->row},
            .amount = draw_amount(s, (double)hg__unit_float(draw.word[0])),
            .size = s->size,
            .clean = clean,
            .group = at->group,
            .groups = at->groups,
            .donor = at->donor
        };
        r.scratch = scratch;
        HG_TRY(s->type->apply(&r, x, err));
    }
    return HG_OK;
}

// ---- what the steps share -----------------------------------------------------------------------

void hg__noise_uniform(const hg__noise_row *r, uint32_t which, size_t n, float *to) {
    const uint32_t counter[3] = {r->counter[0] + which, r->counter[1], r->counter[2]};
    hg__kernels_pick()->uniform(to, r->key, counter, (int32_t)n);
}

void hg__noise_normal(const hg__noise_row *r, uint32_t which, size_t n, float *to) {
    const uint32_t counter[3] = {r->counter[0] + which, r->counter[1], r->counter[2]};
    hg__kernels_pick()->normal(to, r->key, counter, (int32_t)n);
}

double hg__noise_exp(double x) {
    const double z =
        x * (-1.0 / 64); // the series to z^6, relative error below 4e-6 * 64 at the far end
    double sum = 1.0 / 720;
    sum = sum * z + 1.0 / 120;
    sum = sum * z + 1.0 / 24;
    sum = sum * z + 1.0 / 6;
    sum = sum * z + 0.5;
    sum = (sum * z + 1) * z + 1;
    for (int k = 0; k < 6; k++) sum *= sum;
    return sum;
}

void hg__noise_turn(double turns, double direction[2]) {
    const double x = 6.28318530717958647693 * turns, z = x * x;
    double cosine = 1, sine = 1;
    for (int k = 22; k > 0; k -= 2) {
        cosine = 1 - cosine * z / (k * (k - 1));
        sine = 1 - sine * z / (k * (k + 1));
    }
    direction[0] = cosine;
    direction[1] = x * sine;
}
