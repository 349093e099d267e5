// SPDX-License-Identifier: Apache-2.0
// recording_list.c - which files are recordings: those that were named, and those of a folder in the order of their names.
#include "signal/recording_list.h"

#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "array/reader.h"
#include "base/file.h"
#include "base/mem.h"
#include "files/source.h"

static const hg__recording_kind *const kinds[] = {
#define RECORDING(name) &hg__recording_##name,
#include "signal/recordings.def"
#undef RECORDING
    NULL};

// The kind that claims a file most. head (size)
static const hg__recording_kind *find_kind(const char *path, const uint8_t *head, size_t size,
                                           hg__recording_claim *claim) {
    const hg__recording_kind *found = NULL;
    *claim = HG_CLAIM_NONE;
    for (const hg__recording_kind *const *k = kinds; *k && *claim != HG_CLAIM_SURE; k++) {
        const hg__recording_claim c = (*k)->sniff(path, head, size);
        if (c <= *claim) continue;
        *claim = c;
        found = *k;
    }
    return found;
}

// What a path is, by its first bytes and its name; a negative code where it cannot be read.
static int look(const char *path, const hg__recording_kind **kind, hg__recording_claim *claim,
                hg_error *err) {
    hg__source s;
    const int fd = hg__open_read(path, err);
    if (fd < 0) return fd;
    const int code = hg__source_open(&s, fd, path, err);
    if (code == HG_OK) *kind = find_kind(path, s.head, s.head_size, claim);
    hg__source_close(&s);
    return code;
}

// ---- a folder -----------------------------------------------------------------------------------

static bool ends_in(const char *name, const char *end) {
    const size_t size = strlen(name), most = strlen(end);
    return size > most && strcasecmp(name + size - most, end) == 0;
}

// A table in a folder is one by its name too: what stands beside recordings is often a README.
static bool is_named_table(const char *name) {
    static const char *const ends[] = {".csv", ".tsv", ".txt.gz", ".csv.gz", ".tsv.gz", ".jsonl",
                                       ".npy", ".npz", ".mat",    ".db",     ".sqlite", ".json"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        if (ends_in(name, ends[i])) return true;
    }
    return false;
}

// Only those of a claim. context: it
static int is_wanted(void *context, const char *path, const void **kind, hg_error *err) {
    const hg__recording_claim wanted = *(const hg__recording_claim *)context;
    const hg__recording_kind *found = NULL;
    hg__recording_claim claim = HG_CLAIM_NONE;
    if (!hg__is_file(path) || access(path, R_OK) != 0) return 0;
    const int code = look(path, &found, &claim, err);
    if (code == HG_ERR_DATA) return 0; // damaged: none of ours
    HG_TRY(code);
    *kind = found;
    return found && claim == wanted && (wanted == HG_CLAIM_SURE || is_named_table(path));
}

// most: how many are wanted.
static int read_folder(hg__file_list *l, const char *folder, hg__recording_claim wanted,
                       int32_t most, hg_error *err) {
    return hg__file_list_read_folder(l, folder, is_wanted, &wanted, most, err);
}

static int add_folder(hg__file_list *l, const char *folder, hg_error *err) {
    const int32_t before = l->count;
    HG_TRY(read_folder(l, folder, HG_CLAIM_SURE, INT32_MAX, err));
    if (l->count == before) HG_TRY(read_folder(l, folder, HG_CLAIM_MAYBE, INT32_MAX, err));
    if (l->count > before) return HG_OK;
    return hg__fail(err, HG_ERR_DATA,
                    "%s: expected recordings (wav, flac, wfdb, edf, ts, csv, npy "
                    "or mat) in the folder, got none",
                    folder);
}

// ---- a path -------------------------------------------------------------------------------------

static int refuse(const char *path, hg_error *err) {
    char text[HG_DESCRIBED] = "an empty file";
    hg__source s;
    const int fd = hg__open_read(path, err);
    if (fd < 0) return fd;
    const int code = hg__source_open(&s, fd, path, err);
    if (code == HG_OK && s.head_size) {
        hg__data_describe(hg__input_name(path), s.head, s.head_size, text);
    }
    hg__source_close(&s);
    if (code < 0) return code;
    return hg__fail(err, HG_ERR_DATA,
                    "%s: expected a recording (a table, wav, flac, wfdb, edf or ts), got %s",
                    hg__input_name(path), text);
}

static int add_file(hg__file_list *l, const char *path, hg_error *err) {
    const hg__recording_kind *kind = NULL;
    hg__recording_claim claim = HG_CLAIM_NONE;
    kind = find_kind(path, NULL, 0, &claim); // a database, a record
    if (kind) return hg__file_list_add(l, path, kind, false, err);
    HG_TRY(hg__data_check_path(path, err));
    if (hg__is_folder(path)) return add_folder(l, path, err);
    HG_TRY(look(path, &kind, &claim, err));
    return kind ? hg__file_list_add(l, path, kind, false, err) : refuse(path, err);
}

int hg__recording_list_read(hg__file_list *l, const char *path, hg_error *err) {
    char one[HG_LISTED_PATH];
    hg__recording_claim claim;
    // A database's connection may have commas.
    const hg__recording_kind *kind = find_kind(path, NULL, 0, &claim);
    if (kind && strchr(path, ',')) return hg__file_list_add(l, path, kind, false, err);
    for (const char *at = path; hg__path_list_next(&at, one, sizeof one);) {
        HG_TRY(add_file(l, one, err));
    }
    if (l->count) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE, "data=: expected a path, got '%.60s'", path);
}

static bool is_sure(const char *path) {
    const hg__recording_kind *kind = NULL;
    hg__recording_claim claim = HG_CLAIM_NONE;
    (void)find_kind(path, NULL, 0, &claim);
    if (claim == HG_CLAIM_SURE) return true;
    if (hg__is_folder(path)) {
        hg__file_list l = {0};
        const bool is_it = read_folder(&l, path, HG_CLAIM_SURE, 1, NULL) == HG_OK && l.count > 0;
        hg__file_list_clear(&l);
        return is_it;
    }
    if (!hg__is_file(path) || access(path, R_OK) != 0) return false;
    return look(path, &kind, &claim, NULL) == HG_OK && claim == HG_CLAIM_SURE;
}

bool hg__is_recording(const char *path) {
    char one[HG_LISTED_PATH];
    for (const char *at = path; hg__path_list_next(&at, one, sizeof one);) {
        if (is_sure(one)) return true;
    }
    return false;
}
