// SPDX-License-Identifier: Apache-2.0
// codec_dicom.c - DICOM, grey of 8 to 16 bits; frames are pages. DCMTK reads it, in a plug-in that is opened when the
// first DICOM file is met, so that nobody else pays for it.
//
// A sample is the stored value on 0 .. white, 2^stored - 1: signed ones are moved up by half the range, and in
// MONOCHROME1 (white is zero) turned round. Rescale slope and window are left to who displays the file.
// A file written like another has all its elements, and pixels that are not compressed.
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "image/codec.h"
#include "image/dicom_depth.h"
#include "image/dicom_plugin.h"
#include "image/dicom_rle.h"

typedef struct samples {
    int32_t shift; // of the lowest bit in use
    uint32_t white, half;
    bool is_signed, is_white_zero;
} samples;

typedef struct dicom_reader {
    hg__dicom *file; // owned by the plug-in, closed here
    hg__dicom_info info;
    samples samples;
    uint8_t *frame; // owned, (height, width) of 8 or 16 bits as stored
    size_t frame_bytes;
    int32_t held; // the frame in there, -1 none
} dicom_reader;

typedef struct dicom_writer {
    hg__dicom *file; // as in dicom_reader
    samples samples;
    uint8_t *pixels; // owned, grown: (frames, height, width) of 8 or 16 bits as stored
    size_t bytes;    // filled
    size_t capacity;
    int32_t frames;
    hg__writer *out; // borrowed
    hg_error *err;   // of the call that is being made
    int code;
} dicom_writer;

// ---- the plug-in --------------------------------------------------------------------------------

static const char plugin_name[] = "hourglass-dicom.so";

static struct {
    const hg__dicom_plugin *entry; // NULL: not there
    char reason[300];              // why it could not be opened; "" where there is no such file
    pthread_once_t once;
} plugin = {.once = PTHREAD_ONCE_INIT};

// "folder/between/hourglass-dicom.so" is opened where there is one.
static void *open_in(const char *folder, const char *between) {
    char path[2048];
    const int length = snprintf(path, sizeof path, "%s%s/%s", folder, between, plugin_name);
    if (length < 0 || (size_t)length >= sizeof path || !hg__is_file(path)) return NULL;
    void *opened = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    const char *reason = opened ? "" : dlerror();
    snprintf(plugin.reason, sizeof plugin.reason, "%s", reason ? reason : "");
    return opened;
}

static void cut_name(char *path) {
    char *slash = strrchr(path, '/');
    if (slash) *slash = '\0';
}

// Beside the command, where `make install` puts it, and beside the library that holds this code.
static void *open_near(void) {
    char folder[1024];
    Dl_info here;
    const ssize_t length = readlink("/proc/self/exe", folder, sizeof folder - 1);
    void *opened = NULL;
    if (length > 0) {
        folder[length] = '\0';
        cut_name(folder);
        opened = open_in(folder, "");
        if (!opened) opened = open_in(folder, "/../lib/hourglass");
    }
    if (!opened && dladdr(&plugin, &here) != 0 && here.dli_fname) {
        snprintf(folder, sizeof folder, "%s", here.dli_fname);
        cut_name(folder);
        opened = open_in(folder, "/hourglass");
    }
    return opened;
}

static void find_plugin(void) {
    const char *wish = getenv("HG_PLUGINS");
    void *opened = wish && *wish ? open_in(wish, "") : NULL;
    if (!opened) opened = open_near();
    const hg__dicom_plugin *entry = opened ? dlsym(opened, HG_DICOM_SYMBOL) : NULL;
    if (entry && entry->interface == HG_DICOM_INTERFACE) {
        plugin.entry = entry; // never closed: DCMTK's tables live there
    } else if (opened) {
        snprintf(plugin.reason, sizeof plugin.reason, "it belongs to another release");
    }
}

static const hg__dicom_plugin *get_plugin(void) {
    pthread_once(&plugin.once, find_plugin);
    return plugin.entry;
}

const char *hg__image_dicom_version(void) {
    const hg__dicom_plugin *p = get_plugin();
    return p ? p->version : "";
}

static int need_plugin(const char *name, hg_error *err) {
    if (get_plugin()) return HG_OK;
    if (!plugin.reason[0]) {
        return hg__fail(
            err, HG_ERR_MISSING,
            "%s: DICOM needs %s, which is not here; apt-get install libdcmtk-dev g++ and "
            "build again",
            name, plugin_name);
    }
    return hg__fail(err, HG_ERR_MISSING,
                    "%s: DICOM needs the package libdcmtk17: cannot open %s: %s", name, plugin_name,
                    plugin.reason);
}

// ---- samples ------------------------------------------------------------------------------------

static uint32_t to_sample(const samples *s, uint32_t stored) {
    uint32_t v = stored >> s->shift & s->white;
    if (s->is_signed) v ^= s->half; // two's complement moved up by half
    return s->is_white_zero ? s->white - v : v;
}

// Bits above those in use repeat the sign.
static uint32_t to_stored(const samples *s, uint32_t sample) {
    uint32_t v = sample < s->white ? sample : s->white;
    if (s->is_white_zero) v = s->white - v;
    if (!s->is_signed) return v << s->shift;
    v ^= s->half;
    if (v & s->half) v |= ~s->white;
    return v << s->shift;
}

// ---- reading ------------------------------------------------------------------------------------

static bool sniff(const uint8_t *head, size_t size) {
    return size >= 132 && memcmp(head + 128, "DICM", 4) == 0;
}

static void close_reader(hg__image_reader *r) {
    dicom_reader *d = r->state;
    if (!d) return;
    if (plugin.entry) plugin.entry->close(d->file);
    hg__free(d->frame);
    hg__free(d);
    r->state = NULL;
}

static int check_bits(const hg__image_reader *r, const hg__dicom_info *i, hg_error *err) {
    const bool whole = i->allocated == 8 || i->allocated == 16;
    if (whole && i->stored >= 2 && i->stored <= i->allocated && i->high < i->allocated &&
        i->high >= i->stored - 1) {
        return HG_OK;
    }
    return hg__fail(err, HG_ERR_DATA,
                    "%s: expected DICOM samples of 8 or 16 bits, got %d bits up to bit %d of %d",
                    r->name, i->stored, i->high, i->allocated);
}

static int read_header(hg__image_reader *r, dicom_reader *d, hg_error *err) {
    hg__dicom_trouble trouble = {""};
    const hg__dicom_info *i = &d->info;
    d->file = plugin.entry->open(r->bytes, r->size, &d->info, &trouble);
    if (!d->file) return hg__fail(err, HG_ERR_DATA, "%s: %s", r->name, trouble.text);
    HG_TRY(check_bits(r, i, err));
    d->samples = (samples){.shift = i->high + 1 - i->stored,
                           .white = (1U << i->stored) - 1,
                           .half = 1U << (i->stored - 1),
                           .is_signed = i->is_signed,
                           .is_white_zero = i->is_white_zero};
    r->info = (hg__image_info){.format = "dicom",
                               .width = i->width,
                               .height = i->height,
                               .channels = 1,
                               .dtype = i->allocated == 8 ? HG_U8 : HG_U16,
                               .white = (float)d->samples.white,
                               .orientation = 1,
                               .pages = i->frames};
    if (i->frames < 1) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected at least 1 DICOM frame, got %d", r->name,
                        i->frames);
    }
    HG_TRY(hg__image_check(r, err));
    d->frame_bytes = hg__image_line_bytes(&r->info) * (size_t)i->height;
    const uint64_t wanted = (uint64_t)d->frame_bytes * (uint64_t)i->frames;
    if (i->pixel_bytes && i->pixel_bytes < wanted) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected %llu bytes of DICOM pixels, got %llu",
                        r->name, (unsigned long long)wanted, (unsigned long long)i->pixel_bytes);
    }
    // DCMTK fills an even number of bytes.
    d->frame = hg__alloc(d->frame_bytes + 2, 1, err);
    d->held = -1;
    r->held = r->size + d->frame_bytes;
    return d->frame ? HG_OK : HG_ERR_MEMORY;
}

static int open_reader(hg__image_reader *r, hg_error *err) {
    HG_TRY(need_plugin(r->name, err));
    HG_TRY(hg__dicom_check_depth(r->bytes, r->size, r->name, err));
    dicom_reader *d = hg__alloc(1, sizeof *d, err);
    if (!d) return HG_ERR_MEMORY;
    r->state = d;
    int code = read_header(r, d, err);
    if (code < 0) close_reader(r);
    return code;
}

static int unpack_frame(const hg__image_reader *r, hg__dicom_trouble *trouble) {
    const dicom_reader *d = r->state;
    const uint8_t *bytes = NULL;
    size_t size = 0;
    if (plugin.entry->fragment(d->file, r->info.page, &bytes, &size, trouble) < 0) return -1;
    const size_t width = hg__dtype_size(r->info.dtype);
    if (hg__dicom_unpack_rle(bytes, size, d->frame_bytes / width, width, d->frame)) return 0;
    snprintf(trouble->text, sizeof trouble->text,
             "expected whole run lengths (RLE) in frame %d, got damaged ones", r->info.page + 1);
    return -1;
}

static int hold_frame(const hg__image_reader *r, hg_error *err) {
    dicom_reader *d = r->state;
    hg__dicom_trouble trouble = {""};
    if (d->held == r->info.page) return HG_OK;
    const size_t even = d->frame_bytes + d->frame_bytes % 2;
    const int done = d->info.is_rle
                         ? unpack_frame(r, &trouble)
                         : plugin.entry->read(d->file, r->info.page, d->frame, even, &trouble);
    if (done < 0) return hg__fail(err, HG_ERR_DATA, "%s: %s", r->name, trouble.text);
    d->held = r->info.page;
    return HG_OK;
}

static int read_lines(hg__image_reader *r, void *to, int32_t lines, hg_error *err) {
    HG_TRY(hold_frame(r, err));
    const dicom_reader *d = r->state;
    const size_t width = (size_t)r->info.width, count = width * (size_t)lines;
    const size_t first = width * (size_t)r->next_line;
    uint16_t stored, *u16 = to;
    uint8_t *u8 = to;
    for (size_t i = 0; i < count; i++) {
        if (r->info.dtype == HG_U8) {
            u8[i] = (uint8_t)to_sample(&d->samples, d->frame[first + i]);
        } else {
            memcpy(&stored, d->frame + 2 * (first + i), 2);
            u16[i] = (uint16_t)to_sample(&d->samples, stored);
        }
    }
    return HG_OK;
}

static int next_page(hg__image_reader *r, hg_error *err) {
    (void)err;
    if (r->info.page + 1 >= r->info.pages) return 0;
    r->info.page++;
    return 1;
}

// ---- writing ------------------------------------------------------------------------------------

static void drop(hg__image_writer *w) {
    dicom_writer *d = w->state;
    if (!d) return;
    if (plugin.entry) plugin.entry->close(d->file);
    hg__free(d->pixels);
    hg__free(d);
    w->state = NULL;
}

// Room for one more frame, doubled as frames come.
static int add_frame(hg__image_writer *w, hg_error *err) {
    dicom_writer *d = w->state;
    const size_t frame = hg__image_line_bytes(&w->info) * (size_t)w->info.height;
    const size_t wanted = d->bytes + frame;
    d->frames++;
    if (wanted <= d->capacity) return HG_OK;
    const size_t capacity = wanted + d->capacity;
    uint8_t *grown = hg__grow(d->pixels, capacity + 1, 1, err);
    if (!grown) return HG_ERR_MEMORY;
    d->pixels = grown;
    d->capacity = capacity;
    return HG_OK;
}

static int create(hg__image_writer *w, const hg__image_reader *like, hg_error *err) {
    if (!like || like->codec != &hg__codec_dicom || like->info.dtype != w->info.dtype) {
        return hg__fail(err, HG_ERR_USAGE,
                        "%s: expected another format: DICOM is only written like a DICOM file",
                        w->file.path);
    }
    dicom_writer *d = hg__alloc(1, sizeof *d, err);
    if (!d) return HG_ERR_MEMORY;
    w->state = d;
    const dicom_reader *from = like->state;
    hg__dicom_trouble trouble = {""};
    d->samples = from->samples;
    d->out = &w->file;
    d->file = plugin.entry->copy(from->file, &trouble);
    int code = d->file ? add_frame(w, err)
                       : hg__fail(err, HG_ERR_MEMORY, "%s: %s", w->file.path, trouble.text);
    if (code < 0) drop(w);
    return code;
}

static int start_page(hg__image_writer *w, const hg__image_reader *like, hg_error *err) {
    (void)like; // frames are all alike
    return add_frame(w, err);
}

static int write_lines(hg__image_writer *w, const void *from, int32_t lines, hg_error *err) {
    dicom_writer *d = w->state;
    (void)err;
    const size_t count = (size_t)w->info.width * (size_t)lines;
    const uint8_t *u8 = from;
    const uint16_t *u16 = from;
    for (size_t i = 0; i < count; i++) {
        if (w->info.dtype == HG_U8) {
            d->pixels[d->bytes++] = (uint8_t)to_stored(&d->samples, u8[i]);
        } else {
            const uint16_t stored = (uint16_t)to_stored(&d->samples, u16[i]);
            memcpy(d->pixels + d->bytes, &stored, 2);
            d->bytes += 2;
        }
    }
    return HG_OK;
}

static int sink(void *context, const void *bytes, size_t size) {
    dicom_writer *d = context;
    d->code = hg__writer_add(d->out, bytes, size, d->err);
    return d->code;
}

static int finish(hg__image_writer *w, hg_error *err) {
    dicom_writer *d = w->state;
    hg__dicom_trouble trouble = {""};
    d->err = err;
    d->code = HG_OK;
    if (d->bytes % 2) d->pixels[d->bytes++] = 0; // DICOM's values are even
    const int done =
        plugin.entry->write(d->file, d->pixels, d->bytes, d->frames, sink, d, &trouble);
    if (d->code < 0) return d->code;
    if (done == 0) return HG_OK;
    return hg__fail(err, HG_ERR_IO, "%s: %s", w->file.path, trouble.text);
}

const hg__codec hg__codec_dicom = {
    .name = "dicom",
    .extensions = ".dcm.dicom.",
    .sniff = sniff,
    .open = open_reader,
    .read = read_lines,
    .next_page = next_page,
    .close = close_reader,
    .create = create,
    .write = write_lines,
    .start_page = start_page,
    .finish = finish,
    .drop = drop,
};
