// SPDX-License-Identifier: Apache-2.0
// mat_4.h - MATLAB files of version 4.
#ifndef HG_DATA_MAT_4_H
#define HG_DATA_MAT_4_H
#include "base/error.h"

// It has no magic: its first array's header and name must be what they can be.
bool hg__mat_4_sniff(const uint8_t *head, size_t size);

// libmatio takes a file that is cut short for one with fewer arrays, or with zeros: the last array must end where the file does.
int hg__mat_4_check(int fd, uint64_t size, const char *path, hg_error *err);
#endif
