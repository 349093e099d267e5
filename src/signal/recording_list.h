// SPDX-License-Identifier: Apache-2.0
// recording_list.h - the files that data= means: a path, several with commas between, those in a folder in the order of their names.
#ifndef HG_SIGNAL_RECORDING_LIST_H
#define HG_SIGNAL_RECORDING_LIST_H
#include "files/file_list.h"
#include "signal/recording_kind.h"

// The kind of each is a hg__recording_kind.
int hg__recording_list_read(hg__file_list *l, const char *path, hg_error *err);
#endif
