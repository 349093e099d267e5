// SPDX-License-Identifier: Apache-2.0
// gallery.h - one HTML page of what was judged, with its pictures in it: no network, no scripts, no other files.
//
//   open ── start_group ── show, show ... ── start_group ── show ... ── list, list ... ── commit
//
// Pictures are written as they come, the table of all that were listed stands behind them.
#ifndef HG_REPORT_GALLERY_H
#define HG_REPORT_GALLERY_H
#include "base/file.h"
#include "report/overlay.h"

typedef struct hg__gallery {
    hg__judged_head head;
    hg__writer file;
    hg__text text;  // owned: of the page, not in the file yet
    hg__text table; // owned: its rows
    hg__text bytes; // owned: of one picture
    int64_t listed, alarms;
    bool in_group;
} hg__gallery;

int hg__gallery_open(hg__gallery *g, const char *path, const hg__judged_head *head, hg_error *err);
void hg__gallery_start_group(hg__gallery *g, const char *headline);
// Its panels and what is known of it.
int hg__gallery_show(hg__gallery *g, const hg__judged *j, hg_error *err);
// A row of the table: file, kind, score, p-value, alarm; pictures are not looked at.
void hg__gallery_list(hg__gallery *g, const hg__judged *j);
int hg__gallery_commit(hg__gallery *g,
                       hg_error *err);  // all of it is there, or none; closes in every case
void hg__gallery_abort(hg__gallery *g); // {0} is fine
#endif
