// SPDX-License-Identifier: Apache-2.0
// image.c - image files as lines of pixels: which codec reads a file, limits, files being written.
#include "image/image.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/mem.h"
#include "image/codec.h"

hg__image_limits hg__image_limit = {.pixels = 1 << 30,
                                    .side = 1 << 20,
                                    .expansion = 1100, // deflate makes 1032 of one
                                    .always = 1 << 24,
                                    .pages = 100000,
                                    .whole = 4 << 20};

#define CODEC(name) CODEC_##name,
enum {
#include "image/codecs.def"
    CODECS
};
#undef CODEC
#define CODEC(name) &hg__codec_##name,
static const hg__codec *const codecs[CODECS] = {
#include "image/codecs.def"
};
#undef CODEC

// ---- what a file is -----------------------------------------------------------------------------

static const hg__codec *find_by_content(const uint8_t *head, size_t size) {
    for (size_t i = 0; i < CODECS; i++) {
        if (codecs[i]->sniff(head, size)) return codecs[i];
    }
    for (size_t i = 0; i < CODECS; i++) {
        if (codecs[i]->guess && codecs[i]->guess(head, size)) return codecs[i];
    }
    return NULL;
}

// Whether the path ends in one of ".tif.tiff.". ".nii.gz" is as ".nii".
static bool ends_in(const char *path, const char *extensions) {
    const char *slash = strrchr(path, '/'), *dot = strrchr(slash ? slash : path, '.');
    size_t n = dot ? strlen(dot + 1) : 0;
    if (n == 0) return false;
    enum { NII = 4 };
    if (strcasecmp(dot, ".gz") == 0 && dot - path >= NII &&
        strncasecmp(dot - NII, ".nii", NII) == 0) {
        dot -= NII;
        n = NII - 1;
    }
    for (const char *p = extensions; p[1]; p = strchr(p + 1, '.')) {
        if (strncasecmp(p + 1, dot + 1, n) == 0 && p[n + 1] == '.') return true;
    }
    return false;
}

static const hg__codec *find_by_extension(const char *path) {
    for (size_t i = 0; i < CODECS; i++) {
        if (ends_in(path, codecs[i]->extensions)) return codecs[i];
    }
    return NULL;
}

bool hg__image_is_foreign_path(const char *path) {
    return ends_in(
        path, ".bmp.gif.jp2.j2k.jpx.jxl.jxr.heic.heif.avif.psd.xcf.exr.hdr.pfm.pam.tga.ico.svg."
              "pdf.eps.dng.nef.cr2.cr3.arw.raf.orf.rw2.pef.fits.fit.nrrd.npy.npz.csv."
              "mp4.mov.avi.mkv.webm.y4m.zip.gz.");
}

bool hg__image_sniff(const uint8_t *head, size_t size) {
    return find_by_content(head, size) != NULL;
}

const char *hg__image_format_of(const char *path) {
    const hg__codec *codec = find_by_extension(path);
    return codec ? codec->name : NULL;
}

bool hg__image_is_image_path(const char *path) {
    return find_by_extension(path) != NULL;
}

int hg__image_refuse(const uint8_t *bytes, size_t size, const char *name, hg_error *err) {
    char got[64];
    hg__magic_describe(bytes, size, got);
    const char *advice = hg__magic_advice(bytes, size);
    return hg__fail(
        err, HG_ERR_DATA,
        "%s: expected an image (png, jpeg, tiff, webp, pgm, ppm, dicom, nifti), got %s%s%s", name,
        got, advice ? "; " : "", advice ? advice : "");
}

// ---- reading ------------------------------------------------------------------------------------

// Bytes of pixels of this page, as far as the file says something of each.
static uint64_t page_bytes(const hg__image_reader *r) {
    const uint64_t lines = (uint64_t)r->info.height;
    if (!r->pixel_bits) return lines * hg__image_line_bytes(&r->info);
    return lines * (((uint64_t)r->info.width * (uint64_t)r->pixel_bits + 7) / 8);
}

// Pages may share their bytes: what one of them may hold, all of them may together.
static int check_pages(hg__image_reader *r, hg_error *err) {
    r->unpacked += page_bytes(r);
    if (r->unpacked <= hg__image_limit.always ||
        r->unpacked / hg__image_limit.expansion <= r->file->size) {
        return HG_OK;
    }
    return hg__fail(
        err, HG_ERR_DATA,
        "%s: page %d: expected at least %llu bytes for this and the pages before it, got "
        "%zu",
        r->name, r->info.page + 1, (unsigned long long)(r->unpacked / hg__image_limit.expansion),
        r->file->size);
}

int hg__image_check(const hg__image_reader *r, hg_error *err) {
    const hg__image_info *i = &r->info;
    const hg__image_limits *most = &hg__image_limit;
    if (i->width < 1 || i->height < 1) {
        return hg__fail(err, HG_ERR_DATA,
                        "%s: expected a picture of at least 1 x 1 pixels, got %d x %d", r->name,
                        i->width, i->height);
    }
    if (i->width > most->side || i->height > most->side) {
        return hg__fail(err, HG_ERR_DATA,
                        "%s: expected at most %d pixels across and down, got %d x %d", r->name,
                        most->side, i->width, i->height);
    }
    const uint64_t pixels = (uint64_t)i->width * (uint64_t)i->height;
    if (pixels > most->pixels) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected at most %llu pixels, got %d x %d", r->name,
                        (unsigned long long)most->pixels, i->width, i->height);
    }
    const uint64_t bytes = page_bytes(r);
    if (bytes > most->always && bytes / most->expansion > r->file->size) {
        return hg__fail(err, HG_ERR_DATA,
                        "%s: expected at least %llu bytes for a picture of %d x %d, got %zu",
                        r->name, (unsigned long long)(bytes / most->expansion), i->width, i->height,
                        r->file->size);
    }
    if (i->pages > most->pages) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected at most %d pages, got %d", r->name,
                        most->pages, i->pages);
    }
    return HG_OK;
}

static hg__image_reader *new_reader(const char *name, hg_error *err) {
    hg__image_reader *r = hg__alloc(1, sizeof *r, err);
    hg__image_file *file = r ? hg__alloc(1, sizeof *file, err) : NULL;
    if (!file) {
        hg__free(r);
        return NULL;
    }
    snprintf(r->name, sizeof r->name, "%s", name);
    *file = (hg__image_file){.name = r->name, .fd = -1};
    r->file = file;
    return r;
}

// What a codec came to. Where the file itself could not be read, that is the reason, and it is a failure whatever the codec made
// of it.
static int prefer_file_error(const hg__image_reader *r, int code, hg_error *err) {
    const hg_error *why = &r->file->why;
    return why->code ? hg__fail(err, why->code, "%s", why->message) : code;
}

static int open_codec(hg__image_reader *r, hg_error *err) {
    enum { HEAD = 1 << 16 };
    const hg__image_file *f = r->file;
    const size_t size = f->bytes || f->size < HEAD ? f->size : HEAD;
    const uint8_t *head = hg__image_file_at(r->file, 0, size);
    if (!head) return HG_ERR_IO;
    const hg__codec *codec = find_by_content(head, size);
    if (!codec) return hg__image_refuse(head, size, r->name, err);
    if (codec->is_whole) HG_TRY(hg__image_file_hold(r->file, err));
    r->codec = codec;
    r->info = (hg__image_info){
        .format = codec->name, .channels = 1, .white = 255, .orientation = 1, .pages = 1};
    HG_TRY(codec->open(r, err));
    return check_pages(r, err);
}

static int begin(hg__image_reader *r, hg_error *err) {
    return prefer_file_error(r, open_codec(r, err), err);
}

hg__image_reader *hg__image_open_bytes(const uint8_t *bytes, size_t size, const char *name,
                                       hg_error *err) {
    hg__image_reader *r = new_reader(name, err);
    if (!r) return NULL;
    r->file->bytes = bytes;
    r->file->size = size;
    if (begin(r, err) == HG_OK) return r;
    hg__image_close(r);
    return NULL;
}

hg__image_reader *hg__image_open(const char *path, hg_error *err) {
    hg__image_reader *r = new_reader(path, err);
    if (!r) return NULL;
    int code = hg__image_file_open(r->file, r->name, err);
    if (code == HG_OK) code = begin(r, err);
    if (code == HG_OK) return r;
    hg__image_close(r);
    return NULL;
}

const hg__image_info *hg__image_info_of(const hg__image_reader *r) {
    return &r->info;
}

const char *hg__image_note(const hg__image_reader *r) {
    return r->note;
}

size_t hg__image_size(const hg__image_reader *r) {
    return r->file->size;
}

const uint8_t *hg__image_peek(hg__image_reader *r, uint64_t at, size_t size, hg_error *err) {
    const uint8_t *bytes = hg__image_file_at(r->file, at, size);
    if (!bytes) prefer_file_error(r, HG_OK, err);
    return bytes;
}

size_t hg__image_held(const hg__image_reader *r) {
    return r->held;
}

int hg__image_read_lines(hg__image_reader *r, void *to, int32_t lines, hg_error *err) {
    assert(lines >= 0 && lines <= r->info.height - r->next_line);
    if (lines == 0) return HG_OK;
    HG_TRY(prefer_file_error(r, r->codec->read(r, to, lines, err), err));
    r->next_line += lines;
    return HG_OK;
}

int hg__image_next_page(hg__image_reader *r, hg_error *err) {
    assert(r->next_line == r->info.height);
    if (!r->codec->next_page) return 0;
    const int code = prefer_file_error(r, r->codec->next_page(r, err), err);
    if (code != 1) return code;
    r->next_line = 0;
    HG_TRY(check_pages(r, err));
    return 1;
}

void hg__image_close(hg__image_reader *r) {
    if (!r) return;
    if (r->state) r->codec->close(r);
    hg__image_file_close(r->file);
    hg__free(r->file);
    hg__free(r);
}

// ---- writing ------------------------------------------------------------------------------------

// like is NULL for a new file; then info says what it is. to: memory rather than a file, or NULL.
static hg__image_writer *create(const char *path, const hg__codec *codec,
                                const hg__image_info *info, const hg__image_reader *like,
                                hg__text *to, hg_error *err) {
    hg__image_writer *w = hg__alloc(1, sizeof *w, err);
    if (!w) return NULL;
    w->codec = codec;
    w->info = *info;
    w->info.format = codec->name;
    w->info.page = 0;
    int code =
        to ? hg__writer_open_memory(&w->file, path, to, err) : hg__writer_open(&w->file, path, err);
    if (code == HG_OK) code = codec->create(w, like, err);
    if (code == HG_OK) return w;
    hg__image_abort(w);
    return NULL;
}

hg__image_writer *hg__image_create(const char *path, const hg__image_reader *like, hg_error *err) {
    return create(path, like->codec, &like->info, like, NULL, err);
}

static hg__image_writer *create_new(const char *path, const hg__image_info *info, hg__text *to,
                                    hg_error *err) {
    const hg__codec *codec = find_by_extension(path);
    if (!codec) {
        hg__fail(err, HG_ERR_USAGE,
                 "%s: expected a name that ends in .png, .jpg, .tif, .webp, .pgm or .ppm", path);
        return NULL;
    }
    return create(path, codec, info, NULL, to, err);
}

hg__image_writer *hg__image_create_new(const char *path, const hg__image_info *info,
                                       hg_error *err) {
    return create_new(path, info, NULL, err);
}

hg__image_writer *hg__image_create_memory(const char *name, const hg__image_info *info,
                                          hg__text *to, hg_error *err) {
    return create_new(name, info, to, err);
}

void hg__image_set_quick(hg__image_writer *w) {
    assert(w->next_line == 0);
    w->is_quick = true;
}

int hg__image_write_lines(hg__image_writer *w, const void *from, int32_t lines, hg_error *err) {
    assert(lines >= 0 && lines <= w->info.height - w->next_line);
    if (lines == 0) return HG_OK;
    HG_TRY(w->codec->write(w, from, lines, err));
    w->next_line += lines;
    return HG_OK;
}

int hg__image_start_page(hg__image_writer *w, const hg__image_reader *like, hg_error *err) {
    assert(w->next_line == w->info.height);
    if (!w->codec->start_page) {
        return hg__fail(err, HG_ERR_USAGE, "%s: expected one page: %s files hold no more",
                        w->file.path, w->codec->name);
    }
    const int32_t page = w->info.page + 1;
    w->info = like->info;
    w->info.format = w->codec->name;
    w->info.page = page;
    w->next_line = 0;
    return w->codec->start_page(w, like, err);
}

int hg__image_commit(hg__image_writer *w, hg_error *err) {
    assert(w->next_line == w->info.height);
    int code = w->codec->finish(w, err);
    if (code == HG_OK) code = hg__writer_commit(&w->file, err);
    hg__image_abort(w);
    return code;
}

void hg__image_abort(hg__image_writer *w) {
    if (!w) return;
    if (w->state) w->codec->drop(w);
    hg__writer_abort(&w->file);
    hg__free(w);
}
