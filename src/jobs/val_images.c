// SPDX-License-Identifier: Apache-2.0
// val_images.c - how well a model cleans whole images, beside the classical filters.
//
//   clean ──noise──> x ──model──> y      PSNR and SSIM of x, y and what each filter makes of x at each of its
//   (or pairs: x and clean from files)   settings, against the clean image: one line of a sheet (val_sheet.h)
//
// The filters are treated generously: their setting is the one with the best mean PSNR on these very images, and
// non-local means is told how far each x is from its clean image. What comes out is clipped to 0 .. 1 as a file
// would be, x is not. An image is grey where it or the model is; a model of three channels then sees three equal ones,
// and their mean is taken.
#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/show.h"
#include "image/range.h"
#include "jobs/denoise.h"
#include "jobs/val.h"
#include "jobs/val_sheet.h"
#include "model/model.h"
#include "restore/filters.h"
#include "restore/tiles.h"
#include "rows/pictures.h"

// ---- the settings that are tried ----------------------------------------------------------------

static const double blurs[] = {0.4, 0.5, 0.6, 0.7, 0.8, 1, 1.2, 1.5, 2, 3}; // pixels
static const int32_t medians[] = {1, 2, 3};
static const int32_t patches[] = {1, 2}; // larger ones lost to these in every trial
static const double strengths[] = {0.35, 0.5, 0.65, 0.8, 1.1}; // h in units of the noise
enum {
    BLURS = sizeof blurs / sizeof *blurs,
    MEDIANS = sizeof medians / sizeof *medians,
    PATCHES = sizeof patches / sizeof *patches,
    STRENGTHS = sizeof strengths / sizeof *strengths,
    OWN = 2, // columns of input and output
    MOST_COLUMNS = OWN + BLURS + MEDIANS + PATCHES * STRENGTHS,
    SEARCH = 10, // radius of non-local means' window
};

static int32_t list_columns(hg__val_column column[MOST_COLUMNS], bool with_filters) {
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
    return (int32_t)(c - column);
}

// ---- what is open -------------------------------------------------------------------------------

typedef struct validation {
    const hg_options *o;
    const hg_listener *listener;
    hg_model *model; // owned
    hg__data *data;  // owned; its pictures
    hg__pool *pool;  // owned
    hg__image_needs needs;
    hg__noise noise;
    hg__val_column column[MOST_COLUMNS];
    hg__val_sheet sheet;      // its arrays are owned
    hg__range_finder *finder; // owned, made for the first image that is not of 8 bits
} validation;

// One image on its way. All arrays are (height, width, channels), white or the end of the range = 1.
typedef struct specimen {
    validation *v;
    hg__frame frame;
    hg__page_samples page; // how the image's own samples lie; {0} of 8 bits
    const char *name;      // for messages
    hg__image_info info;   // of the image that is to be cleaned, with its range
    uint8_t *outside;      // owned; 1 where either image's sample is no part of it; NULL: nowhere
    void *line;            // owned; one line of info's samples
    double decibels;       // of the peak that PSNR is told of over 1
    float *clean, *x;      // owned; x: what is to be cleaned
    float *y[STRENGTHS];   // owned; what was made of it
    hg__quality *row;      // (columns) of the sheet
} specimen;

static void close_validation(validation *v) {
    hg__free(v->sheet.quality);
    hg__free((void *)v->sheet.name);
    hg__free(v->sheet.frame);
    hg__range_finder_free(v->finder);
    hg__pool_free(v->pool);
    hg__data_close(v->data);
    hg_model_free(v->model);
}

static int open_noise(validation *v, hg_error *err) {
    HG_TRY(hg__noise_parse(&v->noise, v->o->values.noise, err));
    if (!v->noise.blind) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE,
                    "noise: expected a way to spoil clean images, got \"blind\" (val needs what is "
                    "clean: noise=\"gaussian 25\", or target=)");
}

static int open_images(validation *v, hg_error *err) {
    const struct hg__values *o = &v->o->values;
    hg__picture_options p = {
        .target = o->target, .noise = "", .crop = 1, .crops = 1, .channels = 1};
    const hg__data_options d = {
        .on_bad = o->on_bad, .memory = (size_t)o->max_mem, .pictures = &p, .listener = v->listener};
    v->data = hg__data_open(o->data, &d, err);
    if (!v->data) return (int)err->code;
    if (!v->data->skipped || !v->listener || !v->listener->note) return HG_OK;
    char text[600];
    snprintf(text, sizeof text, "%lld image%s left out (on_bad=skip): %s",
             (long long)v->data->skipped, v->data->skipped > 1 ? "s were" : " was",
             v->data->first_skipped);
    hg__tell(v->listener, text);
    return HG_OK;
}

static int open_sheet(validation *v, hg_error *err) {
    hg__val_sheet *s = &v->sheet;
    // Where nothing was spoilt there is nothing for a filter to do.
    const bool is_spoilt = v->noise.steps > 0 || v->o->values.target[0];
    s->images = v->data->rows;
    s->column = v->column;
    s->columns = list_columns(v->column, v->o->values.baselines && is_spoilt);
    s->noise = v->o->values.noise;
    s->seed = (uint64_t)v->o->values.seed;
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
        if (!is_folder || !hg__denoise_is_inside(out, folders[i])) continue;
        return hg__fail(err, HG_ERR_USAGE,
                        "out: expected a folder outside %s, whose images stay as they are, got %s",
                        folders[i], out);
    }
    return HG_OK;
}

bool hg__val_cleans_images(const hg_model *m, const hg_options *o) {
    hg__image_needs needs;
    hg_error why;
    if (!hg__data_is_pictures(o->values.data)) return false;
    if (hg__image_needs_of(&m->net, &needs, &why) < 0) return false;
    return needs.channels == 1 || needs.channels == 3;
}

static int open_validation(validation *v, hg_error *err) {
    HG_TRY(check_out(v->o, err));
    HG_TRY(hg__image_needs_of(&v->model->net, &v->needs, err));
    HG_TRY(open_noise(v, err));
    HG_TRY(open_images(v, err));
    HG_TRY(open_sheet(v, err));
    v->pool = hg__pool_new((int32_t)v->o->values.threads, err);
    return v->pool ? HG_OK : HG_ERR_MEMORY;
}

// ---- images in ----------------------------------------------------------------------------------

static int load(hg__image *image, const char *folder, const char *name, hg_error *err) {
    char path[1024];
    HG_TRY(hg__join_path(path, sizeof path, folder, name, err));
    return hg__image_load(image, path, true, err);
}

// What becomes 0 and 1: as denoise has it. A partner of the same samples shares the image's range.
static int find_range(specimen *s, hg__image *image, hg_error *err) {
    const hg__range_rule *rule = &s->v->model->range;
    hg__image_info *info = &image->info;
    hg__page_samples found;
    if (!hg__range_is_open(info)) return HG_OK;
    if (!s->v->finder) s->v->finder = hg__range_finder_new(err);
    if (!s->v->finder) return HG_ERR_MEMORY;
    HG_TRY(hg__range_find(s->v->finder, image, &found, err));
    const hg__sample_range *of_image = &s->info.range;
    const bool is_partner = s->info.format && of_image->low < of_image->high;
    if (is_partner &&
        (hg__range_is_alike(info, &s->info) || hg__range_is_shared(&s->page, &found))) {
        hg__range_join(&s->page, &found);
        info->range = hg__range_within(&found, of_image->low, of_image->high);
    } else if (hg__range_suits(rule, info, s->v->finder)) {
        info->range = hg__range_within(&found, rule->low, rule->high);
    } else {
        info->range = found.own;
    }
    if (!s->info.format) s->page = found;
    return HG_OK;
}

// Marks samples outside, of any of a pixel's channels where the frame is grey, and fills them.
static int fill_outside(specimen *s, hg__image *image, hg_error *err) {
    const hg__image_info *info = &image->info;
    const size_t pixels = (size_t)info->height * (size_t)info->width;
    const size_t C = (size_t)info->channels, to = (size_t)s->frame.channels;
    int64_t found = 0;
    if (!hg__outside_is_open(info)) return HG_OK;
    uint8_t *is = hg__alloc(pixels, C, err);
    int code = is ? hg__outside_fill_image(image, is, &found, err) : HG_ERR_MEMORY;
    if (code == HG_OK && found > 0 && !s->outside) {
        s->outside = hg__alloc(pixels, to, err);
        if (!s->outside) code = HG_ERR_MEMORY;
    }
    for (size_t i = 0; code == HG_OK && found > 0 && i < pixels * (C > to ? C : to); i++) {
        const size_t most = C > to ? C : to; // one of the two is 1, or they are equal
        s->outside[most == to ? i : i / most] |= is[most == C ? i : i / most];
    }
    hg__free(is);
    return code;
}

static int take_numbers(specimen *s, hg__image *image, float **x, hg_error *err) {
    HG_TRY(find_range(s, image, err));
    HG_TRY(fill_outside(s, image, err));
    *x = hg__alloc(hg__frame_samples(&s->frame), sizeof **x, err);
    if (!*x) return HG_ERR_MEMORY;
    hg__image_to_real(&image->info, image->pixels, s->frame.height, s->frame.channels, *x);
    return HG_OK;
}

// The image as numbers: frame says of what size and, once known, how many channels.
static int read_image(specimen *s, const char *folder, const char *name, float **x, hg_error *err) {
    hg__image image = {0};
    HG_TRY(load(&image, folder, name, err));
    if (s->frame.channels == 0) {
        const bool is_grey = s->v->needs.channels == 1 || image.info.channels == 1;
        s->frame.channels = is_grey ? 1 : 3;
    }
    int code;
    if (image.info.height != s->frame.height || image.info.width != s->frame.width) {
        code = hg__fail(err, HG_ERR_DATA, "%s/%s: expected %d x %d pixels as before, got %d x %d",
                        folder, name, s->frame.width, s->frame.height, image.info.width,
                        image.info.height);
    } else {
        code = take_numbers(s, &image, x, err);
    }
    if (!s->info.format) s->info = image.info;
    hg__image_clear(&image);
    return code;
}

static int spoil(specimen *s, int64_t image, hg_error *err) {
    const hg__frame *f = &s->frame;
    const hg__noise *noise = &s->v->noise;
    const hg__noise_place at = {.height = f->height,
                                .width = f->width,
                                .channels = f->channels,
                                .seed = s->v->sheet.seed,
                                .row = (uint64_t)image};
    HG_TRY(hg__noise_check(noise, f->height, f->width, f->channels, err));
    float *scratch =
        hg__alloc(hg__noise_scratch(noise, f->height, f->width, f->channels), sizeof *scratch, err);
    if (!scratch) return HG_ERR_MEMORY;
    const int code = hg__noise_apply(noise, &at, s->x, scratch, err);
    hg__free(scratch);
    return code;
}

// Arrays of the frame's size that stand at the same time, the model's own left out.
static size_t count_arrays(const validation *v) {
    return v->sheet.columns > OWN ? 4 + STRENGTHS : 4;
}

static int check_memory(const specimen *s, hg_error *err) {
    const size_t pixels = (size_t)s->frame.height * (size_t)s->frame.width * 3 * sizeof(float);
    const size_t needed = pixels * count_arrays(s->v), most = (size_t)s->v->o->values.max_mem;
    if (needed <= most) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE,
                    "%s: expected max_mem of at least %zuM for %d x %d pixels, got %zuM", s->name,
                    (needed >> 20) + 1, s->frame.width, s->frame.height, most >> 20);
}

// PSNR is told of white where samples are whole numbers, of the end of the range where they are floats.
static int open_measure(specimen *s, hg_error *err) {
    const hg__image_info *info = &s->info;
    const double range = info->range.high - info->range.low, white = (double)info->white;
    const bool is_whole = !hg__image_is_real(info->dtype);
    if (hg__range_is_other(info) && is_whole) s->decibels = 20 * log10(white / range);
    s->line = hg__alloc(hg__image_line_bytes(info), 1, err);
    return s->line ? HG_OK : HG_ERR_MEMORY;
}

// The image, and what is clean: its partner, or the image itself.
static int read_pair(specimen *s, const hg__picture_files *f, hg_error *err) {
    HG_TRY(read_image(s, f->folder, f->name, &s->x, err));
    if (f->target) return read_image(s, f->target_folder, f->target, &s->clean, err);
    const size_t samples = hg__frame_samples(&s->frame);
    s->clean = hg__alloc(samples, sizeof *s->clean, err);
    if (!s->clean || !s->x) return HG_ERR_MEMORY;
    memcpy(s->clean, s->x, samples * sizeof *s->clean);
    return HG_OK;
}

static int open_specimen(specimen *s, int64_t image, hg_error *err) {
    validation *v = s->v;
    const hg__picture_files f = hg__pictures_files(v->data->pictures, image);
    s->name = f.name;
    s->frame = (hg__frame){f.height, f.width, 0};
    s->row = v->sheet.quality + image * v->sheet.columns;
    HG_TRY(check_memory(s, err));
    HG_TRY(read_pair(s, &f, err));
    HG_TRY(open_measure(s, err));
    v->sheet.name[image] = s->name;
    v->sheet.frame[image] = s->frame;
    if (v->noise.steps) HG_TRY(spoil(s, image, err));
    for (int32_t k = 0; k < (v->sheet.columns > OWN ? STRENGTHS : 1); k++) {
        s->y[k] = hg__alloc(hg__frame_samples(&s->frame), sizeof *s->y[k], err);
        if (!s->y[k]) return HG_ERR_MEMORY;
    }
    return HG_OK;
}

static void close_specimen(specimen *s) {
    hg__free(s->clean);
    hg__free(s->x);
    hg__free(s->outside);
    hg__free(s->line);
    for (int32_t k = 0; k < STRENGTHS; k++) hg__free(s->y[k]);
}

// ---- what is made of them -----------------------------------------------------------------------

// Samples outside are left as they are in y and do not count.
static int measure(specimen *s, float *y, int32_t column, hg_error *err) {
    hg__quality *q = &s->row[column];
    const size_t samples = hg__frame_samples(&s->frame);
    size_t counted = samples;
    for (size_t i = 0; s->outside && i < samples; i++) {
        if (s->outside[i]) y[i] = s->clean[i];
        counted -= s->outside[i];
    }
    q->psnr = hg__psnr(&s->frame, y, s->clean) + s->decibels;
    if (counted < samples) q->psnr -= 10 * log10((double)samples / (double)(counted + !counted));
    return hg__ssim(s->v->pool, &s->frame, y, s->clean, &q->ssim, err);
}

// As a file would have it: 8 bits are not rounded.
static void put_into_file(specimen *s, float *y) {
    const hg__image_info *info = &s->info;
    if (!hg__range_is_open(info)) {
        for (size_t i = 0; i < hg__frame_samples(&s->frame); i++) {
            y[i] = y[i] < 0 ? 0 : y[i] > 1 ? 1 : y[i];
        }
        return;
    }
    const int32_t channels = s->frame.channels;
    for (int32_t line = 0; line < info->height; line++, y += info->width * channels) {
        hg__image_from_real(info, y, 1, channels, s->line);
        hg__image_to_real(info, s->line, 1, channels, y);
    }
}

static int measure_clipped(specimen *s, float *y, int32_t column, hg_error *err) {
    put_into_file(s, y);
    return measure(s, y, column, err);
}

// What is to be cleaned, as it stands.
static int measure_input(specimen *s, hg_error *err) {
    if (!s->outside) return measure(s, s->x, 0, err);
    memcpy(s->y[0], s->x, hg__frame_samples(&s->frame) * sizeof *s->x);
    return measure(s, s->y[0], 0, err);
}

static size_t place_of(const specimen *s, const hg__tile_piece *p) {
    return ((size_t)p->line * (size_t)s->frame.width + (size_t)p->left) * (size_t)s->frame.channels;
}

static void give_piece(void *context, const hg__tile_piece *p, float *to) {
    const specimen *s = context;
    const float *from = s->x + place_of(s, p);
    const int32_t times = s->v->needs.channels / s->frame.channels;
    const size_t count = (size_t)p->width * (size_t)s->frame.channels;
    for (size_t i = 0; i < count; i++) {
        for (int32_t k = 0; k < times; k++) *to++ = from[i];
    }
}

static void take_piece(void *context, const hg__tile_piece *p, const float *from) {
    const specimen *s = context;
    float *to = s->y[0] + place_of(s, p);
    const int32_t times = s->v->needs.channels / s->frame.channels;
    const size_t count = (size_t)p->width * (size_t)s->frame.channels;
    for (size_t i = 0; i < count; i++) {
        float sum = *from++;
        for (int32_t k = 1; k < times; k++) sum += *from++;
        to[i] = sum / (float)times;
    }
}

static int run_model(specimen *s, hg_error *err) {
    validation *v = s->v;
    const size_t held = hg__frame_samples(&s->frame) * sizeof(float) * count_arrays(v);
    const size_t most = (size_t)v->o->values.max_mem;
    const hg__tile_job job = {.height = s->frame.height,
                              .width = s->frame.width,
                              .runs = 1,
                              .budget = most > held ? most - held : 0};
    const hg__tile_io io = {.context = s,
                            .name = s->name,
                            .get = give_piece,
                            .put = take_piece,
                            .listener = v->listener};
    hg__tiling t;
    if (!hg__tiling_pick(&t, &v->model->net, &v->needs, hg__pool_threads(v->pool), &job)) {
        return hg__fail(err, HG_ERR_USAGE,
                        "%s: expected max_mem of at least %zuM for the model and %d x %d pixels, "
                        "got %zuM",
                        s->name, ((held + t.bytes) >> 20) + 1, s->frame.width, s->frame.height,
                        most >> 20);
    }
    hg__tiles *tiles = hg__tiles_new(&v->model->net, v->pool, &t, err);
    if (!tiles) return (int)err->code;
    const int code = hg__tiles_run(tiles, &io, err);
    hg__tiles_free(tiles);
    return code;
}

// Root of the mean squared difference of x and clean: what the noise is worth.
static double noise_of(const specimen *s) {
    const double psnr = s->row[0].psnr - s->decibels;
    return isinf(psnr) ? 0 : pow(10, -psnr / 20);
}

static int try_nl_means(specimen *s, int32_t *column, hg_error *err) {
    double h[STRENGTHS];
    const double sigma = noise_of(s);
    for (int32_t k = 0; k < STRENGTHS; k++) h[k] = fmax(strengths[k] * sigma, 1e-6);
    for (int32_t i = 0; i < PATCHES; i++) {
        const hg__nl_means n = {patches[i], SEARCH, sigma, h, STRENGTHS};
        HG_TRY(hg__filter_nl_means(s->v->pool, &s->frame, s->x, &n, s->y, err));
        for (int32_t k = 0; k < STRENGTHS; k++) {
            HG_TRY(measure_clipped(s, s->y[k], (*column)++, err));
        }
    }
    return HG_OK;
}

static int try_filters(specimen *s, hg_error *err) {
    int32_t column = OWN;
    for (int32_t i = 0; i < BLURS; i++) {
        HG_TRY(hg__filter_gaussian(s->v->pool, &s->frame, s->x, blurs[i], s->y[0], err));
        HG_TRY(measure_clipped(s, s->y[0], column++, err));
    }
    for (int32_t i = 0; i < MEDIANS; i++) {
        HG_TRY(hg__filter_median(s->v->pool, &s->frame, s->x, medians[i], s->y[0], err));
        HG_TRY(measure_clipped(s, s->y[0], column++, err));
    }
    return try_nl_means(s, &column, err);
}

static int treat(specimen *s, int64_t image, hg_error *err) {
    HG_TRY(open_specimen(s, image, err));
    HG_TRY(measure_input(s, err));
    HG_TRY(run_model(s, err));
    HG_TRY(measure_clipped(s, s->y[0], 1, err));
    const char *out = s->v->o->values.out;
    const float *const part[] = {s->x, s->y[0], s->clean};
    if (out[0]) HG_TRY(hg__val_picture(out, s->name, &s->frame, part, err));
    return s->v->sheet.columns > OWN ? try_filters(s, err) : HG_OK;
}

static int validate(validation *v, hg_error *err) {
    hg__meter meter;
    hg__meter_start(&meter, v->listener, "measuring", "images", v->sheet.images);
    for (int64_t i = 0; i < v->sheet.images; i++) {
        if (hg__is_stopped(v->listener)) {
            return hg__fail(err, HG_ERR_STOPPED, "%s: stopped on request", v->data->path);
        }
        specimen s = {.v = v};
        const int code = treat(&s, i, err);
        close_specimen(&s);
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
    if (code == HG_OK) {
        r->text = hg__val_sheet_format(&v.sheet, r->json, err);
        if (!r->text) code = HG_ERR_MEMORY;
    }
    close_validation(&v);
    return code;
}
