// SPDX-License-Identifier: Apache-2.0
// tiff_kind.c - what a TIFF is beyond its directories: a camera's raw file, a thumbnail before the picture, a stack of planes.
//
//   directory ──next──> directory ...     pages
//       │ SubIFDs                         smaller copies of a page; or the page is a thumbnail and the picture is here
//       └ description, strips             ImageJ, MetaMorph, tifffile: one directory, and planes behind its own one
//
// Directories are looked at here byte by byte: libtiff would have to leave the page it is at.
#include <stdlib.h>
#include <strings.h>

#include "image/tiff.h"

enum { TAG_UIC2 = 33629, TAG_DNG_VERSION = 50706, PHOTOMETRIC_RAW = 34892, MOST_SUBS = 64 };

// ---- a directory's fields -----------------------------------------------------------------------

typedef struct field {
    uint16_t type;
    uint64_t count, at; // values begin at byte `at`
} field;

static bool is_inside(const hg__tiff_reader *t, uint64_t at, uint64_t size) {
    return at <= t->size && size <= t->size - at;
}

// `size` bytes as a number; 0 outside of the file.
static uint64_t number_at(const hg__tiff_reader *t, uint64_t at, size_t size) {
    uint64_t v = 0;
    const uint8_t *bytes = is_inside(t, at, size) ? hg__image_file_at(t->file, at, size) : NULL;
    for (size_t i = 0; bytes && i < size; i++) {
        v = v << 8 | bytes[t->is_big_end ? i : size - 1 - i];
    }
    return v;
}

// Bytes of a value of a type that holds whole numbers or letters, else 0.
static size_t size_of(uint16_t type) {
    switch (type) {
    case TIFF_BYTE:
    case TIFF_ASCII:
    case TIFF_UNDEFINED: return 1;
    case TIFF_SHORT: return 2;
    case TIFF_LONG:
    case TIFF_IFD: return 4;
    case TIFF_LONG8:
    case TIFF_IFD8:
    case TIFF_RATIONAL: return 8;
    default: return 0;
    }
}

static bool find_field(const hg__tiff_reader *t, uint64_t directory, uint16_t tag, field *f) {
    const bool big = t->is_big_tiff;
    const size_t head = big ? 8 : 2, entry = big ? 20 : 12, word = big ? 8 : 4;
    const uint64_t count = number_at(t, directory, head);
    for (uint64_t i = 0; i < count; i++) {
        const uint64_t at = directory + head + i * entry;
        if (!is_inside(t, at, entry)) return false;
        if (number_at(t, at, 2) != tag) continue;
        *f = (field){.type = (uint16_t)number_at(t, at + 2, 2),
                     .count = number_at(t, at + 4, word),
                     .at = at + 4 + word};
        const size_t size = size_of(f->type);
        if (size == 0 || f->count > t->size) return false;
        if (f->count * size > word) f->at = number_at(t, f->at, word);
        return is_inside(t, f->at, f->count * size);
    }
    return false;
}

static uint64_t value_of(const hg__tiff_reader *t, const field *f, uint64_t i) {
    const size_t size = size_of(f->type);
    return i < f->count ? number_at(t, f->at + i * size, size) : 0;
}

static uint64_t first_of(const hg__tiff_reader *t, uint64_t directory, uint16_t tag) {
    field f;
    return find_field(t, directory, tag, &f) ? value_of(t, &f, 0) : 0;
}

static uint64_t here(const hg__tiff_reader *t) {
    return hg__tiff.CurrentDirOffset(t->tiff);
}

// ---- a camera's raw file ------------------------------------------------------------------------

static bool is_mosaic(const hg__tiff_reader *t, uint64_t directory) {
    enum { SONY = 32767, NIKON = 34713, PENTAX = 65535 };
    const uint64_t photometric = first_of(t, directory, TIFFTAG_PHOTOMETRIC);
    const uint64_t compression = first_of(t, directory, TIFFTAG_COMPRESSION);
    return photometric == PHOTOMETRIC_CFA || photometric == PHOTOMETRIC_RAW ||
           compression == SONY || compression == NIKON || compression == PENTAX;
}

static const char *name_by_maker(const hg__tiff_reader *t) {
    static const struct {
        const char *maker, *name;
    } makers[] = {
        {"NIKON",      " (NEF)"},
        {"SONY",       " (ARW)"},
        {"PENTAX",     " (PEF)"},
        {"RICOH",      " (PEF)"},
        {"SAMSUNG",    " (SRW)"},
        {"Canon",      " (CR2)"},
        {"OLYMPUS",    " (ORF)"},
        {"Panasonic",  " (RW2)"},
        {"LEICA",      " (RWL)"},
        {"Hasselblad", " (3FR)"},
        {"EPSON",      " (ERF)"},
        {"EASTMAN",    " (DCR)"},
        {"Kodak",      " (DCR)"},
        {"Mamiya",     " (MEF)"},
        {"Phase One",  " (IIQ)"},
    };
    field f;
    if (!find_field(t, here(t), TIFFTAG_MAKE, &f)) return "";
    const char *maker = (const char *)hg__image_file_at(t->file, f.at, f.count);
    for (size_t i = 0; i < sizeof makers / sizeof *makers; i++) {
        const size_t n = strlen(makers[i].maker);
        if (maker && f.count >= n && strncasecmp(maker, makers[i].maker, n) == 0) {
            return makers[i].name;
        }
    }
    return "";
}

// " (DNG)", "" where only its mosaic says so; NULL: it is none.
static const char *name_raw(const hg__tiff_reader *t) {
    field subs;
    const uint8_t *mark = t->size > 12 ? hg__image_file_at(t->file, 8, 4) : NULL;
    if (mark && memcmp(mark, "CR\2", 3) == 0) return " (CR2)";
    if (mark && memcmp(mark, "IIII", 4) == 0) return " (IIQ)";
    if (find_field(t, here(t), TAG_DNG_VERSION, &(field){0})) return " (DNG)";
    if (is_mosaic(t, here(t))) return name_by_maker(t);
    if (!find_field(t, here(t), TIFFTAG_SUBIFD, &subs)) return NULL;
    for (uint64_t i = 0; i < subs.count && i < MOST_SUBS; i++) {
        if (is_mosaic(t, value_of(t, &subs, i))) return name_by_maker(t);
    }
    return NULL;
}

int hg__tiff_refuse_raw(const hg__image_reader *r, hg_error *err) {
    const char *name = name_raw(r->state);
    if (!name) return HG_OK;
    return hg__fail(err, HG_ERR_DATA,
                    "%s: expected an image (png, jpeg, tiff, webp, pgm, ppm, dicom, nifti), got a "
                    "camera's raw file%s; develop it to TIFF first",
                    r->name, name);
}

// ---- the picture and its copies -----------------------------------------------------------------

static uint64_t area_of(const hg__tiff_reader *t, uint64_t directory) {
    const uint64_t width = first_of(t, directory, TIFFTAG_IMAGEWIDTH);
    const uint64_t height = first_of(t, directory, TIFFTAG_IMAGELENGTH);
    return width <= INT32_MAX && height <= INT32_MAX ? width * height : 0;
}

int hg__tiff_find_picture(hg__image_reader *r, hg_error *err) {
    hg__tiff_reader *t = r->state;
    field subs;
    r->note[0] = '\0';
    if (find_field(t, here(t), HG_TIFF_LAYERS, &subs)) {
        snprintf(r->note, sizeof r->note, "its Photoshop layers are left out");
    }
    if (!find_field(t, here(t), TIFFTAG_SUBIFD, &subs) || subs.count == 0) return HG_OK;
    uint64_t place = 0, most = area_of(t, here(t));
    for (uint64_t i = 0; i < subs.count && i < MOST_SUBS; i++) {
        const uint64_t directory = value_of(t, &subs, i), area = area_of(t, directory);
        if (area <= most) continue;
        place = directory;
        most = area;
    }
    if (!place) {
        snprintf(r->note, sizeof r->note,
                 "its SubIFDs (smaller copies of the picture, as a rule) are left out");
        return HG_OK;
    }
    snprintf(r->note, sizeof r->note,
             "its first directory is a thumbnail: the picture in the SubIFD is taken, the rest is "
             "left out");
    t->has_left = true;
    if (hg__tiff.SetSubDirectory(t->tiff, place)) return HG_OK;
    return hg__fail(err, HG_ERR_DATA, "%s: cannot read TIFF: %s", r->name,
                    t->messages.text[0] ? t->messages.text : "its SubIFD is damaged or cut off");
}

// ---- planes outside the directories -------------------------------------------------------------

// The number behind `name` ("images=", SizeZ=\"), 0 where there is none or it is absurd.
static uint64_t number_behind(const char *text, const char *name) {
    enum { MOST = 10000000 };
    const char *found = strstr(text, name);
    if (!found) return 0;
    const unsigned long long v = strtoull(found + strlen(name), NULL, 10);
    return v <= MOST ? v : 0;
}

static const char *description_of(const hg__tiff_reader *t) {
    const char *text = NULL;
    return hg__tiff.GetField(t->tiff, TIFFTAG_IMAGEDESCRIPTION, &text) && text ? text : "";
}

bool hg__tiff_is_imagej_stack(const hg__tiff_reader *t) {
    const char *text = description_of(t);
    return strncmp(text, "ImageJ=", 7) == 0 && number_behind(text, "\nimages=") > 1;
}

// {"shape": [3, 20, 30], "truncated": true}: tifffile's pages, of which only the first has a directory.
static uint64_t count_shape(const hg__image_info *info, const char *text) {
    enum { MOST = 1 << 30 };
    const char *at = strstr(text, "\"shape\": [");
    uint64_t samples = 1;
    if (text[0] != '{' || !at || !strstr(text, "\"truncated\": true")) return 1;
    for (at = strchr(at, '['); *at == '[' || *at == ',';) {
        char *end;
        const unsigned long long n = strtoull(at + 1, &end, 10);
        if (n == 0 || n > MOST || samples > MOST) return 1;
        samples *= n;
        at = end;
    }
    return samples /
           ((uint64_t)info->width * (uint64_t)info->height * (uint64_t)hg__image_samples(info));
}

// Planes a file of one directory says it has, and whose way that is.
static uint64_t count_planes(const hg__image_reader *r, const char **whose) {
    const hg__tiff_reader *t = r->state;
    const char *text = description_of(t);
    field f;
    *whose = "an ImageJ stack";
    if (hg__tiff_is_imagej_stack(t)) return number_behind(text, "\nimages=");
    *whose = "a tifffile stack";
    const uint64_t shaped = count_shape(&r->info, text);
    if (shaped > 1) return shaped;
    *whose = "a MetaMorph stack (STK)";
    return find_field(t, here(t), TAG_UIC2, &f) ? f.count : 1;
}

static int refuse_stack(const hg__image_reader *r, const char *whose, uint64_t planes,
                        hg_error *err) {
    return hg__fail(err, HG_ERR_DATA,
                    "%s: expected a TIFF directory for each plane, got %s whose %llu planes lie "
                    "outside the directories; save it with a page for each first",
                    r->name, whose, (unsigned long long)planes);
}

// Planes an OME-TIFF tells of; those that are not here lie in other files, or nowhere.
static int check_ome(const hg__image_reader *r, hg_error *err) {
    const char *text = description_of(r->state);
    const uint64_t samples = (uint64_t)hg__image_samples(&r->info);
    uint64_t planes = 0;
    if (!strstr(text, "<OME")) return HG_OK;
    for (text = strstr(text, "<Pixels"); text; text = strstr(text + 1, "<Pixels")) {
        uint64_t channels = number_behind(text, " SizeC=\"");
        if (samples > 1 && channels % samples == 0) channels /= samples;
        planes += number_behind(text, " SizeZ=\"") * number_behind(text, " SizeT=\"") * channels;
    }
    if (planes <= (uint64_t)r->info.pages) return HG_OK;
    return hg__fail(err, HG_ERR_DATA,
                    "%s: expected an OME-TIFF whose planes are all in it, got %d of %llu; join its "
                    "files to one first (as bfconvert does)",
                    r->name, r->info.pages, (unsigned long long)planes);
}

// Some writers keep equal tiles once. But what is unpacked again and again costs time, however few its pixels.
int hg__tiff_check_shares(hg__image_reader *r, hg_error *err) {
    enum { MOST_SHARED = 16, ALWAYS_ALLOWED = 16 << 20 };
    static const uint16_t tags[] = {TIFFTAG_STRIPBYTECOUNTS, TIFFTAG_TILEBYTECOUNTS};
    hg__tiff_reader *t = r->state;
    field counts;
    for (size_t k = 0; k < sizeof tags / sizeof *tags; k++) {
        if (!find_field(t, here(t), tags[k], &counts)) continue;
        for (uint64_t i = 0; i < counts.count; i++) {
            const uint64_t bytes = value_of(t, &counts, i);
            t->stored += sizeof bytes + (bytes < t->size ? bytes : t->size); // and its count
        }
    }
    if (t->stored <= ALWAYS_ALLOWED || t->stored / MOST_SHARED <= t->size) return HG_OK;
    return hg__fail(err, HG_ERR_DATA,
                    "%s: page %d: expected strips or tiles of their own, got %llu bytes of them in "
                    "a file of %zu",
                    r->name, r->info.page + 1, (unsigned long long)t->stored, r->file->size);
}

// Strips without compression that hold the plane several times.
static int check_strips(const hg__image_reader *r, uint64_t plane, hg_error *err) {
    const hg__tiff_reader *t = r->state;
    field counts;
    uint64_t sum = 0;
    if (!find_field(t, here(t), TIFFTAG_STRIPBYTECOUNTS, &counts)) return HG_OK;
    for (uint64_t i = 0; i < counts.count; i++) {
        const uint64_t bytes = value_of(t, &counts, i);
        if (bytes > t->size) return HG_OK;
        sum += bytes;
    }
    if (sum / plane < 2 || sum % plane || sum > t->size) return HG_OK;
    return refuse_stack(r, "a stack", sum / plane, err);
}

int hg__tiff_find_planes(hg__image_reader *r, hg_error *err) {
    hg__tiff_reader *t = r->state;
    const char *whose;
    uint16_t compression = 0, planar = 0;
    hg__tiff.GetFieldDefaulted(t->tiff, TIFFTAG_COMPRESSION, &compression);
    hg__tiff.GetFieldDefaulted(t->tiff, TIFFTAG_PLANARCONFIG, &planar);
    const uint64_t plane = (uint64_t)t->line_bytes * (uint64_t)r->info.height;
    const uint64_t first = first_of(t, here(t), TIFFTAG_STRIPOFFSETS);
    HG_TRY(check_ome(r, err));
    const uint64_t planes = count_planes(r, &whose);
    if (r->info.pages > 1 || t->band || compression != COMPRESSION_NONE || plane == 0 ||
        first > t->size) {
        return HG_OK; // what ImageJ itself then takes for one plane
    }
    const uint64_t there = (t->size - first) / plane;
    if (planes < 2) return check_strips(r, plane, err);
    if (there < 2) {
        snprintf(r->note, sizeof r->note, "its description tells of %llu planes, one is there",
                 (unsigned long long)planes);
        return HG_OK;
    }
    if (there < planes) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected the %llu planes of %s, got %llu: cut off",
                        r->name, (unsigned long long)planes, whose, (unsigned long long)there);
    }
    const bool is_simple = t->layout.bits % 8 == 0 && t->layout.photometric != PHOTOMETRIC_PALETTE;
    if (!is_simple) return refuse_stack(r, whose, planes, err);
    t->planes_at = first;
    t->plane_bytes = plane;
    r->info.pages = (int32_t)planes;
    return hg__image_check(r, err);
}

const uint8_t *hg__tiff_read_plane(const hg__image_reader *r, uint32_t y) {
    const hg__tiff_reader *t = r->state;
    const uint64_t at =
        t->planes_at + (uint64_t)r->info.page * t->plane_bytes + (uint64_t)y * t->line_bytes;
    const size_t size = hg__dtype_size(r->info.dtype);
    if (!is_inside(t, at, t->line_bytes)) return NULL; // was checked
    const uint8_t *from = hg__image_file_at(t->file, at, t->line_bytes);
    if (!from) return NULL;
    if (!hg__tiff.IsByteSwapped(t->tiff) || size == 1) return from;
    for (size_t i = 0; i < t->line_bytes; i++) {
        t->line[i] = from[i - i % size + (size - 1 - i % size)];
    }
    return t->line;
}
