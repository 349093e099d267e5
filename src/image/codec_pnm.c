// SPDX-License-Identifier: Apache-2.0
// codec_pnm.c - PBM, PGM and PPM, binary and as text (the netpbm pages pbm(5), pgm(5), ppm(5)).
//
// A file like another begins with that file's own header, comments included. Samples stay as they are stored:
// white is the header's largest value. One bit a pixel, where 1 is black, becomes 255 and 0.
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/int.h"
#include "base/mem.h"
#include "base/text.h"
#include "image/codec.h"

enum { MOST_WHITE = 65535, TEXT_WIDTH = 70 };

typedef struct kind {
    char digit;   // behind the P
    int32_t most; // largest sample: 1 for PBM
} kind;

typedef struct reading {
    kind kind;
    size_t header; // bytes
    size_t at;     // next byte of the pixels
} reading;

typedef struct writing {
    kind kind;
    uint8_t *line; // owned, one line as it is stored; binary only
    hg__text text; // the line under way; text only
} writing;

static bool is_text(const kind *k) {
    return k->digit <= '3';
}

static bool is_bits(const kind *k) {
    return k->digit == '1' || k->digit == '4';
}

static size_t line_samples(const hg__image_info *i) {
    return (size_t)i->width * (size_t)i->channels;
}

// Bytes of a line in a binary file.
static size_t stored_line(const kind *k, const hg__image_info *i) {
    if (is_bits(k)) return hg__ceil_div_size((size_t)i->width, 8);
    return line_samples(i) * (k->most > 255 ? 2 : 1);
}

// ---- numbers in text ----------------------------------------------------------------------------

// The byte at `at`; 0 where the file cannot be read any more.
static uint8_t byte_at(const hg__image_reader *r, size_t at) {
    const uint8_t *byte = hg__image_file_at(r->file, at, 1);
    return byte ? *byte : 0;
}

static bool is_end_of_line(uint8_t c) {
    return c == '\n' || c == '\r';
}

static void skip_blanks(const hg__image_reader *r, size_t *at) {
    while (*at < r->file->size) {
        if (byte_at(r, *at) == '#') {
            while (*at < r->file->size && !is_end_of_line(byte_at(r, *at))) (*at)++;
        } else if (isspace(byte_at(r, *at))) {
            (*at)++;
        } else {
            return;
        }
    }
}

// The next number, 0 .. INT32_MAX, of at most `digits` digits.
static int read_number(const hg__image_reader *r, size_t *at, int digits, int32_t *value,
                       const char *what, hg_error *err) {
    int64_t sum = 0;
    *value = 0;
    skip_blanks(r, at);
    const size_t start = *at;
    while (*at < r->file->size && isdigit(byte_at(r, *at)) && digits-- > 0) {
        sum = sum * 10 + (byte_at(r, (*at)++) - '0');
        if (sum > INT32_MAX) {
            return hg__fail(err, HG_ERR_DATA, "%s: expected %s of at most %d, got more", r->name,
                            what, INT32_MAX);
        }
    }
    *value = (int32_t)sum;
    if (*at > start) return HG_OK;
    if (*at == r->file->size) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected %s, got the end of the file", r->name,
                        what);
    }
    return hg__fail(err, HG_ERR_DATA, "%s: expected %s at byte %zu, got 0x%02x", r->name, what, *at,
                    byte_at(r, *at));
}

// ---- reading ------------------------------------------------------------------------------------

// P1 to P6, blanks or comments, a digit: a text may well begin with "P1" and a new line.
static bool pnm_sniff(const uint8_t *head, size_t size) {
    if (size < 3 || head[0] != 'P' || head[1] < '1' || head[1] > '6') return false;
    if (!isspace(head[2]) && head[2] != '#') return false;
    bool is_comment = false;
    for (size_t i = 2; i < size; i++) {
        is_comment = head[i] != '\n' && (is_comment || head[i] == '#');
        if (!is_comment && !isspace(head[i])) return isdigit(head[i]);
    }
    return true; // cut off, or a long comment
}

static int read_header(hg__image_reader *r, reading *s, hg_error *err) {
    size_t at = 2;
    enum { ANY = 1 << 20 };
    s->kind = (kind){(char)byte_at(r, 1), 1};
    HG_TRY(read_number(r, &at, ANY, &r->info.width, "a width", err));
    HG_TRY(read_number(r, &at, ANY, &r->info.height, "a height", err));
    if (!is_bits(&s->kind)) HG_TRY(read_number(r, &at, ANY, &s->kind.most, "a largest value", err));
    if (s->kind.most < 1 || s->kind.most > MOST_WHITE) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected a largest value of 1 to %d, got %d",
                        r->name, MOST_WHITE, s->kind.most);
    }
    if (at == r->file->size || !isspace(byte_at(r, at))) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected a blank before the pixels", r->name);
    }
    s->header = s->at = at + 1;
    r->info.channels = s->kind.digit == '3' || s->kind.digit == '6' ? 3 : 1;
    r->info.dtype = s->kind.most > 255 ? HG_U16 : HG_U8;
    r->info.white = is_bits(&s->kind) ? 255 : (float)s->kind.most;
    return hg__image_check(r, err);
}

// Nothing but blanks (and, in text, comments) may follow: another picture there would be lost.
static int check_end(const hg__image_reader *r, size_t at, bool with_comments, hg_error *err) {
    if (with_comments) skip_blanks(r, &at);
    while (at < r->file->size && (isspace(byte_at(r, at)) || byte_at(r, at) == 0)) at++;
    if (at == r->file->size) return HG_OK;
    return hg__fail(err, HG_ERR_DATA, "%s: expected one picture, got %zu more bytes behind it",
                    r->name, r->file->size - at);
}

static int check_size(const hg__image_reader *r, const reading *s, hg_error *err) {
    const size_t left = r->file->size - s->header, height = (size_t)r->info.height;
    if (is_text(&s->kind)) {
        // At least a digit, and a blank between two, but for single bits.
        const size_t samples = line_samples(&r->info) * height;
        const size_t least = is_bits(&s->kind) ? samples : 2 * samples - 1;
        if (left >= least) return HG_OK;
        return hg__fail(err, HG_ERR_DATA,
                        "%s: expected at least %zu bytes of pixels, got %zu: it is cut off",
                        r->name, least, left);
    }
    const size_t bytes = stored_line(&s->kind, &r->info) * height;
    if (left >= bytes) return check_end(r, s->header + bytes, false, err);
    return hg__fail(err, HG_ERR_DATA, "%s: expected %zu bytes of pixels, got %zu: it is cut off",
                    r->name, bytes, left);
}

static int pnm_open(hg__image_reader *r, hg_error *err) {
    reading *s = r->state = hg__alloc(1, sizeof *s, err);
    if (!s) return HG_ERR_MEMORY;
    HG_TRY(read_header(r, s, err));
    return check_size(r, s, err);
}

static void put_sample(const hg__image_info *i, void *to, size_t at, int32_t value) {
    if (i->dtype == HG_U16) {
        ((uint16_t *)to)[at] = (uint16_t)value;
    } else {
        ((uint8_t *)to)[at] = (uint8_t)value;
    }
}

static int too_bright(const hg__image_reader *r, int32_t value, int32_t most, hg_error *err) {
    return hg__fail(err, HG_ERR_DATA, "%s: expected samples of at most %d, got %d", r->name, most,
                    value);
}

static int read_text_line(const hg__image_reader *r, reading *s, void *to, hg_error *err) {
    const size_t n = line_samples(&r->info);
    enum { DIGITS = 10 };
    for (size_t i = 0; i < n; i++) {
        int32_t value;
        const int digits = is_bits(&s->kind) ? 1 : DIGITS;
        HG_TRY(read_number(r, &s->at, digits, &value, "another sample", err));
        if (value > s->kind.most) return too_bright(r, value, s->kind.most, err);
        put_sample(&r->info, to, i, is_bits(&s->kind) ? 255 * !value : value);
    }
    return HG_OK;
}

static int read_binary_line(const hg__image_reader *r, reading *s, void *to, hg_error *err) {
    const size_t n = line_samples(&r->info), stored = stored_line(&s->kind, &r->info);
    const uint8_t *from = hg__image_file_at(r->file, s->at, stored);
    if (!from) return HG_ERR_IO; // image.c says why
    s->at += stored;
    if (s->kind.most == 255) {
        memcpy(to, from, n);
        return HG_OK;
    }
    for (size_t i = 0; i < n; i++) {
        const int32_t value = is_bits(&s->kind)    ? 255 * !(from[i / 8] >> (7 - i % 8) & 1)
                              : s->kind.most > 255 ? from[2 * i] << 8 | from[2 * i + 1]
                                                   : from[i];
        if (!is_bits(&s->kind) && value > s->kind.most) {
            return too_bright(r, value, s->kind.most, err);
        }
        put_sample(&r->info, to, i, value);
    }
    return HG_OK;
}

static int pnm_read(hg__image_reader *r, void *to, int32_t lines, hg_error *err) {
    reading *s = r->state;
    uint8_t *line = to;
    for (int32_t i = 0; i < lines; i++, line += hg__image_line_bytes(&r->info)) {
        HG_TRY(is_text(&s->kind) ? read_text_line(r, s, line, err)
                                 : read_binary_line(r, s, line, err));
    }
    const bool is_last = r->next_line + lines == r->info.height;
    return is_last && is_text(&s->kind) ? check_end(r, s->at, true, err) : HG_OK;
}

static void pnm_close(hg__image_reader *r) {
    hg__free(r->state);
}

// ---- writing ------------------------------------------------------------------------------------

static bool has_extension(const char *path, const char *extension) {
    const size_t n = strlen(path), m = strlen(extension);
    return n >= m && strcasecmp(path + n - m, extension) == 0;
}

// The shape of a new file must be one that its name and the format can hold.
static int check_shape(const hg__image_writer *w, hg_error *err) {
    const hg__image_info *i = &w->info;
    const char *path = w->file.path;
    if (i->dtype != HG_U8 && i->dtype != HG_U16) {
        return hg__fail(err, HG_ERR_USAGE,
                        "%s: expected samples of 8 or 16 bits without a sign for PNM, got %s", path,
                        hg__dtype_name(i->dtype));
    }
    const char *got = i->alpha ? "an alpha channel"
                      : has_extension(path, i->channels == 3 ? ".pgm" : ".ppm")
                          ? i->channels == 3 ? "colour" : "grey"
                          : NULL;
    if (!got && !has_extension(path, ".pbm")) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE,
                    "%s: expected a grey picture for .pgm, or red, green and blue for .ppm, got %s",
                    path, got ? got : ".pbm");
}

static int copy_header(hg__image_writer *w, const hg__image_reader *like, size_t size,
                       hg_error *err) {
    enum { PIECE = 1 << 16 };
    for (size_t at = 0; at < size; at += PIECE) {
        const size_t n = size - at < PIECE ? size - at : PIECE;
        const uint8_t *piece = hg__image_file_at(like->file, at, n);
        if (!piece) return hg__fail(err, like->file->why.code, "%s", like->file->why.message);
        HG_TRY(hg__writer_add(&w->file, piece, n, err));
    }
    return HG_OK;
}

static int write_header(hg__image_writer *w, const hg__image_reader *like, hg_error *err) {
    writing *s = w->state;
    if (like && like->codec == w->codec) {
        const reading *from = like->state;
        s->kind = from->kind;
        return copy_header(w, like, from->header, err);
    }
    HG_TRY(check_shape(w, err));
    char header[64];
    s->kind = (kind){w->info.channels == 3 ? '6' : '5', (int32_t)w->info.white};
    snprintf(header, sizeof header, "P%c\n%d %d\n%d\n", s->kind.digit, w->info.width,
             w->info.height, s->kind.most);
    return hg__writer_add(&w->file, header, strlen(header), err);
}

static int pnm_create(hg__image_writer *w, const hg__image_reader *like, hg_error *err) {
    writing *s = w->state = hg__alloc(1, sizeof *s, err);
    if (!s) return HG_ERR_MEMORY;
    HG_TRY(write_header(w, like, err));
    s->line = hg__alloc(stored_line(&s->kind, &w->info), 1, err);
    return s->line ? HG_OK : HG_ERR_MEMORY;
}

// Sample i of a line as it is stored.
static int32_t stored_sample(const writing *s, const hg__image_info *info, const void *from,
                             size_t i) {
    const int32_t value =
        info->dtype == HG_U16 ? ((const uint16_t *)from)[i] : ((const uint8_t *)from)[i];
    if (is_bits(&s->kind)) return value < 128;
    return value < s->kind.most ? value : s->kind.most;
}

static int write_text_line(hg__image_writer *w, const void *from, hg_error *err) {
    writing *s = w->state;
    size_t start = 0; // of the line of text
    s->text.length = 0;
    for (size_t i = 0; i < line_samples(&w->info); i++) {
        const bool is_full = s->text.length - start > TEXT_WIDTH - 7;
        const char *gap = i == 0 ? "" : is_full ? "\n" : " ";
        if (is_full) start = s->text.length + 1;
        hg__text_add(&s->text, "%s%d", gap, stored_sample(s, &w->info, from, i));
    }
    hg__text_add(&s->text, "\n");
    if (s->text.failed) return hg__fail(err, HG_ERR_MEMORY, "%s: out of memory", w->file.path);
    return hg__writer_add(&w->file, s->text.data, s->text.length, err);
}

static int write_binary_line(hg__image_writer *w, const void *from, hg_error *err) {
    const writing *s = w->state;
    const size_t size = stored_line(&s->kind, &w->info);
    if (is_bits(&s->kind)) memset(s->line, 0, size);
    for (size_t i = 0; i < line_samples(&w->info); i++) {
        const int32_t value = stored_sample(s, &w->info, from, i);
        if (is_bits(&s->kind)) {
            s->line[i / 8] |= (uint8_t)(value << (7 - i % 8));
        } else if (s->kind.most > 255) {
            s->line[2 * i] = (uint8_t)(value >> 8);
            s->line[2 * i + 1] = (uint8_t)value;
        } else {
            s->line[i] = (uint8_t)value;
        }
    }
    return hg__writer_add(&w->file, s->line, size, err);
}

static int pnm_write(hg__image_writer *w, const void *from, int32_t lines, hg_error *err) {
    const writing *s = w->state;
    const uint8_t *line = from;
    for (int32_t i = 0; i < lines; i++, line += hg__image_line_bytes(&w->info)) {
        HG_TRY(is_text(&s->kind) ? write_text_line(w, line, err) : write_binary_line(w, line, err));
    }
    return HG_OK;
}

static int pnm_finish(hg__image_writer *w, hg_error *err) {
    (void)w;
    (void)err;
    return HG_OK;
}

static void pnm_drop(hg__image_writer *w) {
    writing *s = w->state;
    hg__text_clear(&s->text);
    hg__free(s->line);
    hg__free(s);
}

const hg__codec hg__codec_pnm = {
    .name = "pnm",
    .extensions = ".pgm.ppm.pnm.pbm.",
    .sniff = pnm_sniff,
    .open = pnm_open,
    .read = pnm_read,
    .close = pnm_close,
    .create = pnm_create,
    .write = pnm_write,
    .finish = pnm_finish,
    .drop = pnm_drop,
};
