// SPDX-License-Identifier: Apache-2.0
// val_images.c - how well a model cleans whole images, beside the classical filters.
//
//   clean ──noise──> x ──model──> y      PSNR and SSIM of x, y and what each filter makes of x at each of its
//   (or pairs: x and clean from files)   settings, against the clean image: one line of a sheet (hg__val_sheet)
//
// The filters are treated generously: their setting is the one with the best mean PSNR on these very images, and
// non-local means and BM3D are told how far each x is from its clean image. What comes out is clipped to 0 .. 1 as a file
// would be, x is not. An image is grey where it or the model is; a model of three channels then sees three equal ones,
// and their mean is taken.
#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/show.h"
#include "jobs/pages.h"
#include "jobs/val_level.h"
#include "restore/denoiser.h"
#include "restore/filters.h"
#include "rows/dataset.h"

// ---- the settings that are tried ----------------------------------------------------------------

static const double blurs[] = {0.4, 0.5, 0.6, 0.7, 0.8, 1, 1.2, 1.5, 2, 3}; // pixels
static const int32_t medians[] = {1, 2, 3};
static const int32_t patches[] = {1, 2}; // larger ones lost to these in every trial
static const double strengths[] = {0.35, 0.5, 0.65, 0.8, 1.1}; // h in units of the noise
static const double bm3d_settings[] = {
    1, 0.7, 1.4, 2}; // sigma of BM3D, likewise; white noise needs the first alone
enum {
    BLURS = sizeof blurs / sizeof *blurs,
    MEDIANS = sizeof medians / sizeof *medians,
    PATCHES = sizeof patches / sizeof *patches,
    STRENGTHS = sizeof strengths / sizeof *strengths,
    BM3D_SETTINGS = sizeof bm3d_settings / sizeof *bm3d_settings,
    OWN = 2, // columns of input and output
    MOST_COLUMNS = OWN + BLURS + MEDIANS + PATCHES * STRENGTHS + BM3D_SETTINGS,
    SEARCH = 10, // radius of non-local means' window
};

// settings: of BM3D.
static int32_t list_columns(hg__val_column column[MOST_COLUMNS], bool with_filters,
                            int32_t settings) {
    hg__val_column *c = column;
    *c++ = (hg__val_column){HG_INPUT, ""};
    *c++ = (hg__val_column){HG_OUTPUT, ""};
    for (int32_t i = 0; i < BLURS && with_filters; i++, c++) {
        c->method = HG_GAUSSIAN;
        snprintf(c->setting, sizeof c->setting, "sigma %g", blurs[i]);
    }
    for (int32_t i = 0; i < MEDIANS && with_filters; i++, c++) {
        const int32_t side = 2 * medians[i] + 1;
        c->method = HG_MEDIAN;
        snprintf(c->setting, sizeof c->setting, "%d x %d", side, side);
    }
    for (int32_t i = 0; i < PATCHES * STRENGTHS && with_filters; i++, c++) {
        const int32_t side = 2 * patches[i / STRENGTHS] + 1;
        c->method = HG_NL_MEANS;
        snprintf(c->setting, sizeof c->setting, "patch %d x %d, h %g of the noise", side, side,
                 strengths[i % STRENGTHS]);
    }
    for (int32_t i = 0; i < settings && with_filters; i++, c++) {
        c->method = HG_BM3D;
        snprintf(c->setting, sizeof c->setting, "sigma %g of the noise", bm3d_settings[i]);
    }
    return (int32_t)(c - column);
}

// ---- what is open -------------------------------------------------------------------------------

typedef struct validation {
    const hg_options *o;
    const hg_listener *listener;
    hg_model *model;              // owned
    hg_denoiser *denoiser;        // owned; its pool runs the filters too
    hg__dataset *data;            // owned; its pictures
    hg__image_pair_source source; // its finder is owned
    int32_t bm3d_settings;        // of BM3D that are tried
    hg__val_column column[MOST_COLUMNS];
    hg__val_sheet sheet;   // its arrays are owned
    hg__images_page *page; // owned; NULL without page=
    hg__val_levels levels;
} validation;

// One image on its way.
typedef struct test_image {
    validation *v;
    hg__image_pair image;
    float *y[STRENGTHS]; // owned; what was made of it, shaped as image.x
    hg__quality *row;    // (columns) of the sheet
} test_image;

static void close_validation(validation *v) {
    hg__images_page_free(v->page);
    hg__free(v->sheet.quality);
    hg__free((void *)v->sheet.name);
    hg__free(v->sheet.frame);
    hg__range_finder_free(v->source.finder);
    hg_denoiser_free(v->denoiser);
    hg__dataset_close(v->data);
    hg_model_free(v->model);
}

static int open_noise(validation *v, hg_error *err) {
    HG_TRY(hg__noise_parse(&v->source.noise, v->o->values.noise, err));
    if (!v->source.noise.blind) return HG_OK;
    return hg__fail(
        err, HG_ERR_USAGE,
        "noise: expected a way to corrupt clean images, got \"blind\" (val needs what is "
        "clean: noise=\"gaussian 25\", or target=)");
}

static int open_images(validation *v, hg_error *err) {
    const struct hg__values *o = &v->o->values;
    hg__picture_options p = {.target = o->target, .crop = 1, .crops = 1, .channels = 1};
    const hg__data_options d = {
        .on_bad = o->on_bad, .memory = (size_t)o->max_mem, .listener = v->listener};
    v->data = hg__dataset_open(o->data, &d, &p, err);
    if (!v->data) return (int)err->code;
    if (!v->data->skipped || !v->listener || !v->listener->note) return HG_OK;
    char text[600];
    snprintf(text, sizeof text, "%lld image%s left out (on_bad=skip): %s",
             (long long)v->data->skipped, v->data->skipped > 1 ? "s were" : " was",
             v->data->first_skipped);
    hg__tell(v->listener, text);
    return HG_OK;
}

// Whether the noise is one step of normal numbers, each pixel's its own.
static bool is_white(const validation *v) {
    return v->source.noise.steps == 1 && strncmp(v->o->values.noise, "gaussian ", 9) == 0;
}

static int open_sheet(validation *v, hg_error *err) {
    hg__val_sheet *s = &v->sheet;
    v->bm3d_settings = is_white(v) ? 1 : BM3D_SETTINGS;
    // Where nothing was corrupted there is nothing for a filter to do.
    const bool is_corrupted = v->source.noise.steps > 0 || v->o->values.target[0];
    s->images = v->data->source.rows;
    s->column = v->column;
    s->columns = list_columns(v->column, v->o->values.baselines && is_corrupted, v->bm3d_settings);
    s->noise = v->o->values.noise;
    s->seed = v->source.seed;
    s->quality = hg__alloc((size_t)s->images, (size_t)s->columns * sizeof *s->quality, err);
    if (s->quality) s->name = hg__alloc((size_t)s->images, sizeof *s->name, err);
    if (s->name) s->frame = hg__alloc((size_t)s->images, sizeof *s->frame, err);
    return s->frame ? HG_OK : HG_ERR_MEMORY;
}

// Pictures are not written among the images that are measured: the next time they would be some of them.
static int check_out(const hg_options *o, hg_error *err) {
    const char *const folders[] = {o->values.data, o->values.target}, *out = o->values.out;
    for (size_t i = 0; i < 2; i++) {
        const bool is_folder = *out && hg__is_folder(folders[i]);
        if (!is_folder || !hg__path_is_inside(out, folders[i])) continue;
        return hg__fail(err, HG_ERR_USAGE,
                        "out: expected a folder outside %s, whose images stay as they are, got %s",
                        folders[i], out);
    }
    return HG_OK;
}

bool hg__val_cleans_images(const hg_model *m, const hg_options *o) {
    hg__image_needs needs;
    hg_error why;
    if (!hg__dataset_is_pictures(o->values.data)) return false;
    if (hg__image_needs_of(&m->net, &needs, &why) < 0) return false;
    const int32_t channels = needs.channels - m->net.has_level;
    return channels == 1 || channels == 3;
}

static int open_validation(validation *v, hg_error *err) {
    const struct hg__values *o = &v->o->values;
    HG_TRY(check_out(v->o, err));
    if (*o->page) {
        v->page = hg__images_page_new(err);
        if (!v->page) return HG_ERR_MEMORY;
    }
    v->denoiser = hg__denoiser_new(&v->model->net, (int32_t)o->threads, (size_t)o->max_mem, 0, err);
    if (!v->denoiser) return (int)err->code;
    v->source.model = v->model;
    v->source.channels = v->denoiser->channels;
    v->source.seed = (uint64_t)o->seed;
    HG_TRY(open_noise(v, err));
    HG_TRY(open_images(v, err));
    return open_sheet(v, err);
}

// Arrays of the frame's size that stand at the same time, the model's own left out.
static size_t count_arrays(const validation *v) {
    return v->sheet.columns > OWN ? 4 + STRENGTHS + 4 : 4;
}

static int check_memory(const validation *v, const hg__picture_files *f, hg_error *err) {
    const size_t pixels = (size_t)f->height * (size_t)f->width * 3 * sizeof(float);
    const size_t needed = pixels * count_arrays(v), most = (size_t)v->o->values.max_mem;
    if (needed <= most) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE,
                    "%s: expected max_mem of at least %zuM for %d x %d pixels, got %zuM", f->name,
                    (needed >> 20) + 1, f->width, f->height, most >> 20);
}

static int open_image(test_image *s, int64_t image, hg_error *err) {
    validation *v = s->v;
    const hg__picture_files f = hg__pictures_files(v->data->pictures, image);
    s->row = v->sheet.quality + image * v->sheet.columns;
    HG_TRY(check_memory(v, &f, err));
    HG_TRY(hg__image_pair_read(&s->image, &v->source, &f, image, err));
    v->sheet.name[image] = s->image.name;
    v->sheet.frame[image] = s->image.frame;
    for (int32_t k = 0; k < (v->sheet.columns > OWN ? STRENGTHS : 1); k++) {
        s->y[k] = hg__alloc(hg__frame_samples(&s->image.frame), sizeof *s->y[k], err);
        if (!s->y[k]) return HG_ERR_MEMORY;
    }
    return HG_OK;
}

static void close_image(test_image *s) {
    hg__image_pair_clear(&s->image);
    for (int32_t k = 0; k < STRENGTHS; k++) hg__free(s->y[k]);
}

// ---- what is made of them -----------------------------------------------------------------------

static int measure(const test_image *s, float *y, int32_t column, hg_error *err) {
    return hg__image_pair_measure(&s->image, s->v->denoiser->pool, y, &s->row[column], err);
}

static int measure_clipped(test_image *s, float *y, int32_t column, hg_error *err) {
    hg__image_pair_put_into_file(&s->image, y);
    return measure(s, y, column, err);
}

// What is to be cleaned, as it stands.
static int measure_input(test_image *s, hg_error *err) {
    if (!s->image.outside) return measure(s, s->image.x, 0, err);
    memcpy(s->y[0], s->image.x, hg__frame_samples(&s->image.frame) * sizeof *s->image.x);
    return measure(s, s->y[0], 0, err);
}

// Lines of floats to the model, and back into y[0].
typedef struct passage {
    const test_image *s;
    size_t line; // bytes
    size_t read, written;
} passage;

static int read_lines(void *context, void *to, int32_t lines, hg_error *err) {
    (void)err;
    passage *p = context;
    memcpy(to, (const uint8_t *)p->s->image.x + p->read, (size_t)lines * p->line);
    p->read += (size_t)lines * p->line;
    return HG_OK;
}

static int write_lines(void *context, const void *from, int32_t lines, hg_error *err) {
    (void)err;
    passage *p = context;
    memcpy((uint8_t *)p->s->y[0] + p->written, from, (size_t)lines * p->line);
    p->written += (size_t)lines * p->line;
    return HG_OK;
}

static int run_model(test_image *s, hg_error *err) {
    validation *v = s->v;
    passage p = {.s = s};
    const hg__line_io io = {
        .context = &p,
        .name = s->image.name,
        .info = {.width = s->image.frame.width,
                 .height = s->image.frame.height,
                 .channels = s->image.frame.channels,
                 .dtype = HG_F32,
                 .white = 1},
        .held = hg__frame_samples(&s->image.frame) * sizeof(float) * count_arrays(v),
        .read = read_lines,
        .write = write_lines,
        .listener = v->listener
    };
    hg__tiling t;
    p.line = hg__image_line_bytes(&io.info);
    HG_TRY(hg__denoiser_plan_lines(v->denoiser, &io, &t, err));
    return hg__denoiser_run_lines(v->denoiser, &t, &io, NULL, err);
}

// Root of the mean squared difference of x and clean: what the noise is worth.
static double noise_of(const test_image *s) {
    const double psnr = s->row[0].psnr - s->image.decibels;
    return isinf(psnr) ? 0 : pow(10, -psnr / 20);
}

static int try_nl_means(test_image *s, int32_t *column, hg_error *err) {
    double h[STRENGTHS];
    const double sigma = noise_of(s);
    for (int32_t k = 0; k < STRENGTHS; k++) h[k] = fmax(strengths[k] * sigma, 1e-6);
    for (int32_t i = 0; i < PATCHES; i++) {
        const hg__nl_means n = {patches[i], SEARCH, sigma, h, STRENGTHS};
        HG_TRY(
            hg__filter_nl_means(s->v->denoiser->pool, &s->image.frame, s->image.x, &n, s->y, err));
        for (int32_t k = 0; k < STRENGTHS; k++) {
            HG_TRY(measure_clipped(s, s->y[k], (*column)++, err));
        }
    }
    return HG_OK;
}

static int try_bm3d(test_image *s, int32_t column, hg_error *err) {
    const double sigma = noise_of(s);
    for (int32_t i = 0; i < s->v->bm3d_settings; i++) {
        HG_TRY(hg__filter_bm3d(s->v->denoiser->pool, &s->image.frame, s->image.x,
                               bm3d_settings[i] * sigma, s->y[0], err));
        HG_TRY(measure_clipped(s, s->y[0], column + i, err));
    }
    return HG_OK;
}

static int try_filters(test_image *s, hg_error *err) {
    int32_t column = OWN;
    for (int32_t i = 0; i < BLURS; i++) {
        HG_TRY(hg__filter_gaussian(s->v->denoiser->pool, &s->image.frame, s->image.x, blurs[i],
                                   s->y[0], err));
        HG_TRY(measure_clipped(s, s->y[0], column++, err));
    }
    for (int32_t i = 0; i < MEDIANS; i++) {
        HG_TRY(hg__filter_median(s->v->denoiser->pool, &s->image.frame, s->image.x, medians[i],
                                 s->y[0], err));
        HG_TRY(measure_clipped(s, s->y[0], column++, err));
    }
    HG_TRY(try_nl_means(s, &column, err));
    return try_bm3d(s, column, err);
}

static int treat(test_image *s, int64_t image, hg_error *err) {
    HG_TRY(open_image(s, image, err));
    HG_TRY(measure_input(s, err));
    HG_TRY(run_model(s, err));
    hg__val_levels_add(&s->v->levels, &s->v->denoiser->tuner, &s->image.frame, s->image.x,
                       s->image.clean);
    HG_TRY(measure_clipped(s, s->y[0], 1, err));
    const char *out = s->v->o->values.out;
    const float *const part[] = {s->image.x, s->y[0], s->image.clean};
    if (out[0]) HG_TRY(hg__val_picture(out, s->image.name, &s->image.frame, part, err));
    HG_TRY(hg__images_page_add(s->v->page, s->image.name, &s->image.frame, part, s->row, err));
    return s->v->sheet.columns > OWN ? try_filters(s, err) : HG_OK;
}

static int validate(validation *v, hg_error *err) {
    hg__meter meter;
    hg__meter_start(&meter, v->listener, "measuring", "images", v->sheet.images);
    for (int64_t i = 0; i < v->sheet.images; i++) {
        if (hg__is_stopped(v->listener)) {
            return hg__fail(err, HG_ERR_STOPPED, "%s: stopped on request", v->data->path);
        }
        test_image s = {.v = v};
        const int code = treat(&s, i, err);
        close_image(&s);
        if (code < 0) return code;
        hg__meter_add(&meter, 1);
    }
    hg__meter_end(&meter);
    return HG_OK;
}

int hg__val_images(hg_model *m, const hg_options *o, const hg_listener *l, hg_result *r,
                   hg_error *err) {
    validation v = {.o = o, .listener = l, .model = m};
    int code = open_validation(&v, err);
    if (code == HG_OK) code = validate(&v, err);
    if (code == HG_OK && v.data) {
        code = hg__images_page_save(v.page, &v.sheet, o, m, v.data->fingerprint, err);
    }
    if (code == HG_OK) {
        r->text = hg__val_sheet_format(&v.sheet, r->json, err);
        code = r->text ? hg__val_levels_end(&v.levels, r->json, &r->text, err) : HG_ERR_MEMORY;
    }
    close_validation(&v);
    return code;
}
