// SPDX-License-Identifier: Apache-2.0
// range_samples.c - samples as numbers of their page's range and back, and those that are outside of it.
#include <float.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "image/range.h"

// ---- numbers ------------------------------------------------------------------------------------

// x -> (x - low) / range, in units of white. In floats for samples that fit one, as long as the range does.
typedef struct scale {
    float unit, low, range;
    bool is_float;
} scale;

static scale scale_of(const hg__image_info *info) {
    const hg__sample_range *r = &info->range;
    const float low = (float)r->low / info->white, high = (float)r->high / info->white;
    const bool fits = info->dtype == HG_U16 || info->dtype == HG_F32;
    return (scale){1 / info->white, low, high - low, fits && isfinite(high - low) && high > low};
}

// Quarters, as the difference of two doubles need not be one.
static float number_of(const hg__sample_range *r, double sample) {
    return (float)((sample / 4 - r->low / 4) / (r->high / 4 - r->low / 4));
}

static double sample_of(const hg__sample_range *r, double number) {
    return 4 * (number * (r->high / 4 - r->low / 4) + r->low / 4);
}

void hg__range_to_real(const hg__image_info *info, const void *samples, size_t count, float *x) {
    const size_t stride = (size_t)hg__image_samples(info), C = (size_t)info->channels;
    const scale s = scale_of(info);
    const uint16_t *words = samples;
    const float *reals = samples;
    for (size_t p = 0; p < count; p++) {
        for (size_t c = 0; c < C; c++) {
            const size_t at = p * stride + c;
            if (!s.is_float) {
                *x = number_of(&info->range, hg__image_sample(info->dtype, samples, at));
            } else {
                const float sample = info->dtype == HG_U16 ? (float)words[at] : reals[at];
                *x = (s.unit * sample - s.low) / s.range;
            }
            if (!isfinite(*x)) *x = 0;
            x++;
        }
    }
}

static float mean_of(const float *x) {
    const float sum = x[0] + x[1] + x[2];
    return isfinite(sum) ? sum / 3 : x[0] / 3 + x[1] / 3 + x[2] / 3;
}

// White = 1: number c of the file's channels from x (channels).
static float take(const scale *s, const float *x, int32_t channels, int32_t c, int32_t wanted) {
    float back[3] = {0};
    for (int32_t i = 0; i < channels; i++) back[i] = x[i] * s->range + s->low;
    return channels == wanted ? back[c] : channels == 1 ? back[0] : mean_of(back);
}

static double take_wide(const hg__sample_range *r, const float *x, int32_t channels, int32_t c,
                        int32_t wanted) {
    if (channels == wanted) return sample_of(r, (double)x[c]);
    if (channels == 1) return sample_of(r, (double)x[0]);
    return sample_of(r, ((double)x[0] + (double)x[1] + (double)x[2]) / 3);
}

static uint16_t to_word(float value, float white) {
    return (uint16_t)(value > 0 ? (value < white ? rintf(value) : white) : 0);
}

// Within 0 .. white where the type has nothing below 0; floats stay finite.
static double clip(const hg__image_info *info, double value) {
    const double half_most = 65504, white = (double)info->white;
    const double most = info->dtype == HG_F16   ? half_most
                        : info->dtype == HG_F32 ? (double)FLT_MAX
                                                : DBL_MAX;
    if (!hg__image_is_signed(info->dtype)) return value > 0 ? (value < white ? value : white) : 0;
    return !(value >= -most) ? -most : value > most ? most : value;
}

void hg__range_from_real(const hg__image_info *info, const float *x, size_t count, int32_t channels,
                         void *samples) {
    const size_t stride = (size_t)hg__image_samples(info);
    const scale s = scale_of(info);
    uint16_t *words = samples;
    float *reals = samples;
    for (size_t p = 0; p < count; p++, x += channels) {
        for (int32_t c = 0; c < info->channels; c++) {
            const size_t at = p * stride + (size_t)c;
            if (!s.is_float) {
                const double v = take_wide(&info->range, x, channels, c, info->channels);
                hg__image_set_sample(info->dtype, samples, at, clip(info, v));
                continue;
            }
            const float v = info->white * take(&s, x, channels, c, info->channels);
            if (info->dtype == HG_U16) {
                words[at] = to_word(v, info->white);
            } else {
                reals[at] = (float)clip(info, (double)v);
            }
        }
    }
}

// ---- samples outside ----------------------------------------------------------------------------

bool hg__outside_is_open(const hg__image_info *info) {
    return hg__range_is_open(info) || info->has_nodata;
}

// GDAL writes -3.4028234663852886e+38, others -3.40282e+38.
static bool is_nodata(const hg__image_info *info, double sample) {
    const double huge = 1e30, near = 1e-5 * fabs(info->nodata);
    if (sample == info->nodata) return true;
    if (!hg__image_is_real(info->dtype)) return false;
    return sample == (double)(float)info->nodata ||
           (near > huge * 1e-5 && fabs(sample - info->nodata) <= near);
}

int64_t hg__outside_mark(const hg__image_info *info, const void *pixels, size_t count,
                         uint8_t *is) {
    const size_t stride = (size_t)hg__image_samples(info), C = (size_t)info->channels;
    const hg__sample_range *r = &info->range;
    const bool has_ends = r->low < r->high;
    int64_t found = 0;
    for (size_t p = 0; p < count; p++, is += C) {
        size_t none = 0;
        for (size_t c = 0; c < C; c++) {
            const double x = hg__image_sample(info->dtype, pixels, p * stride + c);
            is[c] = !isfinite(x) || (has_ends && !(x >= r->least && x <= r->most));
            none += info->has_nodata && is_nodata(info, x);
        }
        for (size_t c = 0; c < C; c++) {
            if (none == C) is[c] = 1;
            found += is[c];
        }
    }
    return found;
}

// What stands for sample x of a line's channel: mirrored at the nearer end of the run from..end-1 it lies in, or that end
// itself where the mirror shows another run.
static size_t mirror(const uint8_t *is, size_t C, size_t width, size_t from, size_t end, size_t x) {
    const bool has_left = from > 0, has_right = end < width;
    if (has_left && (!has_right || x - from <= end - 1 - x)) {
        const bool shows = 2 * from > x && !is[(2 * from - x - 1) * C];
        return shows ? 2 * from - x - 1 : from - 1;
    }
    const bool shows = 2 * end - x - 1 < width && !is[(2 * end - x - 1) * C];
    return shows ? 2 * end - x - 1 : end;
}

// A channel of a line: line and above begin with its first sample, is with its first mark.
static void fill_channel(const hg__image_info *info, uint8_t *line, const uint8_t *above,
                         const uint8_t *is) {
    const size_t C = (size_t)info->channels, width = (size_t)info->width;
    const size_t size = hg__dtype_size(info->dtype);
    const size_t pixel = size * (size_t)hg__image_samples(info);
    for (size_t x = 0, end; x < width; x = end) {
        end = x + 1;
        if (!is[x * C]) continue;
        while (end < width && is[end * C]) end++;
        for (size_t i = x; i < end; i++) {
            const uint8_t *from = above + i * pixel;
            if (end - x < width) from = line + mirror(is, C, width, x, end, i) * pixel;
            memcpy(line + i * pixel, from, size);
        }
    }
}

static bool is_all_outside(const hg__image_info *info, const uint8_t *is) {
    for (size_t x = 0; x < (size_t)info->width; x++) {
        if (!is[x * (size_t)info->channels]) return false;
    }
    return true;
}

void hg__outside_fill(const hg__image_info *info, void *line, const void *above,
                      const uint8_t *is) {
    const size_t size = hg__dtype_size(info->dtype);
    const size_t pixel = size * (size_t)hg__image_samples(info);
    for (size_t c = 0; c < (size_t)info->channels; c++) {
        uint8_t *to = (uint8_t *)line + c * size;
        if (above || !is_all_outside(info, is + c)) {
            fill_channel(info, to, above ? (const uint8_t *)above + c * size : to, is + c);
            continue;
        }
        hg__image_info one = *info;
        const float middle = 0.5F;
        one.width = one.channels = 1;
        one.alpha = false;
        for (size_t x = 0; x < (size_t)info->width; x++) {
            hg__image_from_real(&one, &middle, 1, 1, to + x * pixel);
        }
    }
}

void hg__outside_keep(const hg__image_info *info, const void *from, size_t count, void *to) {
    enum { PIECE = 256 };
    uint8_t is[3 * PIECE];
    const size_t size = hg__dtype_size(info->dtype), C = (size_t)info->channels;
    const size_t pixel = size * (size_t)hg__image_samples(info);
    for (size_t done = 0; done < count; done += PIECE) {
        const size_t n = count - done < PIECE ? count - done : PIECE;
        const uint8_t *a = (const uint8_t *)from + done * pixel;
        uint8_t *b = (uint8_t *)to + done * pixel;
        if (hg__outside_mark(info, a, n, is) == 0) continue;
        for (size_t i = 0; i < n * C; i++) {
            const size_t at = i / C * pixel + i % C * size;
            if (is[i]) memcpy(b + at, a + at, size);
        }
    }
}

int hg__outside_fill_image(hg__image *image, uint8_t *is, int64_t *found, hg_error *err) {
    const hg__image_info *info = &image->info;
    const size_t samples = (size_t)info->width * (size_t)info->channels;
    const size_t bytes = hg__image_line_bytes(info);
    uint8_t *own = is ? NULL : hg__alloc(samples, 1, err), *line = image->pixels;
    if (!is && !own) return HG_ERR_MEMORY;
    *found = 0;
    for (int32_t y = 0; y < info->height; y++, line += bytes) {
        uint8_t *marks = is ? is + (size_t)y * samples : own;
        const int64_t here = hg__outside_mark(info, line, (size_t)info->width, marks);
        if (here) hg__outside_fill(info, line, y > 0 ? line - bytes : NULL, marks);
        *found += here;
    }
    hg__free(own);
    return HG_OK;
}
