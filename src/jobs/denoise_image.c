// SPDX-License-Identifier: Apache-2.0
// denoise_image.c - one image file through the model, all its pages, line by line.
//
// What samples become 0 and 1 is range.h's rule: found beforehand, by reading the file once more.
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/system.h"
#include "image/range.h"
#include "jobs/denoise.h"
#include "model/model.h"
#include "options/options.h"

// What the file's first reading found of a page.
typedef struct page_range {
    hg__sample_range range; // {0}: 0 .. white
    bool has_outside;       // there are, or may be, samples outside
    bool is_own;            // found on the page itself, and another range than 0 .. white
} page_range;

typedef struct picture {
    hg__denoise_work *d; // borrowed
    const char *path;
    hg__image_reader *reader; // owned
    hg__image_reader *first;  // owned: the same file for the first of two passes; else NULL
    bool is_first;            // that is what is read
    hg__image_writer *writer; // owned
    page_range *page;         // owned, (ranges); NULL: all pages are 0 .. white
    int32_t ranges;
    hg__line_io io; // of this page
    page_range now; // the same
} picture;

// ---- the range of a page ------------------------------------------------------------------------

static int read_page(picture *p, hg__image_reader *r, hg__range_finder *f, hg_error *err) {
    const hg__image_info *info = hg__image_info_of(r);
    const bool is_open = hg__range_is_open(info);
    uint8_t *line = hg__alloc(hg__image_line_bytes(info), 1, err);
    int code = line ? HG_OK : HG_ERR_MEMORY;
    if (code == HG_OK && is_open) code = hg__range_begin(f, info, err);
    for (int32_t y = 0; code == HG_OK && y < info->height; y++) {
        code = hg__image_read_lines(r, line, 1, err);
        if (code == HG_OK && is_open) hg__range_add(f, line);
        if (code == HG_OK && hg__is_stopped(p->d->listener)) {
            code = hg__fail(err, HG_ERR_STOPPED, "%s: stopped on request", p->path);
        }
    }
    hg__free(line);
    return code;
}

static void tell_of_other(const picture *p, const hg__range_rule *rule) {
    char text[160];
    snprintf(text, sizeof text,
             "the model was trained on %s samples of %.6g .. %.6g, which these are not: they are "
             "taken by their own range",
             hg__dtype_name(rule->dtype), rule->low, rule->high);
    if (p->d->has_told_other) {
        hg__denoise_detail(p->d, "%s: %s", p->path, text);
    } else {
        hg__denoise_note(p->d, "%s: %s", p->path, text);
    }
    p->d->has_told_other = true;
}

static page_range pick_range(const picture *p, const hg__image_info *info, hg__range_finder *f) {
    const hg__range_rule *rule = &p->d->model->range;
    hg__page_samples found;
    hg__range_end(f, &found);
    page_range page = {.range = found.own, .has_outside = found.has_outside, .is_own = true};
    if (hg__range_suits(rule, info, f)) {
        page.range = hg__range_within(&found, rule->low, rule->high);
        page.is_own = false;
    } else if (rule->kind == HG_RANGE_FIXED && info->page == 0) {
        tell_of_other(p, rule);
    }
    return page;
}

static int find_page(picture *p, hg__image_reader *r, hg__range_finder **f, hg_error *err) {
    const hg__image_info *info = hg__image_info_of(r);
    page_range *grown = hg__grow(p->page, (size_t)p->ranges + 1, sizeof *grown, err);
    if (!grown) return HG_ERR_MEMORY;
    p->page = grown;
    page_range *page = &grown[p->ranges++];
    *page = (page_range){.has_outside = info->has_nodata};
    const bool is_open = hg__range_is_open(info);
    if (is_open && !*f) *f = hg__range_finder_new(err);
    if (is_open && !*f) return HG_ERR_MEMORY;
    HG_TRY(read_page(p, r, *f, err));
    if (is_open) *page = pick_range(p, info, *f);
    return HG_OK;
}

static int find_ranges(picture *p, hg_error *err) {
    const hg__image_info *info = hg__image_info_of(p->reader);
    if (!hg__outside_is_open(info) && info->pages == 1) return HG_OK;
    hg__image_reader *r = hg__image_open(p->path, err);
    hg__range_finder *f = NULL;
    int more = r ? 1 : (int)err->code;
    while (more > 0) {
        more = find_page(p, r, &f, err);
        if (more == HG_OK) more = hg__image_next_page(r, err);
    }
    hg__range_finder_free(f);
    hg__image_close(r);
    return more;
}

// ---- lines in, lines out ------------------------------------------------------------------------

static int read_lines(void *context, void *to, int32_t lines, hg_error *err) {
    picture *p = context;
    return hg__image_read_lines(p->is_first ? p->first : p->reader, to, lines, err);
}

static int read_again(void *context, hg_error *err) {
    (void)err;
    picture *p = context;
    p->is_first = false;
    return HG_OK;
}

// A disk that is full is so for every file.
static int writing(picture *p, int code) {
    if (code == HG_ERR_IO) p->d->is_fatal = true;
    return code;
}

static int write_lines(void *context, const void *from, int32_t lines, hg_error *err) {
    picture *p = context;
    return writing(p, hg__image_write_lines(p->writer, from, lines, err));
}

// ---- pages --------------------------------------------------------------------------------------

// What the codecs hold of a page: the reader says it, a writer of the same format holds as much.
static int plan_page(picture *p, hg__tiling *t, hg_error *err) {
    const char *note = hg__image_note(p->reader);
    if (*note) hg__denoise_note(p->d, "%s: %s", p->path, note);
    const hg__image_info *info = hg__image_info_of(p->reader);
    p->now = (page_range){.is_own = false};
    if (p->page && info->page < p->ranges) p->now = p->page[info->page];
    p->io = (hg__line_io){.context = p,
                          .name = p->path,
                          .info = *info,
                          .has_outside = p->now.has_outside,
                          .held = (p->first ? 3 : 2) * hg__image_held(p->reader),
                          .read = read_lines,
                          .write = write_lines,
                          .again = read_again,
                          .listener = p->d->listener};
    p->io.info.range = p->now.range;
    return hg__denoiser_plan_lines(p->d->denoiser, &p->io, t, err);
}

// outside: samples of this page.
static void tell_of_range(picture *p, int64_t outside) {
    const hg__image_info *info = &p->io.info;
    const hg__sample_range *r = &info->range;
    const hg__denoise_work *d = p->d;
    if (p->now.is_own && hg__range_is_other(info)) {
        hg__denoise_detail(d, "%s: page %d: its own range, %.6g .. %.6g, is 0 .. 1 to the model",
                           p->path, info->page + 1, r->low, r->high);
    }
    if (outside == 0) return;
    char text[128];
    snprintf(text, sizeof text, "%lld sample%s, without a value or far from all others, left as %s",
             (long long)outside, outside > 1 ? "s" : "", outside > 1 ? "they are" : "it is");
    if (d->has_told_outside) {
        hg__denoise_detail(d, "%s: %s", p->path, text);
    } else {
        hg__denoise_note(d, "%s: %s", p->path, text);
    }
    p->d->has_told_outside = true;
}

// A mask is no picture: its lines go through as they are.
static int pass_page(picture *p, hg_error *err) {
    uint8_t *line = hg__alloc(hg__image_line_bytes(&p->io.info), 1, err);
    int code = line ? HG_OK : HG_ERR_MEMORY;
    for (int32_t y = 0; y < p->io.info.height && code == HG_OK; y++) {
        code = hg__image_read_lines(p->reader, line, 1, err);
        if (code == HG_OK) code = write_lines(p, line, 1, err);
    }
    hg__free(line);
    return code;
}

static int run_page(picture *p, const hg__tiling *t, hg_error *err) {
    hg__denoise_work *d = p->d;
    if (p->io.info.is_mask) return pass_page(p, err);
    const double started = hg__seconds();
    const int64_t pixels = (int64_t)t->height * t->width;
    int64_t outside;
    hg__denoise_tell_of_blending(d, t);
    if (!d->is_folder) {
        hg__meter_start(&d->meter, d->listener, "denoising", "pixels", pixels);
        p->io.worth = pixels / ((p->first ? 2 : 1) * (int64_t)t->rows * t->columns * t->runs);
    }
    p->io.meter = &d->meter;
    p->is_first = p->first;
    if (d->cleaner.kind == HG_BY_MODEL) {
        HG_TRY(hg__denoiser_run_lines(d->denoiser, t, &p->io, &outside, err));
        hg__denoise_tell_level(d, p->path);
    } else {
        HG_TRY(hg__cleaner_run_lines(&d->cleaner, d->denoiser, &p->io, &outside, err));
    }
    if (!d->is_folder) hg__meter_end(&d->meter);
    tell_of_range(p, outside);
    d->result->pixels += pixels;
    hg__denoise_detail(d, "%s: %d x %d, %d channel%s, %d x %d windows of %d x %d, %.2f s", p->path,
                       t->width, t->height, p->io.info.channels, p->io.info.channels > 1 ? "s" : "",
                       t->columns, t->rows, t->window_width, t->window_height,
                       hg__seconds() - started);
    return HG_OK;
}

static int create(picture *p, const char *out, hg_error *err) {
    hg_error own = {0};
    const char *format = hg__image_format_of(out);
    const bool is_alike = !format || strcmp(format, p->io.info.format) == 0;
    p->writer = is_alike ? hg__image_create(out, p->reader, &own)
                         : hg__image_create_new(out, &p->io.info, &own);
    if (p->writer) return HG_OK;
    *err = own;
    return writing(p, (int)own.code);
}

static int changed(const picture *p, hg_error *err) {
    return hg__fail(err, HG_ERR_IO, "%s: expected as many pages as before, got fewer: it changed",
                    p->path);
}

static int run_more_pages(picture *p, hg_error *err) {
    hg__tiling t;
    int more;
    while ((more = hg__image_next_page(p->reader, err)) > 0) {
        if (p->first) {
            const int also = hg__image_next_page(p->first, err);
            if (also <= 0) return also < 0 ? also : changed(p, err);
        }
        HG_TRY(plan_page(p, &t, err));
        HG_TRY(writing(p, hg__image_start_page(p->writer, p->reader, err)));
        HG_TRY(run_page(p, &t, err));
    }
    return more;
}

static int run_pages(picture *p, const char *out, hg_error *err) {
    hg__tiling t;
    int code = hg__denoise_tune_to(p->d, p->path, hg__image_info_of(p->reader), err);
    if (code == HG_OK && hg__tuner_is_twofold(&p->d->denoiser->tuner)) {
        p->first = hg__image_open(p->path, err);
        if (!p->first) code = (int)err->code;
    }
    if (code == HG_OK) code = find_ranges(p, err);
    if (code == HG_OK) code = plan_page(p, &t, err);
    if (code == HG_OK) code = create(p, out, err);
    if (code == HG_OK) code = run_page(p, &t, err);
    if (code == HG_OK) code = run_more_pages(p, err);
    if (code < 0) return code;
    hg__image_writer *w = p->writer;
    p->writer = NULL;
    return writing(p, hg__image_commit(w, err));
}

int hg__denoise_image(hg__denoise_work *d, const char *path, const char *out, hg_error *err) {
    HG_TRY(hg__check_out(path, "image", out, err));
    picture p = {.d = d, .path = path};
    p.reader = hg__image_open(path, err);
    int code = p.reader ? run_pages(&p, out, err) : (int)err->code;
    hg__image_abort(p.writer);
    hg__image_close(p.reader);
    hg__image_close(p.first);
    hg__free(p.page);
    if (code < 0) d->result->failed++;
    return code;
}
