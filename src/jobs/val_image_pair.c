// SPDX-License-Identifier: Apache-2.0
// val_image_pair.c - an image that val measures on as numbers: read, given its range and noise, and compared.
#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "jobs/val.h"

// ---- images in ----------------------------------------------------------------------------------

static int load(hg__image *image, const char *folder, const char *name, hg_error *err) {
    char path[1024];
    HG_TRY(hg__join_path(path, sizeof path, folder, name, err));
    return hg__image_load(image, path, true, err);
}

// What becomes 0 and 1: as denoise has it. A partner of the same samples shares the image's range.
static int find_range(hg__image_pair *s, hg__image_pair_source *from, hg__image *image,
                      hg_error *err) {
    const hg__range_rule *rule = &from->model->range;
    hg__image_info *info = &image->info;
    hg__page_samples found;
    if (!hg__range_is_open(info)) return HG_OK;
    if (!from->finder) from->finder = hg__range_finder_new(err);
    if (!from->finder) return HG_ERR_MEMORY;
    HG_TRY(hg__range_find(from->finder, image, &found, err));
    const hg__sample_range *of_image = &s->info.range;
    const bool is_partner = s->info.format && of_image->low < of_image->high;
    if (is_partner &&
        (hg__range_is_alike(info, &s->info) || hg__range_is_shared(&s->page, &found))) {
        hg__range_join(&s->page, &found);
        info->range = hg__range_within(&found, of_image->low, of_image->high);
    } else if (hg__range_suits(rule, info, from->finder)) {
        info->range = hg__range_within(&found, rule->low, rule->high);
    } else {
        info->range = found.own;
    }
    if (!s->info.format) s->page = found;
    return HG_OK;
}

// Marks samples outside, of any of a pixel's channels where the frame is grey, and fills them.
static int fill_outside(hg__image_pair *s, hg__image *image, hg_error *err) {
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

static int take_numbers(hg__image_pair *s, hg__image_pair_source *from, hg__image *image, float **x,
                        hg_error *err) {
    HG_TRY(find_range(s, from, image, err));
    HG_TRY(fill_outside(s, image, err));
    *x = hg__alloc(hg__frame_samples(&s->frame), sizeof **x, err);
    if (!*x) return HG_ERR_MEMORY;
    hg__image_to_real(&image->info, image->pixels, s->frame.height, s->frame.channels, *x);
    return HG_OK;
}

// The image as numbers: frame says of what size and, once known, how many channels.
static int read_image(hg__image_pair *s, hg__image_pair_source *from, const char *folder,
                      const char *name, float **x, hg_error *err) {
    hg__image image = {0};
    HG_TRY(load(&image, folder, name, err));
    if (s->frame.channels == 0) {
        const bool is_grey = from->channels == 1 || image.info.channels == 1;
        s->frame.channels = is_grey ? 1 : 3;
    }
    int code;
    if (image.info.height != s->frame.height || image.info.width != s->frame.width) {
        code = hg__fail(err, HG_ERR_DATA, "%s/%s: expected %d x %d pixels as before, got %d x %d",
                        folder, name, s->frame.width, s->frame.height, image.info.width,
                        image.info.height);
    } else {
        code = take_numbers(s, from, &image, x, err);
    }
    if (!s->info.format) s->info = image.info;
    hg__image_clear(&image);
    return code;
}

static int corrupt(hg__image_pair *s, const hg__image_pair_source *from, int64_t image,
                   hg_error *err) {
    const hg__frame *f = &s->frame;
    const hg__noise *noise = &from->noise;
    const hg__noise_place at = {.height = f->height,
                                .width = f->width,
                                .channels = f->channels,
                                .seed = from->seed,
                                .row = (uint64_t)image};
    HG_TRY(hg__noise_check(noise, f->height, f->width, f->channels, err));
    float *scratch =
        hg__alloc(hg__noise_scratch(noise, f->height, f->width, f->channels), sizeof *scratch, err);
    if (!scratch) return HG_ERR_MEMORY;
    const int code = hg__noise_apply(noise, &at, s->x, s->clean, scratch, err);
    hg__free(scratch);
    return code;
}

// PSNR is told of white where samples are whole numbers, of the end of the range where they are floats.
static int open_measure(hg__image_pair *s, hg_error *err) {
    const hg__image_info *info = &s->info;
    const double range = info->range.high - info->range.low, white = (double)info->white;
    const bool is_whole = !hg__image_is_real(info->dtype);
    if (hg__range_is_other(info) && is_whole) s->decibels = 20 * log10(white / range);
    s->line = hg__alloc(hg__image_line_bytes(info), 1, err);
    return s->line ? HG_OK : HG_ERR_MEMORY;
}

// The image, and what is clean: its partner, or the image itself.
static int read_pair(hg__image_pair *s, hg__image_pair_source *from, const hg__picture_files *f,
                     hg_error *err) {
    HG_TRY(read_image(s, from, f->folder, f->name, &s->x, err));
    if (f->target) return read_image(s, from, f->target_folder, f->target, &s->clean, err);
    const size_t samples = hg__frame_samples(&s->frame);
    s->clean = hg__alloc(samples, sizeof *s->clean, err);
    if (!s->clean || !s->x) return HG_ERR_MEMORY;
    memcpy(s->clean, s->x, samples * sizeof *s->clean);
    return HG_OK;
}

int hg__image_pair_read(hg__image_pair *s, hg__image_pair_source *from, const hg__picture_files *f,
                        int64_t image, hg_error *err) {
    s->name = f->name;
    s->frame = (hg__frame){f->height, f->width, 0};
    HG_TRY(read_pair(s, from, f, err));
    HG_TRY(open_measure(s, err));
    return from->noise.steps ? corrupt(s, from, image, err) : HG_OK;
}

void hg__image_pair_clear(hg__image_pair *s) {
    hg__free(s->clean);
    hg__free(s->x);
    hg__free(s->outside);
    hg__free(s->line);
}

// ---- what was made of it ------------------------------------------------------------------------

int hg__image_pair_measure(const hg__image_pair *s, hg__pool *pool, float *y, hg__quality *q,
                           hg_error *err) {
    const size_t samples = hg__frame_samples(&s->frame);
    size_t counted = samples;
    for (size_t i = 0; s->outside && i < samples; i++) {
        if (s->outside[i]) y[i] = s->clean[i];
        counted -= s->outside[i];
    }
    q->psnr = hg__psnr(&s->frame, y, s->clean) + s->decibels;
    if (counted < samples) q->psnr -= 10 * log10((double)samples / (double)(counted + !counted));
    return hg__ssim(pool, &s->frame, y, s->clean, &q->ssim, err);
}

void hg__image_pair_put_into_file(const hg__image_pair *s, float *y) {
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
