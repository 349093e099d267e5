// SPDX-License-Identifier: Apache-2.0
// capture_list.h - the captures that data= means: a path, several with commas between, those in a folder. Only capture*.c include this.
#ifndef HG_PACKETS_CAPTURE_LIST_H
#define HG_PACKETS_CAPTURE_LIST_H
#include "files/file_list.h"

typedef struct hg__capture_list {
    hg__file_list files;
    uint64_t size;  // bytes of all files
    bool is_stream; // standard input that is no file, or a pipe: the only one
} hg__capture_list;

int hg__capture_list_read(hg__capture_list *l, const char *path, hg_error *err);
int hg__capture_list_one(hg__capture_list *l, const char *name, hg_error *err); // an interface
void hg__capture_list_clear(hg__capture_list *l);                               // {0} is fine
#endif
