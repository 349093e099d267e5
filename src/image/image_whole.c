// SPDX-License-Identifier: Apache-2.0
// image_whole.c - pictures whole in memory, turned upright; samples as numbers and back.
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "image/image.h"
#include "image/range.h"

// ---- turning ------------------------------------------------------------------------------------

// Where the stored pixel (row, column) belongs: at first + row * down + column * across, in pixels.
typedef struct turn {
    int64_t first, down, across;
} turn;

static bool is_sideways(int32_t orientation) {
    return orientation >= 5;
}

// EXIF's orientation says where the stored first line and first column are seen: 6, say, is line at the
// right, column at the top.
static turn find_turn(int64_t H, int64_t W, int32_t orientation) {
    switch (orientation) {
    case 2: return (turn){W - 1, W, -1};
    case 3: return (turn){H * W - 1, -W, -1};
    case 4: return (turn){(H - 1) * W, -W, 1};
    case 5: return (turn){0, 1, H};
    case 6: return (turn){H - 1, -1, H};
    case 7: return (turn){H * W - 1, -1, -H};
    case 8: return (turn){(W - 1) * H, 1, -H};
    default: return (turn){0, W, 1};
    }
}

// to: (width, height) or (height, width) pixels of `size` bytes. line: one stored line.
static int read_turned(hg__image_reader *r, uint8_t *to, uint8_t *line, hg_error *err) {
    const hg__image_info *i = hg__image_info_of(r);
    const size_t size = (size_t)hg__image_samples(i) * hg__dtype_size(i->dtype);
    const turn t = find_turn(i->height, i->width, i->orientation);
    for (int64_t row = 0; row < i->height; row++) {
        HG_TRY(hg__image_read_lines(r, line, 1, err));
        int64_t place = t.first + row * t.down;
        for (int64_t column = 0; column < i->width; column++, place += t.across) {
            memcpy(to + (size_t)place * size, line + (size_t)column * size, size);
        }
    }
    return HG_OK;
}

static int load_turned(hg__image *image, hg__image_reader *r, hg_error *err) {
    uint8_t *line = hg__alloc(hg__image_line_bytes(hg__image_info_of(r)), 1, err);
    if (!line) return HG_ERR_MEMORY;
    const int code = read_turned(r, image->pixels, line, err);
    hg__free(line);
    const hg__image_info stored = image->info;
    if (is_sideways(stored.orientation)) {
        image->info.width = stored.height;
        image->info.height = stored.width;
    }
    image->info.orientation = 1;
    return code;
}

// ---- whole pictures -----------------------------------------------------------------------------

// Closes r in every case, NULL included.
static int load(hg__image *image, hg__image_reader *r, bool upright, hg_error *err) {
    *image = (hg__image){0};
    if (!r) return (int)err->code;
    image->info = *hg__image_info_of(r);
    image->pixels = hg__alloc((size_t)image->info.height, hg__image_line_bytes(&image->info), err);
    int code = image->pixels ? HG_OK : HG_ERR_MEMORY;
    if (code == HG_OK) {
        code = upright && image->info.orientation != 1
                   ? load_turned(image, r, err)
                   : hg__image_read_lines(r, image->pixels, image->info.height, err);
    }
    hg__image_close(r);
    if (code < 0) hg__image_clear(image);
    return code;
}

int hg__image_load(hg__image *image, const char *path, bool upright, hg_error *err) {
    hg_error own;
    if (!err) err = &own;
    return load(image, hg__image_open(path, err), upright, err);
}

int hg__image_load_bytes(hg__image *image, const uint8_t *bytes, size_t size, const char *name,
                         bool upright, hg_error *err) {
    hg_error own;
    if (!err) err = &own;
    return load(image, hg__image_open_bytes(bytes, size, name, err), upright, err);
}

// Ends w in every case, NULL included.
static int save(const hg__image *image, hg__image_writer *w, hg_error *err) {
    if (!w) return (int)err->code;
    const int code = hg__image_write_lines(w, image->pixels, image->info.height, err);
    if (code == HG_OK) return hg__image_commit(w, err);
    hg__image_abort(w);
    return code;
}

int hg__image_save(const hg__image *image, const char *path, hg_error *err) {
    hg_error own;
    if (!err) err = &own;
    return save(image, hg__image_create_new(path, &image->info, err), err);
}

int hg__image_encode(const hg__image *image, const char *name, hg__text *to, hg_error *err) {
    hg_error own;
    if (!err) err = &own;
    return save(image, hg__image_create_memory(name, &image->info, to, err), err);
}

void hg__image_clear(hg__image *image) {
    hg__free(image->pixels);
    *image = (hg__image){0};
}

// ---- numbers ------------------------------------------------------------------------------------

// The first `channels` of `stride` samples of each of `count` pixels: x (count, channels).
#define WIDEN(name, type)                                                                      \
 static void name(const type *from, size_t stride, size_t channels, size_t count, float scale, \
                  float *x) {                                                                  \
  for (size_t p = 0; p < count; p++, from += stride, x += channels) {                          \
   for (size_t c = 0; c < channels; c++) x[c] = scale * (float)from[c];                        \
  }                                                                                            \
 }
WIDEN(widen_u8, uint8_t)
WIDEN(widen_u16, uint16_t)
WIDEN(widen_f32, float)
#undef WIDEN

// The same for the types seldom met, in double: 32 bits and more do not fit into a float.
static void widen_other(const hg__image_info *info, const void *from, size_t count, float *x) {
    const size_t stride = (size_t)hg__image_samples(info), channels = (size_t)info->channels;
    const double white = (double)info->white;
    for (size_t p = 0; p < count; p++) {
        for (size_t c = 0; c < channels; c++) {
            *x++ = (float)(hg__image_sample(info->dtype, from, p * stride + c) / white);
        }
    }
}

static void widen(const hg__image_info *info, const void *samples, size_t count, float *x) {
    const size_t stride = (size_t)hg__image_samples(info), channels = (size_t)info->channels;
    const float scale = 1 / info->white;
    if (hg__range_is_other(info)) {
        hg__range_to_real(info, samples, count, x);
    } else if (info->dtype == HG_U8) {
        widen_u8(samples, stride, channels, count, scale, x);
    } else if (info->dtype == HG_U16) {
        widen_u16(samples, stride, channels, count, scale, x);
    } else if (info->dtype == HG_F32) {
        widen_f32(samples, stride, channels, count, scale, x);
    } else {
        widen_other(info, samples, count, x);
    }
    if (!hg__image_is_real(info->dtype)) return;
    for (size_t i = 0; i < count * channels; i++) {
        if (!isfinite(x[i])) x[i] = 0;
    }
}

// In place in both directions: to grey from the front, to colour from the back.
static void recolour(float *x, size_t count, int32_t from, int32_t to) {
    if (from == 3 && to == 1) {
        for (size_t p = 0; p < count; p++) {
            x[p] = 0.299F * x[3 * p] + 0.587F * x[3 * p + 1] + 0.114F * x[3 * p + 2];
        }
    } else if (from == 1 && to == 3) {
        for (size_t p = count; p-- > 0;) x[3 * p] = x[3 * p + 1] = x[3 * p + 2] = x[p];
    }
}

void hg__image_to_real(const hg__image_info *info, const void *lines, int32_t count,
                       int32_t channels, float *to) {
    // In pieces: three colours that become one grey need more room than `to` has.
    enum { PIECE = 256 };
    float piece[3 * PIECE] = {0};
    const uint8_t *from = lines;
    const size_t size = (size_t)hg__image_samples(info) * hg__dtype_size(info->dtype);
    for (size_t left = (size_t)count * (size_t)info->width; left > 0;) {
        const size_t n = left < PIECE ? left : PIECE;
        widen(info, from, n, piece);
        recolour(piece, n, info->channels, channels);
        memcpy(to, piece, n * (size_t)channels * sizeof *to);
        to += n * (size_t)channels;
        from += n * size;
        left -= n;
    }
}

// The sample a colour becomes: c of the file's channels, from x (channels).
static float pick(const float *x, int32_t channels, int32_t c, int32_t wanted) {
    if (channels == wanted) return x[c];
    if (channels == 1) return x[0];
    const float sum = x[0] + x[1] + x[2];
    return isfinite(sum) ? sum / 3 : x[0] / 3 + x[1] / 3 + x[2] / 3;
}

// 0 .. white; what is no number becomes 0.
static float clip(float value, float white) {
    return value > 0 ? (value < white ? rintf(value) : white) : 0;
}

// Sample `at` of the types seldom met: in double, as it was read.
static void set_other(const hg__image_info *info, void *lines, size_t at, float number) {
    const double white = (double)info->white;
    double value = white * (double)number;
    if (!hg__image_is_signed(info->dtype)) value = value > 0 ? (value < white ? value : white) : 0;
    hg__image_set_sample(info->dtype, lines, at, value);
}

void hg__image_from_real(const hg__image_info *info, const float *from, int32_t count,
                         int32_t channels, void *lines) {
    const size_t pixels = (size_t)count * (size_t)info->width;
    const size_t stride = (size_t)hg__image_samples(info);
    uint8_t *bytes = lines;
    uint16_t *words = lines;
    float *reals = lines;
    if (hg__range_is_other(info)) {
        hg__range_from_real(info, from, pixels, channels, lines);
        return;
    }
    for (size_t p = 0; p < pixels; p++, from += channels) {
        for (int32_t c = 0; c < info->channels; c++) {
            const size_t at = p * stride + (size_t)c;
            const float number = pick(from, channels, c, info->channels);
            const float value = info->white * number;
            if (info->dtype == HG_U8) {
                bytes[at] = (uint8_t)clip(value, info->white);
            } else if (info->dtype == HG_U16) {
                words[at] = (uint16_t)clip(value, info->white);
            } else if (info->dtype == HG_F32) {
                reals[at] = value;
            } else {
                set_other(info, lines, at, number);
            }
        }
    }
}
