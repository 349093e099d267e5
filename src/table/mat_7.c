// SPDX-License-Identifier: Apache-2.0
// mat_7.c - MATLAB files of version 7.3 (HDF5), by libmatio. Not proof against files made to harm: only for a process of its own
// (base/system.h), which also lets go of what is kept here.
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/system.h"
#include "table/mat.h"

// By class.
static const hg__dtype types[] = {
    [HG_MAT_DOUBLE] = HG_F64, [HG_MAT_SINGLE] = HG_F32, [HG_MAT_INT8] = HG_I8,
    [HG_MAT_UINT8] = HG_U8,   [HG_MAT_INT16] = HG_I16,  [HG_MAT_UINT16] = HG_U16,
    [HG_MAT_INT32] = HG_I32,  [HG_MAT_UINT32] = HG_U32, [HG_MAT_INT64] = HG_I64,
    [HG_MAT_UINT64] = HG_U64};

static int open_7(hg__mat_file *f, hg_error *err) {
    const hg__mat *api = hg__mat_get(f->path, err);
    char path[64];
    if (!api) return HG_ERR_MISSING;
    snprintf(path, sizeof path, "/proc/self/fd/%d", f->fd);
    f->state = api->Open(path, 0);
    if (f->state) return HG_OK;
    return hg__fail(err, HG_ERR_DATA, "%s: expected a MATLAB file, but libmatio %s cannot open it",
                    f->path, hg__mat_version());
}

static int next_7(hg__mat_file *f, hg__mat_array *a, hg_error *err) {
    const hg__mat *api = hg__mat_get(f->path, err);
    const hg__mat_variable *v = api ? api->VarReadNextInfo(f->state) : NULL;
    if (!v) return 0;
    *a = (hg__mat_array){
        .class = v->class, .rank = v->rank, .is_complex = v->is_complex != 0, .handle = (void *)v};
    for (int i = 0; i < 2 && i < v->rank && v->dim; i++) a->dim[i] = v->dim[i];
    snprintf(a->name, sizeof a->name, "%s", v->name ? v->name : "");
    return 1;
}

static uint64_t hash(const uint8_t *bytes, size_t size) {
    uint64_t h = 0xcbf29ce484222325ULL;
    for (size_t i = 0; i < size; i++) h = (h ^ bytes[i]) * 0x100000001b3ULL;
    return h;
}

// Where an array holds less than its header says, libmatio reads what there is and reports success. So it is read
// over zeros and over ones: what differs was not read.
static int read_7(hg__mat_file *f, const hg__mat_array *a, size_t count, hg__mat_numbers *to,
                  hg_error *err) {
    const hg__mat *api = hg__mat_get(f->path, err);
    const size_t cell = hg__dtype_size(types[a->class]), bytes = count * cell;
    int start[] = {0, 0}, stride[] = {1, 1}, edge[] = {(int)a->dim[0], (int)a->dim[1]};
    uint64_t got[2] = {0, 1};
    *to = (hg__mat_numbers){.bytes = hg__alloc(count, cell, err),
                            .dtype = types[a->class],
                            .big = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__};
    if (!api || !to->bytes) return HG_ERR_MEMORY;
    for (int i = 0; i < 2; i++) {
        char name[64];
        memset(to->bytes, i ? 0xff : 0, bytes);
        if (api->VarReadData(f->state, a->handle, to->bytes, start, stride, edge) != 0) {
            return hg__fail(
                err, HG_ERR_DATA,
                "%s: libmatio could not read '%s': it is damaged, or packed by a filter "
                "that is not there; save it with `-v7` in MATLAB",
                f->path, hg__mat_show_name(a, name));
        }
        got[i] = hash(to->bytes, bytes);
    }
    return got[0] == got[1] ? HG_OK : hg__mat_fail_short(f, a, err);
}

const hg__mat_kind hg__mat_7 = {open_7, next_7, read_7};

#define NAME(result, name, arguments) #name,

static const char *const files[] = {"libmatio.so.13", "libmatio.so.12", "libmatio.so.11",
                                    "libmatio.so.9",  "libmatio.so",    NULL};

static struct {
    hg__mat functions;
    bool found;
    char version[32];
    pthread_once_t once;
} mat = {.once = PTHREAD_ONCE_INIT};

static void find_mat(void) {
    static const char *const names[] = {HG_MAT_FUNCTIONS(NAME)};
    int major = 0, minor = 0, release = 0;
    if (!hg__library_open(files, "Mat_", names, sizeof names / sizeof *names, &mat.functions)) {
        return;
    }
    mat.functions.GetLibraryVersion(&major, &minor, &release);
    mat.found = major == 1 && minor == 5; // another may have other structures
    if (mat.found) snprintf(mat.version, sizeof mat.version, "%d.%d.%d", major, minor, release);
}

const hg__mat *hg__mat_get(const char *path, hg_error *err) {
    pthread_once(&mat.once, find_mat);
    if (mat.found) return &mat.functions;
    hg__fail(err, HG_ERR_MISSING,
             "%s: MATLAB files of version 7.3 need the Debian package libmatio11, found no "
             "libmatio 1.5; or save it with `-v7` in MATLAB",
             path);
    return NULL;
}

const char *hg__mat_version(void) {
    (void)hg__mat_get("", NULL);
    return mat.version;
}
