// SPDX-License-Identifier: Apache-2.0
// denoise_page.c - images that were cleaned, as a page: the middle of some of them before and after, and what was taken away.
//
// There is no clean image to measure against: what was taken away should look like noise, and hold nothing of the picture.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/show.h"
#include "image/range.h"
#include "jobs/pages.h"
#include "model/model.h"

enum {
    SHOWN = 12,
    SIDE = 240,           // pixels of the part that is looked at
    MOST_BYTES = 1 << 26, // of an image's pixels: larger ones are read for nothing else
    MOST_TIMES = 16
};

static const double seen = 0.15; // root mean square of what is well to be seen around grey

typedef struct shown {
    char name[128];
    hg__canvas parts;      // owned: in, out and what was taken away
    int32_t width, height; // of the image
    double removed;        // root mean square of what was taken away, white being 1
    int32_t times;         // as strong it is shown
} shown;

struct hg__denoise_page {
    shown image[SHOWN];
    int32_t count;
    hg__range_finder *finder; // owned
};

hg__denoise_page *hg__denoise_page_new(hg_error *err) {
    hg__denoise_page *p = hg__alloc(1, sizeof *p, err);
    if (!p) return NULL;
    p->finder = hg__range_finder_new(err);
    if (p->finder) return p;
    hg__free(p);
    return NULL;
}

void hg__denoise_page_free(hg__denoise_page *p) {
    if (!p) return;
    for (int32_t i = 0; i < p->count; i++) hg__canvas_clear(&p->image[i].parts);
    hg__range_finder_free(p->finder);
    hg__free(p);
}

// ---- the middle of an image before and after ----------------------------------------------------

// Whether the file's pixels are few enough to be read whole; or a code.
static int is_small(const char *path, hg_error *err) {
    hg__image_reader *r = hg__image_open(path, err);
    if (!r) return (int)err->code;
    const hg__image_info *info = hg__image_info_of(r);
    const bool is = hg__image_line_bytes(info) <= MOST_BYTES / (size_t)info->height;
    hg__image_close(r);
    return is;
}

// The middle (f->height, f->width, f->channels) as numbers.
static void cut_middle(const hg__image *image, const hg__frame *f, float *to) {
    hg__image_info line = image->info;
    line.width = f->width;
    const size_t pixel = hg__image_line_bytes(&image->info) / (size_t)image->info.width;
    const size_t left = (size_t)(image->info.width - f->width) / 2 * pixel;
    const size_t top = (size_t)(image->info.height - f->height) / 2;
    for (size_t y = 0; y < (size_t)f->height; y++) {
        const uint8_t *from =
            (const uint8_t *)image->pixels + left + (top + y) * hg__image_line_bytes(&image->info);
        hg__image_to_real(&line, from, 1, f->channels,
                          to + y * (size_t)f->width * (size_t)f->channels);
    }
}

static int compare(hg__denoise_page *p, const hg__image *in, const hg__image *out, shown *s,
                   hg_error *err) {
    const hg__image_info *info = &in->info;
    const hg__frame f = {hg__min(info->height, SIDE), hg__min(info->width, SIDE),
                         info->channels == 3 && out->info.channels == 3 ? 3 : 1};
    const size_t n = hg__frame_samples(&f);
    float *x = hg__alloc(n, 3 * sizeof *x, err);
    if (!x) return HG_ERR_MEMORY;
    const float *const part[3] = {x, x + n, x + 2 * n};
    double squares = 0;
    cut_middle(in, &f, x);
    cut_middle(out, &f, x + n);
    for (size_t i = 0; i < n; i++) {
        x[2 * n + i] = x[i] - x[n + i];
        squares += (double)x[2 * n + i] * (double)x[2 * n + i];
    }
    s->removed = sqrt(squares / (double)n);
    s->times = (int32_t)fmin(fmax(round(seen / fmax(s->removed, 1e-6)), 1), MOST_TIMES);
    for (size_t i = 0; i < n; i++) x[2 * n + i] = 0.5F + (float)s->times * x[2 * n + i];
    s->width = info->width;
    s->height = info->height;
    const int code = hg__draw_middles(&s->parts, &f, part, 3, err);
    hg__free(x);
    if (code == HG_OK) p->count++;
    return code;
}

// One range for both, where samples have one of their own.
static int find_range(hg__denoise_page *p, hg__image *in, hg__image *out, hg_error *err) {
    hg__page_samples found;
    if (!hg__range_is_open(&in->info)) return HG_OK;
    HG_TRY(hg__range_find(p->finder, in, &found, err));
    in->info.range = found.own;
    if (hg__range_is_alike(&in->info, &out->info)) out->info.range = found.own;
    return HG_OK;
}

int hg__denoise_page_add(hg__denoise_page *p, const char *in, const char *out, hg_error *err) {
    if (!p || p->count == SHOWN) return HG_OK;
    shown *s = &p->image[p->count];
    const char *slash = strrchr(in, '/');
    const int small = is_small(in, err);
    if (small <= 0) return small;
    snprintf(s->name, sizeof s->name, "%.127s", slash ? slash + 1 : in);
    hg__cut_partial(s->name);
    hg__image before = {0}, after = {0};
    int code = hg__image_load(&before, in, true, err);
    if (code == HG_OK) code = hg__image_load(&after, out, true, err);
    const bool is_alike = code == HG_OK && before.info.width == after.info.width &&
                          before.info.height == after.info.height;
    if (is_alike) code = find_range(p, &before, &after, err);
    if (code == HG_OK && is_alike) code = compare(p, &before, &after, s, err);
    hg__image_clear(&before);
    hg__image_clear(&after);
    return code;
}

// ---- the page -----------------------------------------------------------------------------------

static void add_figures(hg__page *to, const hg_result *r) {
    hg__page_section(to, "figures", "What was done");
    hg__page_begin_list(to, true);
    hg__page_fact(to, "Images", "%d", r->images);
    if (r->failed) hg__page_fact(to, "Could not be cleaned", "%d", r->failed);
    hg__page_fact(to, "Pixels", "%lld", (long long)r->pixels);
    hg__page_fact(to, "Seconds", r->seconds < 100 ? "%.3g" : "%.0f", r->seconds);
    hg__page_end_list(to);
}

static int add_pictures(hg__page *to, const hg__denoise_page *p, hg_error *err) {
    hg__page_section(to, "pictures", "Before and after");
    if (!p->count) {
        hg__page_paragraph(to, "No image is shown: each has more than %d MB of pixels.",
                           MOST_BYTES >> 20);
        return HG_OK;
    }
    hg__page_paragraph(to,
                       "The middle of some images: what went in, what came out, and what was "
                       "taken away, around grey. Grain alone should be there: edges and letters "
                       "would be detail that is lost.");
    for (int32_t i = 0; i < p->count; i++) {
        const shown *s = &p->image[i];
        char alt[220];
        snprintf(alt, sizeof alt, "%s: what went in, what came out, what was taken away", s->name);
        hg__page_begin_figure(to);
        HG_TRY(hg__page_image(to, &s->parts, alt, true, err));
        hg__page_end_figure(
            to,
            "%s, %d × %d: %.2f of 255 was taken away (root mean square), shown %d times as strong",
            s->name, s->width, s->height, 255 * s->removed, (int)s->times);
    }
    return HG_OK;
}

int hg__denoise_page_save(const hg__denoise_page *p, const hg_options *o, const hg_model *model,
                          const hg_result *r, hg_error *err) {
    char title[300], data[2 * HG_MAX_VALUE];
    hg__page page = {0};
    if (!p) return HG_OK;
    hg__mask_secrets(o->values.data, data, sizeof data);
    snprintf(title, sizeof title, "%.200s: images cleaned", data);
    const hg__page_head head = {title, "What a denoiser made of images, with nothing clean beside "
                                       "them to measure it by."};
    add_figures(&page, r);
    int code = add_pictures(&page, p, err);
    if (code == HG_OK) code = hg__job_page_save(&page, o, &head, model, "", err);
    hg__page_clear(&page);
    return code;
}
