// SPDX-License-Identifier: Apache-2.0
// denoise_fit.c - fit=: before it cleans them, the model learns from the noisy pictures themselves.
//
//   crops ──measure_noise.h──> how strong, how correlated ──recorrupt.h──> pairs whose noise is independent ──fit.h──> the model
//
// All pictures of a job are taken for those of one scanner, microscope or camera: they share the noise and the network.
// A time becomes a number of steps beforehand, by the speed of the first few, which are then taken back: so the same number of
// steps, which is told, gives the same bits again.
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/system.h"
#include "base/text.h"
#include "fit/fit.h"
#include "jobs/denoise.h"
#include "model/model.h"
#include "options/options.h"
#include "rows/dataset.h"
#include "rows/noise_pairs.h"

enum {
    BATCH = 8,
    TRIAL = 4,   // steps whose time is taken, behind one more
    CROPS = 400, // in which noise is measured
    MOST_STEPS = 1000000
};
static const double step_size = 1e-3;

typedef struct own_fit {
    hg__denoise_work *d;
    const struct hg__values *v;
    hg__dataset *data;  // owned
    hg__pool *pool;     // owned
    hg__loader *loader; // owned
    hg__noise_pairs pairs;
    hg__rows rows; // of pairs
    int64_t steps; // 0: as many as `seconds` allow
    double seconds;
    double trial; // seconds a step
} own_fit;

// ---- how long -----------------------------------------------------------------------------------

// "60s", "2m", "0.5h": seconds; "400": steps.
static int parse(own_fit *f, const char *text, hg_error *err) {
    static const char units[] = "smh";
    static const double worth[] = {1, 60, 3600};
    char number[32];
    const size_t n = strlen(text);
    const char *unit = n ? strchr(units, text[n - 1]) : NULL;
    if (n < sizeof number && unit && *unit) {
        snprintf(number, sizeof number, "%.*s", (int)(n - 1), text);
        if (hg__parse_float(number, &f->seconds) && f->seconds > 0) {
            f->seconds *= worth[unit - units];
            if (f->seconds <= 360000) return HG_OK;
        }
    } else if (hg__parse_int(text, &f->steps) && f->steps > 0 && f->steps <= MOST_STEPS) {
        return HG_OK;
    }
    return hg__fail(err, HG_ERR_USAGE,
                    "fit: expected a time as 60s or 2m, or a number of steps up to %d, got %.60s",
                    MOST_STEPS, text);
}

// ---- rows ---------------------------------------------------------------------------------------

// The side of the crops that the model takes.
static int find_crop(const own_fit *f, int32_t *crop, int32_t *channels, hg_error *err) {
    const hg__shape *input = &f->d->model->net.spec.input;
    const bool is_square = input->rank == 3 && input->dim[0] == input->dim[1];
    if (is_square && (input->dim[2] == 1 || input->dim[2] == 3)) {
        *crop = (int32_t)input->dim[0];
        *channels = (int32_t)input->dim[2];
        return HG_OK;
    }
    return hg__fail(err, HG_ERR_MODEL,
                    "fit: expected a model of square crops of 1 or 3 channels, got another");
}

static int open_pictures(own_fit *f, hg_error *err) {
    hg__picture_options p = {.target = "", .flip = true, .range = f->d->model->range};
    const hg__data_options o = {
        .on_bad = "skip", .memory = (size_t)f->v->max_mem / 2, .listener = f->d->listener};
    HG_TRY(find_crop(f, &p.crop, &p.channels, err));
    if (p.range.kind == HG_RANGE_UNKNOWN) p.range.kind = HG_RANGE_PAGE; // as denoise has it
    f->data = hg__dataset_open(f->v->data, &o, &p, err);
    return f->data ? HG_OK : (int)err->code;
}

static int measure(own_fit *f, hg_error *err) {
    hg__noise_level l;
    hg__row_source pairs;
    HG_TRY(hg__noise_measure(&f->data->learned, CROPS, &l, err));
    hg__pair_noise(&f->pairs, &f->data->learned, &l, 0, &pairs);
    f->rows = hg__rows_all(pairs);
    char far[80] = "independent from pixel to pixel";
    if (l.blur > 0) snprintf(far, sizeof far, "correlated as if blurred by %.2f pixels", l.blur);
    hg__denoise_note(f->d, "fit: noise of %.1f grey levels in black, %.1f in white, %s",
                     255 * sqrt(hg__noise_variance(&l, 0)), 255 * sqrt(hg__noise_variance(&l, 1)),
                     far);
    return HG_OK;
}

// ---- training -----------------------------------------------------------------------------------

static bool is_stopped(void *context) {
    const own_fit *f = context;
    return hg__is_stopped(f->d->listener);
}

static bool step_made(void *context, const hg_step_event *e) {
    own_fit *f = context;
    hg__meter_at(&f->d->meter, e->step);
    return false;
}

static hg__fit_setup setup_of(int64_t steps) {
    hg__fit_setup s = {
        .batch = BATCH,
        .steps = steps,
        .optim = hg__optim_find("adam"),
        .optim_options = {.lr = step_size, .beta1 = 0.9, .beta2 = 0.99, .eps = 1e-8},
        .schedule = hg__schedule_find("cosine"),
        .warmup = steps / 20,
        .clip = 1,
        .shuffle = true
    };
    return s;
}

static int train(own_fit *f, int64_t steps, const hg__fit_hooks *hooks, hg_error *err) {
    hg__fit_setup s = setup_of(steps);
    const hg__loader_options o = {.pool = f->pool};
    HG_TRY(hg__objective_parse(&s.objective, "mse", 0, err));
    hg__loader_free(f->loader);
    f->loader = hg__loader_new(&f->rows, BATCH, &o, err);
    if (!f->loader) return (int)err->code;
    hg__fit *fit = hg__fit_new(&f->d->model->net, f->loader, NULL, &s, f->pool, err);
    if (!fit) return (int)err->code;
    const int code = hg__fit_run(fit, hooks, err);
    if (code == HG_OK) hg__fit_end(fit);
    hg__fit_free(fit);
    return code;
}

// How many steps the time allows: a few are made, timed and taken back.
static int find_steps(own_fit *f, hg_error *err) {
    hg__network *net = &f->d->model->net;
    const size_t bytes = net->spec.params * sizeof *net->params;
    const hg__fit_hooks hooks = {.context = f, .is_stopped = is_stopped};
    if (f->steps) return HG_OK;
    void *kept = hg__alloc(1, bytes, err);
    if (!kept) return HG_ERR_MEMORY;
    memcpy(kept, net->params, bytes);
    const double began = hg__seconds();
    int code = train(f, 1, &hooks, err);
    const double first = hg__seconds();
    if (code == HG_OK) code = train(f, TRIAL, &hooks, err);
    const double now = hg__seconds(), left = f->seconds - (now - began);
    memcpy(net->params, kept, bytes);
    hg__free(kept);
    const double steps = left / fmax((now - first) / TRIAL, 1e-4);
    f->steps = steps < 1 ? 1 : steps > MOST_STEPS ? MOST_STEPS : (int64_t)steps;
    return code;
}

static int fit(own_fit *f, hg_error *err) {
    const hg__fit_hooks hooks = {.context = f, .is_stopped = is_stopped, .step = step_made};
    HG_TRY(find_steps(f, err));
    hg__meter_start(&f->d->meter, f->d->listener, "fitting", "steps", f->steps);
    HG_TRY(train(f, f->steps, &hooks, err));
    hg__meter_end(&f->d->meter);
    hg__denoise_note(f->d, "fit: %lld steps on %lld image%s (fit=%lld gives the same bits again)",
                     (long long)f->steps, (long long)f->data->source.rows,
                     f->data->source.rows > 1 ? "s, which share one network" : "",
                     (long long)f->steps);
    return HG_OK;
}

int hg__denoise_fit_check(const hg_options *o, hg_error *err) {
    const struct hg__values *v = &o->values;
    own_fit f = {.v = v};
    if (*v->save && !*v->fit) {
        return hg__fail(err, HG_ERR_USAGE, "save: expected fit= beside it, got save=%.200s alone",
                        v->save);
    }
    if (*v->fit) HG_TRY(parse(&f, v->fit, err));
    if ((!*v->fit && !hg__denoise_is_auto(v)) || hg__dataset_is_pictures(v->data)) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE, "%s: expected images in files, got %.200s",
                    *v->fit ? "fit" : "model=auto", v->data);
}

int hg__denoise_fit(hg__denoise_work *d, const hg_options *o, hg_error *err) {
    own_fit f = {.d = d, .v = &o->values};
    HG_TRY(parse(&f, o->values.fit, err));
    int code = open_pictures(&f, err);
    if (code == HG_OK) code = measure(&f, err);
    if (code == HG_OK) {
        f.pool = hg__pool_new((int32_t)o->values.threads, err);
        code = f.pool ? fit(&f, err) : (int)err->code;
    }
    if (code == HG_ERR_STOPPED) code = hg__fail(err, code, "stopped on request while fitting");
    hg__loader_free(f.loader);
    hg__pool_free(f.pool);
    hg__dataset_close(f.data);
    return code;
}
