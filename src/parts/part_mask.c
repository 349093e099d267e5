// SPDX-License-Identifier: Apache-2.0
// part_mask.c - a part's ground truth as a raster of 0 and 1.
#include <string.h>

#include "base/file.h"
#include "image/image.h"
#include "parts/part_set.h"

// The size is known from the header, before memory is taken.
static int check_size(const char *path, const char *part, int32_t height, int32_t width,
                      hg_error *err) {
    hg__image_reader *r = hg__image_open(path, err);
    if (!r) return err ? (int)err->code : HG_ERR_DATA;
    const hg__image_info *info = hg__image_info_of(r);
    const bool is_turned = info->orientation >= 5;
    const int32_t own_width = is_turned ? info->height : info->width;
    const int32_t own_height = is_turned ? info->width : info->height;
    hg__image_close(r);
    if (own_width == width && own_height == height) return HG_OK;
    return hg__fail(err, HG_ERR_DATA,
                    "%s: expected a mask of %d x %d pixels as %.200s has, got %d x %d", path, width,
                    height, part, own_width, own_height);
}

static void fill(const hg__image *image, hg__raster *mask) {
    const hg__image_info *info = &image->info;
    const int32_t samples = hg__image_samples(info);
    const size_t count = hg__raster_count(mask);
    const bool is_blurred = info->is_lossy;
    for (size_t i = 0; i < count; i++) {
        bool is = false;
        for (int32_t k = 0; k < info->channels; k++) {
            const size_t at = i * (size_t)samples + (size_t)k;
            const double sample = hg__image_sample(info->dtype, image->pixels, at);
            is = is || (is_blurred ? 2 * sample >= (double)info->white : sample > 0);
        }
        mask->at[i] = is ? 1.0F : 0.0F;
    }
}

int hg__part_mask_load(const hg__part_set *s, int32_t i, int32_t height, int32_t width,
                       hg__raster *mask, hg_error *err) {
    const hg__part *p = &s->part[i];
    hg__image image = {0};
    *mask = (hg__raster){0};
    if (!p->mask && p->is_defect) {
        return hg__fail(err, HG_ERR_DATA, "%s/%s: expected a mask of its defect, there is none",
                        s->folder, p->path);
    }
    if (!p->mask) return hg__raster_init(mask, height, width, 1, err);
    HG_TRY(check_size(p->mask, p->path, height, width, err));
    HG_TRY(hg__image_load(&image, p->mask, true, err));
    const bool is_same = image.info.height == height && image.info.width == width;
    int code =
        is_same ? hg__raster_init(mask, height, width, 1, err)
                : hg__fail(err, HG_ERR_IO, "%s: it was changed while it was being read", p->mask);
    if (code == HG_OK) fill(&image, mask);
    hg__image_clear(&image);
    return code;
}
