// SPDX-License-Identifier: Apache-2.0
// job_interpolate.c - what lies between two rows: codes on the way from one's to the other's, decoded.
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/real.h"
#include "jobs/job.h"

// The code of row `number`, counted from 0, which is in the batch; code (Z).
static void encode_row(hg__feed *f, const hg__input *in, int64_t number, float *code) {
    hg__input one = *in;
    one.row = in->row + number;
    one.count = 1;
    hg__run(f->plan, HG_ENCODE, &one, code);
}

static int check_row(const char *name, int64_t row, const hg__feed *f, hg_error *err) {
    const int64_t rows = f->data->source.rows;
    if (row <= rows) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE,
                    "%s: expected a row from 1 to %lld, as many as %s has, got %lld", name,
                    (long long)rows, f->data->path, (long long)row);
}

// ends (2, Z)
static int encode_ends(hg__feed *f, const int64_t row[2], float *ends, hg_error *err) {
    const int32_t Z = f->model->net.spec.code;
    int64_t done = 0;
    hg__input in;
    int more;
    while ((more = hg__feed_next(f, &in, err)) > 0) {
        for (int k = 0; k < 2; k++) {
            const int64_t at = row[k] - 1 - done;
            if (at >= 0 && at < in.count) encode_row(f, &in, at, ends + (ptrdiff_t)k * Z);
        }
        done += in.count;
    }
    return more;
}

static double length_of(const float *z, int32_t Z) {
    double sum = 0;
    for (int32_t i = 0; i < Z; i++) sum += (double)z[i] * (double)z[i];
    return sqrt(sum);
}

// The angle, in turns from 0 to 1/2, whose cosine is c: by halves.
static double turns_of(double c) {
    double low = 0, high = 0.5;
    for (int i = 0; i < 52; i++) {
        const double middle = (low + high) / 2;
        if (hg__cos_turn(middle) > c) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return (low + high) / 2;
}

// to (Z): share t of the way from a to b.
static void place_linear(const float *a, const float *b, int32_t Z, double t, float *to) {
    for (int32_t i = 0; i < Z; i++) {
        to[i] = (float)((1 - t) * (double)a[i] + t * (double)b[i]);
    }
}

// Along a great circle (Shoemake 1985), the length changing evenly; codes on one line with 0 have none.
static void place_spherical(const float *a, const float *b, int32_t Z, double t, float *to) {
    const double of_a = length_of(a, Z), of_b = length_of(b, Z);
    double dot = 0;
    for (int32_t i = 0; i < Z; i++) dot += (double)a[i] * (double)b[i];
    const double turns = of_a > 0 && of_b > 0 ? turns_of(dot / (of_a * of_b)) : 0;
    const double sine = hg__sin_turn(turns), length = (1 - t) * of_a + t * of_b;
    if (!(sine > 1e-6)) {
        place_linear(a, b, Z, t, to);
        return;
    }
    const double by_a = hg__sin_turn((1 - t) * turns) / sine / of_a * length;
    const double by_b = hg__sin_turn(t * turns) / sine / of_b * length;
    for (int32_t i = 0; i < Z; i++) to[i] = (float)(by_a * (double)a[i] + by_b * (double)b[i]);
}

// ends (2, Z) -> codes (steps, Z): both ends as they are.
static hg__dataset *place_codes(const float *ends, int32_t Z, int64_t steps, bool is_spherical,
                                hg_error *err) {
    float *codes = hg__alloc((size_t)steps, (size_t)Z * sizeof *codes, err);
    if (!codes) return NULL;
    for (int64_t k = 0; k < steps; k++) {
        const double t = (double)k / (double)(steps - 1);
        const bool is_end = k == 0 || k == steps - 1;
        (is_spherical && !is_end ? place_spherical : place_linear)(ends, ends + Z, Z, t,
                                                                   codes + k * Z);
    }
    const hg__row_source source = {
        .name = "codes",
        .context = codes,
        .rows = steps,
        .width = Z,
        .shape = {1, {Z}},
        .dtype = HG_F32,
        .scale = 1,
        .base = codes
    };
    return hg__dataset_of_source(&source, "npy", codes, hg__free, err);
}

static hg__dataset *find_codes(const hg_options *o, const hg_listener *l, hg_error *err) {
    const struct hg__values *v = &o->values;
    const int64_t row[2] = {v->from, v->to};
    hg__feed f;
    hg_model *m = hg_model_load(v->model, err);
    if (!m || hg__feed_open(&f, m, o, HG_ENCODE, l, err) < 0) return NULL;
    const int32_t Z = m->net.spec.code;
    float *ends = hg__alloc(2 * (size_t)Z, sizeof *ends, err);
    int code = ends ? check_row("from", row[0], &f, err) : HG_ERR_MEMORY;
    if (code == HG_OK) code = check_row("to", row[1], &f, err);
    if (code == HG_OK) code = encode_ends(&f, row, ends, err);
    hg__feed_close(&f);
    hg__dataset *codes = NULL;
    if (code == HG_OK) {
        codes = place_codes(ends, Z, v->steps, strcmp(v->path, "spherical") == 0, err);
    }
    hg__free(ends);
    return codes;
}

int hg__job_interpolate(const hg_options *o, const hg_listener *l, hg_result *r, hg_error *err) {
    (void)r;
    hg__feed f;
    if (o->values.steps < 2 || o->values.steps > 100000) {
        return hg__fail(err, HG_ERR_USAGE, "steps: expected from 2 to 100000, got %lld",
                        (long long)o->values.steps);
    }
    hg__dataset *codes = find_codes(o, l, err);
    if (!codes) return (int)err->code;
    hg_model *m = hg_model_load(o->values.model, err);
    if (!m) {
        hg__dataset_close(codes);
        return (int)err->code;
    }
    HG_TRY(hg__feed_open_codes(&f, m, codes, o, l, err));
    const int code = hg__write_decoded(&f, (int32_t)o->values.steps, o, err);
    hg__feed_close(&f);
    return code;
}
