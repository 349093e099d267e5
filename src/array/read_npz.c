// SPDX-License-Identifier: Apache-2.0
// read_npz.c - NumPy's .npz: a zip archive of .npy files. Which one is the data: 'X' or 'x', or the only array
// of two or more dimensions, or the only array. An archive of one text is that text.
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "array/reader.h"
#include "base/file.h"
#include "base/text.h"
#include "csv/csv.h"
#include "files/zip_api.h"

typedef struct archive {
    const hg__zip *api;
    zip_t *zip;
    zip_file_t *file; // the open entry
    const char *path; // borrowed
    uint64_t size;    // of its file
    uint64_t left;    // bytes that the open entry may still unpack to
} archive;

// What an entry may unpack to, for each byte it has in the archive. Deflate makes 1032 of one; bzip2, LZMA and Zstandard millions.
enum { EXPANSION = 1100, ALWAYS_ALLOWED = 16 << 20 };

static int64_t pull(void *context, void *buffer, size_t size, hg_error *err) {
    archive *z = context;
    size_t done = 0;
    while (done < size) {
        zip_int64_t n = z->api->fread(z->file, (char *)buffer + done, size - done);
        if (n < 0) {
            return hg__fail(err, HG_ERR_DATA, "%s: the archive is damaged (%s)", z->path,
                            z->api->file_strerror(z->file));
        }
        if (n == 0) break;
        if ((uint64_t)n > z->left) {
            return hg__fail(err, HG_ERR_DATA,
                            "%s: expected at most %d bytes unpacked for each of the archive, got "
                            "more",
                            z->path, EXPANSION);
        }
        z->left -= (uint64_t)n;
        done += (size_t)n;
    }
    return (int64_t)done;
}

static void close_entry(archive *z) {
    if (z->file) (void)z->api->fclose(z->file);
    z->file = NULL;
}

static int open_entry(archive *z, zip_uint64_t index, hg__source *s, hg_error *err) {
    zip_stat_t st;
    *s = (hg__source){.fd = -1, .pull = pull, .context = z};
    z->file = z->api->fopen_index(z->zip, index, 0);
    if (!z->file || z->api->stat_index(z->zip, index, 0, &st) != 0) {
        return hg__fail(err, HG_ERR_DATA, "%s: cannot open '%.60s' in the archive (%s)", z->path,
                        z->api->get_name(z->zip, index, 0), z->api->strerror(z->zip));
    }
    const uint64_t packed = st.comp_size < z->size ? st.comp_size : z->size;
    z->left = ALWAYS_ALLOWED + packed * EXPANSION;
    return hg__source_open_entry(s, z->path, st.size, err);
}

// The array's name, without .npy; 0 if the entry is no array.
static size_t name_size(const char *name) {
    size_t n = name ? strlen(name) : 0;
    return n > 4 && strcmp(name + n - 4, ".npy") == 0 ? n - 4 : 0;
}

// What there is to choose from.
typedef struct choice {
    const char *wanted; // the array that is meant; ""
    zip_int64_t named, matrix, any;
    int matrices, arrays;
    hg__text names; // "a, b, c"
} choice;

static int look_at(archive *z, zip_uint64_t i, choice *c, hg_error *err) {
    const char *name = z->api->get_name(z->zip, i, 0);
    size_t n = name_size(name);
    if (n == 0) return HG_OK;
    if (c->names.length < 200) {
        hg__text_add(&c->names, "%s'", c->arrays ? ", " : "");
        for (size_t k = 0; k < n && k < 40; k++) {
            unsigned char byte = (unsigned char)name[k];
            hg__text_add(&c->names, "%c", byte < ' ' ? '?' : byte);
        }
        hg__text_add(&c->names, "'");
    }
    c->arrays++;
    c->any = (zip_int64_t)i;
    const bool usual = n == 1 && (*name == 'X' || (*name == 'x' && c->named < 0));
    const bool is_wanted = n == strlen(c->wanted) && memcmp(name, c->wanted, n) == 0;
    if (*c->wanted ? is_wanted : usual) c->named = (zip_int64_t)i;
    hg__source s;
    hg__array a;
    hg_error why;
    int code = open_entry(z, i, &s, err);
    if (code == HG_OK) {
        code = hg__npy_read_header(&a, &s, &why);
        bool is_matrix = code == HG_OK && a.shape.rank >= 2;
        if (is_matrix) c->matrix = (zip_int64_t)i;
        c->matrices += is_matrix;
        if (code == HG_ERR_DATA) code = HG_OK; // not numbers: one that cannot be meant
        if (code < 0 && err) *err = why;
    }
    hg__source_close(&s);
    close_entry(z);
    return code;
}

// What an archive without arrays is, by the names in it.
static const struct {
    const char *name, *what;
} kinds[] = {
    {"xl/workbook.xml",    "an Excel workbook (.xlsx): save it as CSV"      },
    {"xl/workbook.bin",    "an Excel workbook (.xlsb): save it as CSV"      },
    {"word/",              "a Word document"                                },
    {"ppt/",               "a presentation"                                 },
    {"content.xml",        "an OpenDocument file (.ods): save it as CSV"    },
    {"Index/Document.iwa", "a Numbers or Pages document: save it as CSV"    },
    {"META-INF/",          "a Java archive"                                 },
    {"data.pkl",           "a PyTorch file: save its arrays as .npy or .npz"},
    {"doc.kml",            "a KMZ file: save it as CSV"                     },
};

// Files that are nobody's data: folders, and what macOS puts into archives.
static bool is_aside(const char *name) {
    const size_t n = name ? strlen(name) : 0;
    if (n == 0 || name[n - 1] == '/' || strncmp(name, "__MACOSX/", 9) == 0) return true;
    return n >= 9 && strcmp(name + n - 9, ".DS_Store") == 0;
}

static int refuse_archive(const archive *z, zip_int64_t count, hg_error *err) {
    const char *one = "";
    int files = 0;
    for (zip_int64_t i = 0; i < count; i++) {
        const char *name = z->api->get_name(z->zip, (zip_uint64_t)i, 0);
        for (size_t k = 0; name && k < sizeof kinds / sizeof *kinds; k++) {
            if (!strstr(name, kinds[k].name)) continue;
            return hg__fail(err, HG_ERR_DATA, "%s: expected a table or arrays, got %s", z->path,
                            kinds[k].what);
        }
        if (is_aside(name)) continue;
        if (files++ == 0) one = name;
    }
    if (files == 0) {
        return hg__fail(err, HG_ERR_DATA,
                        "%s: expected a table or arrays, got an empty zip archive", z->path);
    }
    char shown[48];
    const hg__csv_cell cell = {.text = one, .size = strlen(one)};
    hg__csv_show_cell(&cell, shown);
    return hg__fail(
        err, HG_ERR_DATA,
        "%s: expected a table or arrays, got a zip archive of %d file%s (%s%s): unpack it", z->path,
        files, files == 1 ? "" : "s", shown, files > 1 ? ", ..." : "");
}

static int choose(archive *z, choice *c, zip_uint64_t *index, hg_error *err) {
    zip_int64_t count = z->api->get_num_entries(z->zip, 0);
    if (count < 0 || (uint64_t)count > hg__data_limit.entries) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected at most %llu arrays, got %lld", z->path,
                        (unsigned long long)hg__data_limit.entries, (long long)count);
    }
    for (zip_int64_t i = 0; i < count; i++) HG_TRY(look_at(z, (zip_uint64_t)i, c, err));
    if (c->names.failed) {
        return hg__fail(err, HG_ERR_MEMORY, "out of memory while reading %s", z->path);
    }
    if (!c->arrays && !*c->wanted) return refuse_archive(z, count, err);
    zip_int64_t best = c->named;
    if (best < 0 && *c->wanted) {
        return hg__fail(err, HG_ERR_USAGE, "%s: expected an array '%.60s', got %s", z->path,
                        c->wanted, c->arrays ? c->names.data : "no .npy file in the archive");
    }
    if (best < 0 && c->matrices == 1) best = c->matrix;
    if (best < 0 && c->arrays == 1) best = c->any;
    if (best < 0) {
        return hg__fail(err, HG_ERR_DATA,
                        "%s: expected an array 'X' or one single array with rows, got %s", z->path,
                        c->names.data);
    }
    *index = (zip_uint64_t)best;
    return HG_OK;
}

static int read_archive(archive *z, hg__data *d, const hg__data_options *o, hg_error *err) {
    choice c = {.wanted = d->array, .named = -1, .matrix = -1, .any = -1};
    zip_uint64_t index = 0;
    int code = choose(z, &c, &index, err);
    hg__text_clear(&c.names);
    HG_TRY(code);
    const char *name = z->api->get_name(z->zip, index, 0);
    snprintf(d->array, sizeof d->array, "%.*s", (int)name_size(name), name ? name : "");
    hg__source s;
    hg__array a;
    code = open_entry(z, index, &s, err);
    if (code == HG_OK) code = hg__npy_read_header(&a, &s, err);
    if (code == HG_OK) code = hg__array_open(&a, d, &s, o, err);
    hg__source_close(&s);
    close_entry(z);
    return code;
}

// libzip seeks: a gzipped archive is unpacked to a temporary file first.
static int open_zip(archive *z, hg__source *s, hg_error *err) {
    z->size = s->size;
    int fd = s->packed ? hg__source_spill(s, &z->size, err) : fcntl(s->fd, F_DUPFD_CLOEXEC, 3);
    if (fd < 0) {
        return s->packed ? fd : hg__fail_errno(err, HG_ERR_IO, "%s: cannot open again", s->path);
    }
    int why = 0;
    z->zip = z->api->fdopen(fd, 0, &why);
    if (z->zip) return HG_OK;
    close(fd);
    zip_error_t e;
    z->api->error_init_with_code(&e, why);
    int code = hg__fail(err, why == ZIP_ER_MEMORY ? HG_ERR_MEMORY : HG_ERR_DATA,
                        "%s: expected a zip archive of .npy files (%s)", s->path,
                        z->api->error_strerror(&e));
    z->api->error_fini(&e);
    return code;
}

static int open_npz(hg__data *d, hg__source *s, const hg__data_options *o, hg_error *err) {
    archive z = {.api = hg__zip_get(s->path, err), .path = s->path};
    if (!z.api) return HG_ERR_MISSING;
    HG_TRY(open_zip(&z, s, err));
    int code = read_archive(&z, d, o, err);
    z.api->discard(z.zip);
    return code;
}

static bool sniff(const uint8_t *head, size_t size) {
    return size >= 4 && head[0] == 'P' && head[1] == 'K' && (head[2] == 3 || head[2] == 5) &&
           head[3] == head[2] + 1;
}

// ---- an archive of one text ---------------------------------------------------------------------

// The only file in it that is no .npy, or -1.
static zip_int64_t find_only(const archive *z) {
    const zip_int64_t count = z->api->get_num_entries(z->zip, 0);
    zip_int64_t only = -1;
    if (count < 0 || (uint64_t)count > hg__data_limit.entries) return -1;
    for (zip_int64_t i = 0; i < count; i++) {
        const char *name = z->api->get_name(z->zip, (zip_uint64_t)i, 0);
        if (is_aside(name)) continue;
        if (only >= 0 || name_size(name)) return -1;
        only = i;
    }
    return only;
}

// Copies it to a temporary file if it is a text: *fd is its descriptor, else -1.
static int unpack_text(archive *z, zip_uint64_t index, int *fd, hg_error *err) {
    hg__source s;
    uint64_t size;
    int code = open_entry(z, index, &s, err);
    *fd = -1;
    if (code == HG_OK && hg__reader_csv.sniff(s.head, s.head_size)) {
        code = hg__source_spill(&s, &size, err);
        if (code >= 0) *fd = code;
    }
    hg__source_close(&s);
    close_entry(z);
    return code < 0 ? code : HG_OK;
}

int hg__zip_text(hg__source *s, hg_error *err) {
    hg_error unused;
    int fd = -1;
    if (!sniff(s->head, s->head_size) || s->packed) return HG_OK;
    archive z = {.api = hg__zip_get(s->path, &unused), .path = s->path};
    if (!z.api || open_zip(&z, s, &unused) < 0) return HG_OK; // who reads it on says so
    const zip_int64_t only = find_only(&z);
    const int code = only >= 0 ? unpack_text(&z, (zip_uint64_t)only, &fd, err) : HG_OK;
    z.api->discard(z.zip);
    if (code < 0 || fd < 0) return code;
    const char *path = s->path;
    hg__source_close(s);
    return hg__source_open(s, fd, path, err);
}

const hg__reader hg__reader_npz = {"npz", ".npz.", sniff, open_npz};
