// SPDX-License-Identifier: Apache-2.0
// codec_webp.c - WebP by libwebp; the container (developers.google.com/speed/webp/docs/riff_container) here.
//
// libwebp's pictures are whole. A lossless file is written back lossless, a lossy one with quality 90.
// Colour profile, EXIF and XMP are copied.
#include <string.h>
#include <webp/decode.h>
#include <webp/encode.h>

#include "base/mem.h"
#include "base/text.h"
#include "image/codec.h"

enum { RIFF_HEADER = 12, CHUNK_HEADER = 8, VP8X_SIZE = 10 };
enum { HAS_PROFILE = 0x20, HAS_ALPHA = 0x10, HAS_EXIF = 0x08, HAS_XMP = 0x04 };

typedef struct reading {
    bool is_lossy;
    uint8_t *whole; // owned, (height, width, samples) once lines are wanted
} reading;

typedef struct writing {
    WebPConfig config;
    WebPPicture picture;
    uint32_t *argb; // owned, (height, width)
    hg__text file;  // as libwebp encodes it
    // Chunks of the file written like: the colour profile before the picture, EXIF and XMP behind it.
    hg__text before, behind;
    uint8_t flags;
} writing;

// ---- the container ------------------------------------------------------------------------------

static uint32_t little_endian(const uint8_t *p) {
    return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static void put_little_endian(uint8_t *to, uint32_t value, int bytes) {
    for (int i = 0; i < bytes; i++) to[i] = (uint8_t)(value >> 8 * i);
}

typedef struct chunk {
    const uint8_t *type, *data;
    size_t size, whole; // whole: with header and padding, as it lies in the file
} chunk;

// The chunk at *at, which then stands behind it; false at the end or where it is cut off.
static bool next_chunk(const uint8_t *bytes, size_t size, size_t *at, chunk *c) {
    const size_t left = size - *at;
    *c = (chunk){bytes, bytes, 0, 0};
    if (left < CHUNK_HEADER) return false;
    const size_t length = little_endian(bytes + *at + 4), padded = length + (length & 1);
    if (padded > left - CHUNK_HEADER) return false;
    *c = (chunk){bytes + *at, bytes + *at + CHUNK_HEADER, length, CHUNK_HEADER + padded};
    *at += c->whole;
    return true;
}

static bool is_type(const chunk *c, const char *type) {
    return memcmp(c->type, type, 4) == 0;
}

// ---- reading ------------------------------------------------------------------------------------

static bool webp_sniff(const uint8_t *head, size_t size) {
    return size >= RIFF_HEADER && memcmp(head, "RIFF", 4) == 0 && memcmp(head + 8, "WEBP", 4) == 0;
}

static int refuse(const hg__image_reader *r, VP8StatusCode status, hg_error *err) {
    if (status == VP8_STATUS_OUT_OF_MEMORY) {
        return hg__fail(err, HG_ERR_MEMORY, "%s: out of memory for WebP", r->name);
    }
    const bool is_cut = status == VP8_STATUS_NOT_ENOUGH_DATA || status == VP8_STATUS_SUSPENDED;
    return hg__fail(err, HG_ERR_DATA, "%s: the WebP is %s", r->name,
                    is_cut ? "cut off" : "damaged");
}

static int webp_open(hg__image_reader *r, hg_error *err) {
    reading *s = r->state = hg__alloc(1, sizeof *s, err);
    if (!s) return HG_ERR_MEMORY;
    WebPBitstreamFeatures f;
    const VP8StatusCode status = WebPGetFeatures(r->file->bytes, r->file->size, &f);
    if (status != VP8_STATUS_OK) return refuse(r, status, err);
    if (f.has_animation) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected a still picture, got an animated WebP",
                        r->name);
    }
    s->is_lossy = f.format == 1;
    r->info.width = f.width;
    r->info.height = f.height;
    r->info.channels = 3;
    r->info.alpha = f.has_alpha;
    chunk c;
    for (size_t at = RIFF_HEADER; next_chunk(r->file->bytes, r->file->size, &at, &c);) {
        if (!is_type(&c, "EXIF")) continue;
        r->info.orientation = hg__exif_orientation(c.data, c.size);
        r->info.iso = hg__exif_iso(c.data, c.size);
    }
    HG_TRY(hg__image_check(r, err));
    // The file, the picture, and libwebp's own at 4 bytes a pixel where it is lossless.
    r->held = r->file->size + hg__image_line_bytes(&r->info) * (size_t)f.height;
    if (!s->is_lossy) r->held += (size_t)f.width * (size_t)f.height * 4;
    return HG_OK;
}

static int decode(hg__image_reader *r, hg_error *err) {
    const reading *s = r->state;
    const size_t line = hg__image_line_bytes(&r->info), height = (size_t)r->info.height;
    WebPDecoderConfig config;
    if (!WebPInitDecoderConfig(&config)) {
        return hg__fail(err, HG_ERR_MISSING, "%s: expected another version of libwebp", r->name);
    }
    config.output.colorspace = r->info.alpha ? MODE_RGBA : MODE_RGB;
    config.output.is_external_memory = 1;
    config.output.u.RGBA = (WebPRGBABuffer){s->whole, (int)line, height * line};
    const VP8StatusCode status = WebPDecode(r->file->bytes, r->file->size, &config);
    WebPFreeDecBuffer(&config.output);
    return status == VP8_STATUS_OK ? HG_OK : refuse(r, status, err);
}

static int webp_read(hg__image_reader *r, void *to, int32_t lines, hg_error *err) {
    reading *s = r->state;
    const size_t line = hg__image_line_bytes(&r->info);
    if (!s->whole) {
        s->whole = hg__alloc((size_t)r->info.height, line, err);
        if (!s->whole) return HG_ERR_MEMORY;
        const int code = decode(r, err);
        if (code < 0) {
            hg__free(s->whole);
            s->whole = NULL;
            return code;
        }
    }
    memcpy(to, s->whole + (size_t)r->next_line * line, (size_t)lines * line);
    return HG_OK;
}

static void webp_close(hg__image_reader *r) {
    reading *s = r->state;
    hg__free(s->whole);
    hg__free(s);
}

// ---- writing ------------------------------------------------------------------------------------

static int gather(const uint8_t *bytes, size_t size, const WebPPicture *picture) {
    return hg__text_add_bytes(picture->custom_ptr, (const char *)bytes, size) == HG_OK;
}

static int out_of_memory(const hg__image_writer *w, hg_error *err) {
    return hg__fail(err, HG_ERR_MEMORY, "%s: out of memory for WebP", w->file.path);
}

static void keep_chunks(writing *s, const hg__image_reader *like) {
    static const struct {
        const char *type;
        uint8_t flag;
        bool is_before;
    } kept[] = {
        {"ICCP", HAS_PROFILE, true },
        {"EXIF", HAS_EXIF,    false},
        {"XMP ", HAS_XMP,     false}
    };
    chunk c;
    for (size_t at = RIFF_HEADER; next_chunk(like->file->bytes, like->file->size, &at, &c);) {
        for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
            if (!is_type(&c, kept[i].type) || s->flags & kept[i].flag) continue;
            s->flags |= kept[i].flag;
            hg__text *to = kept[i].is_before ? &s->before : &s->behind;
            (void)hg__text_add_bytes(to, (const char *)c.type, c.whole);
        }
    }
}

static void add_orientation(writing *s, int32_t orientation) {
    uint8_t bytes[CHUNK_HEADER + HG_EXIF_SIZE] = "EXIF";
    put_little_endian(bytes + 4, HG_EXIF_SIZE, 4);
    hg__exif_make(bytes + CHUNK_HEADER, orientation);
    s->flags |= HAS_EXIF;
    (void)hg__text_add_bytes(&s->behind, (const char *)bytes, sizeof bytes);
}

static int check_kind(const hg__image_writer *w, hg_error *err) {
    const hg__image_info *i = &w->info;
    if (i->dtype != HG_U8 || i->white < 255) {
        return hg__fail(err, HG_ERR_USAGE, "%s: expected samples of 8 bits for WebP, got %s",
                        w->file.path, i->dtype == HG_U8 ? "fewer" : hg__dtype_name(i->dtype));
    }
    if (i->width <= WEBP_MAX_DIMENSION && i->height <= WEBP_MAX_DIMENSION) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE,
                    "%s: expected sides of at most %d pixels for WebP, got %d x %d", w->file.path,
                    WEBP_MAX_DIMENSION, i->width, i->height);
}

static int webp_create(hg__image_writer *w, const hg__image_reader *like, hg_error *err) {
    enum { QUALITY = 90, EFFORT = 4 };
    HG_TRY(check_kind(w, err));
    writing *s = w->state = hg__alloc(1, sizeof *s, err);
    if (!s) return HG_ERR_MEMORY;
    if (!WebPConfigInit(&s->config) || !WebPPictureInit(&s->picture)) {
        return hg__fail(err, HG_ERR_MISSING, "%s: expected another version of libwebp",
                        w->file.path);
    }
    const bool is_webp = like && like->codec == w->codec;
    s->config.lossless = !is_webp || !((const reading *)like->state)->is_lossy;
    s->config.quality = s->config.lossless ? 75 : QUALITY; // lossless: effort
    s->config.method = EFFORT;
    s->config.exact = 1; // colours behind transparent pixels too
    if (is_webp) {
        keep_chunks(s, like);
    } else if (w->info.orientation > 1) {
        add_orientation(s, w->info.orientation);
    }
    s->argb = hg__alloc((size_t)w->info.height * (size_t)w->info.width, sizeof *s->argb, err);
    if (!s->argb) return HG_ERR_MEMORY;
    s->picture.use_argb = 1;
    s->picture.width = s->picture.argb_stride = w->info.width;
    s->picture.height = w->info.height;
    s->picture.argb = s->argb;
    s->picture.writer = gather;
    s->picture.custom_ptr = &s->file;
    return HG_OK;
}

static int webp_write(hg__image_writer *w, const void *from, int32_t lines, hg_error *err) {
    const writing *s = w->state;
    (void)err; // only memory is written here
    const uint8_t *p = from;
    const size_t width = (size_t)w->info.width, samples = (size_t)hg__image_samples(&w->info);
    uint32_t *to = s->argb + (size_t)w->next_line * width;
    for (size_t i = 0; i < (size_t)lines * width; i++, p += samples) {
        const uint8_t red = p[0], green = samples > 2 ? p[1] : red, blue = samples > 2 ? p[2] : red;
        const uint32_t alpha = w->info.alpha ? p[samples - 1] : 255;
        to[i] = alpha << 24 | (uint32_t)red << 16 | (uint32_t)green << 8 | blue;
    }
    return HG_OK;
}

// libwebp's file with the kept chunks around its picture.
static int write_extended(hg__image_writer *w, hg_error *err) {
    const writing *s = w->state;
    const uint8_t *bytes = (const uint8_t *)s->file.data;
    size_t start = RIFF_HEADER;
    chunk c;
    if (next_chunk(bytes, s->file.length, &start, &c) && !is_type(&c, "VP8X")) start = RIFF_HEADER;
    const size_t picture = s->file.length - start;
    uint8_t head[RIFF_HEADER + CHUNK_HEADER + VP8X_SIZE] = "RIFF....WEBPVP8X";
    const size_t size = sizeof head + s->before.length + picture + s->behind.length;
    put_little_endian(head + 4, (uint32_t)(size - CHUNK_HEADER), 4);
    put_little_endian(head + 16, VP8X_SIZE, 4);
    head[20] = (uint8_t)(s->flags | (w->info.alpha ? HAS_ALPHA : 0));
    put_little_endian(head + 24, (uint32_t)w->info.width - 1, 3);
    put_little_endian(head + 27, (uint32_t)w->info.height - 1, 3);
    HG_TRY(hg__writer_add(&w->file, head, sizeof head, err));
    HG_TRY(hg__writer_add(&w->file, s->before.data, s->before.length, err));
    HG_TRY(hg__writer_add(&w->file, bytes + start, picture, err));
    return hg__writer_add(&w->file, s->behind.data, s->behind.length, err);
}

static int webp_finish(hg__image_writer *w, hg_error *err) {
    writing *s = w->state;
    if (s->before.failed || s->behind.failed) return out_of_memory(w, err);
    const bool is_encoded = WebPEncode(&s->config, &s->picture);
    const WebPEncodingError why = s->picture.error_code;
    if (!is_encoded && (s->file.failed || why == VP8_ENC_ERROR_OUT_OF_MEMORY ||
                        why == VP8_ENC_ERROR_BITSTREAM_OUT_OF_MEMORY)) {
        return out_of_memory(w, err);
    }
    if (!is_encoded) {
        return hg__fail(err, HG_ERR_IO, "%s: cannot write WebP: libwebp's error %d", w->file.path,
                        (int)why);
    }
    if (s->flags) return write_extended(w, err);
    return hg__writer_add(&w->file, s->file.data, s->file.length, err);
}

static void webp_drop(hg__image_writer *w) {
    writing *s = w->state;
    WebPPictureFree(&s->picture);
    hg__free(s->argb);
    hg__text_clear(&s->file);
    hg__text_clear(&s->before);
    hg__text_clear(&s->behind);
    hg__free(s);
}

const hg__codec hg__codec_webp = {
    .name = "webp",
    .extensions = ".webp.",
    .sniff = webp_sniff,
    .is_whole = true,
    .open = webp_open,
    .read = webp_read,
    .close = webp_close,
    .create = webp_create,
    .write = webp_write,
    .finish = webp_finish,
    .drop = webp_drop,
};
