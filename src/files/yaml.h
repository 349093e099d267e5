// SPDX-License-Identifier: Apache-2.0
// yaml.h - YAML, as much of it as a list of settings needs: one flat mapping of scalars.
#ifndef HG_FILES_YAML_H
#define HG_FILES_YAML_H
#include "base/error.h"

enum { HG_MAX_YAML = 1 << 20, HG_MAX_YAML_KEYS = 256 };

// One `key: value`; line counts from 1. A negative code ends the reading.
typedef int hg__yaml_visit(void *context, const char *key, const char *value, size_t line,
                           hg_error *err);

// Calls visit for each pair, in order. `name` is for messages. Empty text is an empty mapping; a plain `~`
// or `null` is an empty value. Refused with HG_ERR_USAGE: nesting, lists, aliases, anchors, tags, a key
// given twice, a second document, more than HG_MAX_YAML bytes.
int hg__yaml_read(const char *text, size_t size, const char *name, hg__yaml_visit *visit,
                  void *context, hg_error *err);

#endif
