// SPDX-License-Identifier: Apache-2.0
// recording_list.h - the files that data= means: a path, several with commas between, those in a folder in the order of their names.
#ifndef HG_SIGNAL_RECORDING_LIST_H
#define HG_SIGNAL_RECORDING_LIST_H
#include "signal/recording_kind.h"

typedef struct hg__recording_entry {
    char *path; // owned
    const hg__recording_kind *kind;
} hg__recording_entry;

typedef struct hg__recording_list {
    hg__recording_entry *file; // owned, (count)
    int32_t count;
} hg__recording_list;

int hg__recording_list_read(hg__recording_list *l, const char *path, hg_error *err);
void hg__recording_list_clear(hg__recording_list *l); // {0} is fine
#endif
