// SPDX-License-Identifier: Apache-2.0
// part_load.c - a picture as a view sees it, its lines reduced as they are read.
//
// A file is read twice where its range is to be found first (all but 8 bits). A turned one (EXIF) is held whole, as samples; lines
// below the crop are not read.
#include "base/int.h"
#include "base/mem.h"
#include "parts/part_internal.h"
#include "parts/resize.h"

// Lines of samples on their way into the raster.
typedef struct goal {
    hg__raster *to;      // of lines its shape
    hg__take_line *take; // NULL: into the raster
    void *context;
} goal;

typedef struct feed {
    const hg__part_view *view;
    hg__image_info info;
    hg__crop crop;
    bool fills;       // some samples may be outside
    uint8_t *line[2]; // owned, the last ones
    uint8_t *is;      // owned, (width, channels)
    float *real;      // owned, (width, view's channels)
    hg__resizer *resizer;
} feed;

// ---- sizes --------------------------------------------------------------------------------------

int hg__part_check_crop(const hg__crop *c, const char *path, int32_t height, int32_t width,
                        hg_error *err) {
    if (c->width == 0 || (c->left + c->width <= width && c->top + c->height <= height)) {
        return HG_OK;
    }
    return hg__fail(err, HG_ERR_DATA,
                    "%s: expected at least %d x %d pixels, as the crop reaches there, got %d x %d",
                    path, c->left + c->width, c->top + c->height, width, height);
}

static int check_size(const hg__part_view *v, const char *path, const hg__part_geometry *g,
                      hg_error *err) {
    HG_TRY(hg__part_check_crop(&v->crop, path, g->height, g->width, err));
    if (!v->region.run || hg__alignment_has(&v->alignment) || !g->is_other_size) return HG_OK;
    return hg__fail(err, HG_ERR_DATA,
                    "%s: expected %d x %d pixels as the region of interest has, got %d x %d", path,
                    v->width, v->height, g->width, g->height);
}

static int find_geometry(const hg__part_view *v, const char *path, const hg__image_info *info,
                         hg__part_geometry *g, hg_error *err) {
    const bool is_turned = info->orientation >= 5;
    *g = (hg__part_geometry){.height = is_turned ? info->width : info->height,
                             .width = is_turned ? info->height : info->width,
                             .score = 1};
    g->is_other_size = v->height > 0 && (g->height != v->height || g->width != v->width);
    g->is_larger = v->height > 0 && (g->height > v->height || g->width > v->width);
    HG_TRY(check_size(v, path, g, err));
    g->crop = v->crop.width ? v->crop : (hg__crop){0, 0, g->width, g->height};
    g->frame_height = g->working.height = hg__part_scaled(g->crop.height, v->factor);
    g->frame_width = g->working.width = hg__part_scaled(g->crop.width, v->factor);
    const int64_t numbers = (int64_t)g->working.height * g->working.width * v->channels;
    if (numbers <= HG_MAX_PART_NUMBERS) return HG_OK;
    return hg__fail(err, HG_ERR_DATA,
                    "%s: expected at most %d numbers a picture, got %d x %d x %d (imgsz= makes "
                    "pictures smaller)",
                    path, HG_MAX_PART_NUMBERS, g->working.width, g->working.height, v->channels);
}

// ---- the range ----------------------------------------------------------------------------------

int hg__part_read_page(hg__image_reader *r, hg__range_finder *f, hg_error *err) {
    const hg__image_info *info = hg__image_info_of(r);
    uint8_t *line = hg__alloc(hg__image_line_bytes(info), 1, err);
    int code = line ? HG_OK : HG_ERR_MEMORY;
    if (code == HG_OK && f) code = hg__range_begin(f, info, err);
    for (int32_t y = 0; y < info->height && code == HG_OK; y++) {
        code = hg__image_read_lines(r, line, 1, err);
        if (code == HG_OK && f) hg__range_add(f, line);
    }
    hg__free(line);
    return code;
}

static hg__sample_range pick_range(const hg__part_view *v, const hg__image_info *info,
                                   hg__range_finder *f) {
    hg__page_samples page;
    hg__range_end(f, &page);
    if (!hg__range_suits(&v->range, info, f)) return page.own;
    return hg__range_within(&page, v->range.low, v->range.high);
}

// From the file's lines or, where `image` is not NULL, from those.
static int find_range(const hg__part_view *v, const char *path, const hg__image *image,
                      hg__image_info *info, hg_error *err) {
    if (!hg__range_is_open(info)) return HG_OK;
    hg__range_finder *f = hg__range_finder_new(err);
    if (!f) return HG_ERR_MEMORY;
    int code = HG_OK;
    if (image) {
        code = hg__range_begin(f, info, err);
        for (int32_t y = 0; code == HG_OK && y < info->height; y++) {
            hg__range_add(f,
                          (const uint8_t *)image->pixels + (size_t)y * hg__image_line_bytes(info));
        }
    } else {
        hg__image_reader *r = hg__image_open(path, err);
        code = r ? hg__part_read_page(r, f, err) : (int)err->code;
        hg__image_close(r);
    }
    if (code == HG_OK) info->range = pick_range(v, info, f);
    hg__range_finder_free(f);
    return code;
}

// ---- lines --------------------------------------------------------------------------------------

static void clear_feed(feed *f) {
    hg__free(f->line[0]);
    hg__free(f->line[1]);
    hg__free(f->is);
    hg__free(f->real);
    hg__resizer_free(f->resizer);
}

static int init_feed(feed *f, const goal *to, hg_error *err) {
    const size_t width = (size_t)f->info.width, bytes = hg__image_line_bytes(&f->info);
    f->fills = hg__outside_is_open(&f->info);
    f->line[0] = hg__alloc(bytes, 1, err);
    f->line[1] = hg__alloc(bytes, 1, err);
    f->is = hg__alloc(width, (size_t)f->info.channels, err);
    f->real = hg__alloc(width * (size_t)f->view->channels, sizeof *f->real, err);
    f->resizer = to->take ? hg__resizer_new_lines(f->crop.height, f->crop.width, to->to, to->take,
                                                  to->context, err)
                          : hg__resizer_new(f->crop.height, f->crop.width, to->to, err);
    return f->line[0] && f->line[1] && f->is && f->real && f->resizer ? HG_OK : HG_ERR_MEMORY;
}

// Line y, which may be changed; `above` is the one before as this left it.
static void take_line(feed *f, int32_t y, uint8_t *line, const uint8_t *above) {
    const int32_t C = f->view->channels;
    if (f->fills && hg__outside_mark(&f->info, line, (size_t)f->info.width, f->is) > 0) {
        hg__outside_fill(&f->info, line, above, f->is);
    }
    if (y < f->crop.top) return;
    hg__image_to_real(&f->info, line, 1, C, f->real);
    hg__resizer_add(f->resizer, f->real + (size_t)f->crop.left * (size_t)C);
}

static int read_lines(feed *f, hg__image_reader *r, hg_error *err) {
    const int32_t end = f->crop.top + f->crop.height;
    for (int32_t y = 0; y < end; y++) {
        uint8_t *line = f->line[y % 2];
        HG_TRY(hg__image_read_lines(r, line, 1, err));
        take_line(f, y, line, y > 0 ? f->line[(y + 1) % 2] : NULL);
    }
    return HG_OK;
}

static void take_image(feed *f, const hg__image *image) {
    const int32_t end = f->crop.top + f->crop.height;
    const size_t bytes = hg__image_line_bytes(&image->info);
    uint8_t *line = image->pixels;
    for (int32_t y = 0; y < end; y++, line += bytes) {
        take_line(f, y, line, y > 0 ? line - bytes : NULL);
    }
}

// An upright image.
static int reduce(const hg__part_view *v, const char *name, hg__image *image,
                  const hg__part_geometry *g, const goal *to, hg_error *err) {
    int code = find_range(v, name, image, &image->info, err);
    feed f = {.view = v, .info = image->info, .crop = g->crop};
    if (code == HG_OK) code = init_feed(&f, to, err);
    if (code == HG_OK) take_image(&f, image);
    clear_feed(&f);
    return code;
}

static int load_whole(const hg__part_view *v, const char *path, const hg__part_geometry *g,
                      const goal *to, hg_error *err) {
    hg__image image;
    HG_TRY(hg__image_load(&image, path, true, err));
    const bool fits = image.info.height == g->height && image.info.width == g->width;
    const int code = fits ? reduce(v, path, &image, g, to, err)
                          : hg__fail(err, HG_ERR_DATA, "%s: changed while it was read", path);
    hg__image_clear(&image);
    return code;
}

static int load_lines(const hg__part_view *v, const char *path, hg__image_reader *r,
                      const hg__part_geometry *g, const goal *to, hg_error *err) {
    feed f = {.view = v, .info = *hg__image_info_of(r), .crop = g->crop};
    int code = find_range(v, path, NULL, &f.info, err);
    if (code == HG_OK) code = init_feed(&f, to, err);
    if (code == HG_OK) code = read_lines(&f, r, err);
    clear_feed(&f);
    return code;
}

static int load(const hg__part_view *v, const char *path, hg__image_reader *r, const goal *to,
                hg__part_geometry *g, hg_error *err) {
    const hg__image_info *info = hg__image_info_of(r);
    HG_TRY(find_geometry(v, path, info, g, err));
    const int32_t height = g->working.height, width = g->working.width;
    if (to->take && (to->to->height != height || to->to->width != width)) {
        return hg__fail(err, HG_ERR_DATA, "%s: changed while it was read", path);
    }
    if (!to->take) {
        HG_TRY(hg__raster_init(to->to, height, width, v->channels, err));
    }
    const int code = info->orientation == 1 ? load_lines(v, path, r, g, to, err)
                                            : load_whole(v, path, g, to, err);
    if (code < 0) hg__raster_clear(to->to);
    return code;
}

// ---- all of it ----------------------------------------------------------------------------------

static int load_to(const hg__part_view *v, const char *path, const goal *to,
                   hg__part_geometry *where, hg_error *err) {
    hg_error own = {0};
    hg__part_geometry g;
    if (!err) err = &own;
    if (!to->take) *to->to = (hg__raster){0};
    hg__image_reader *r = hg__image_open(path, err);
    if (!r) return (int)err->code;
    const int code = load(v, path, r, to, where ? where : &g, err);
    hg__image_close(r);
    return code;
}

int hg__part_load_unaligned(const hg__part_view *v, const char *path, hg__raster *to,
                            hg__part_geometry *where, hg_error *err) {
    return load_to(v, path, &(goal){.to = to}, where, err);
}

int hg__part_load_lines(const hg__part_view *v, const char *path, hg__take_line *take,
                        void *context, const hg__part_geometry *where, hg_error *err) {
    hg__raster shape = {where->working.height, where->working.width, v->channels, NULL};
    return load_to(v, path, &(goal){&shape, take, context}, NULL, err);
}

int hg__part_measure(const hg__part_view *v, const char *path, hg__part_geometry *where,
                     hg_error *err) {
    hg_error own = {0};
    if (!err) err = &own;
    hg__image_reader *r = hg__image_open(path, err);
    if (!r) return (int)err->code;
    const int code = find_geometry(v, path, hg__image_info_of(r), where, err);
    hg__image_close(r);
    return code;
}

static int align(const hg__alignment *a, hg__raster *r, hg__part_geometry *g, hg_error *err) {
    hg__raster to;
    HG_TRY(hg__align_find(a, r, &g->pose, &g->score, err));
    HG_TRY(hg__raster_warp(&to, NULL, r, &g->pose, a->height, a->width, err));
    hg__raster_clear(r);
    *r = to;
    g->is_aligned = true;
    g->frame_height = a->height;
    g->frame_width = a->width;
    return HG_OK;
}

int hg__part_load(const hg__part_view *v, const char *path, hg__raster *to,
                  hg__part_geometry *where, hg_error *err) {
    hg__part_geometry g;
    if (!where) where = &g;
    HG_TRY(hg__part_load_unaligned(v, path, to, where, err));
    const int code =
        hg__alignment_has(&v->alignment) ? align(&v->alignment, to, where, err) : HG_OK;
    if (code < 0) hg__raster_clear(to);
    return code;
}

int hg__part_load_memory(const hg__part_view *v, hg__image *image, const char *name, hg__raster *to,
                         hg__part_geometry *where, hg_error *err) {
    *to = (hg__raster){0};
    HG_TRY(find_geometry(v, name, &image->info, where, err));
    HG_TRY(hg__raster_init(to, where->working.height, where->working.width, v->channels, err));
    int code = reduce(v, name, image, where, &(goal){.to = to}, err);
    if (code == HG_OK && hg__alignment_has(&v->alignment)) {
        code = align(&v->alignment, to, where, err);
    }
    if (code < 0) hg__raster_clear(to);
    return code;
}
