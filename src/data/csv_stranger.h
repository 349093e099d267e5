// SPDX-License-Identifier: Apache-2.0
// csv_stranger.h - texts that are something else than lines of cells, by name.
#ifndef HG_DATA_CSV_STRANGER_H
#define HG_DATA_CSV_STRANGER_H
#include "base/error.h"

// "an XML file", "lines of JSON" ..., or NULL where the text may be a table. *advice: what to do with it; "" where that is plain.
const char *hg__text_stranger(const char *text, size_t size, const char **advice);
#endif
