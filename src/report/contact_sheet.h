// SPDX-License-Identifier: Apache-2.0
// contact_sheet.h - one picture of many that were judged: input, reconstruction, map and outline of each beside each other.
#ifndef HG_REPORT_CONTACT_SHEET_H
#define HG_REPORT_CONTACT_SHEET_H
#include "report/overlay.h"

// Such as the worst, the borderline, the best.
typedef struct hg__judged_group {
    const char *headline;
    const hg__judged *row; // borrowed, (rows)
    int32_t rows;
} hg__judged_group;

// group (groups); one without rows is left out. By the extension of `path` (PNG), whole or not at all.
int hg__contact_sheet_save(const char *path, const hg__judged_head *head,
                           const hg__judged_group *group, int32_t groups, hg_error *err);

// A name of at most `width` pixels at capitals of `size`: the middle of a longer one becomes "...". to (room), 8 at least.
void hg__shorten(const char *name, float size, float width, char *to, size_t room);
#endif
