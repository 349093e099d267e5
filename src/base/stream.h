// SPDX-License-Identifier: Apache-2.0
// stream.h - what can be read but once, standard input or a pipe, kept as a file for as many readings as it takes.
//
// hg__open_read() comes here by itself. A stream that was announced is copied at its first reading and stands, in a
// temporary file without a name, until it is forgotten; any other is copied at each.
#ifndef HG_BASE_STREAM_H
#define HG_BASE_STREAM_H
#include "base/error.h"

bool hg__is_stream(const char *path);         // "-", a pipe, a device; not what is not there
const char *hg__input_name(const char *path); // for messages: "standard input" for "-"
int hg__named_descriptor(const char *path);   // 1 of "/dev/stdout", 63 of "/dev/fd/63"; -1: none

// Announces it; what is no stream is passed over, and so is one that another owner keeps already.
int hg__stream_keep(const char *path, const void *owner, hg_error *err);
void hg__stream_forget(const void *owner); // what this owner announced

// A descriptor of its own, at the beginning of the copy.
int hg__stream_open(const char *path, hg_error *err);
#endif
