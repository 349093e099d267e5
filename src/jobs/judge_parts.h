// SPDX-License-Identifier: Apache-2.0
// judge_parts.h - the pictures of a set through a model of parts, in order; what predict, val and calibrate make of them.
//
//   files ──a few at a time, by all threads──> frames ──one after the other, by all threads──> map, score
//         ──side by side──> beside() ──one after the other──> each()
#ifndef HG_JOBS_JUDGE_PARTS_H
#define HG_JOBS_JUDGE_PARTS_H
#include "base/host.h"
#include "inspect/inspector.h"
#include "jobs/feed.h"
#include "options/options.h"
#include "parts/part_set.h"

enum { HG_JUDGED_AT_ONCE = 32 }; // pictures in hand, at most

// Part i of the set, in hand as number `slot`; r is cleared after each().
typedef int hg__judge_each(void *context, int32_t slot, int32_t i, hg__inspected *r, hg_error *err);

typedef struct hg__judging {
    const hg__part_set *set;     // borrowed
    hg__inspector *inspector;    // borrowed
    hg__pool *pool;              // borrowed
    const hg_listener *listener; // borrowed
    const char *name;            // borrowed: starts the sentence of an error
    // pictures are loaded as the model sees them, without their templates, and not judged
    bool only_loads;
    // a picture that cannot be used is left out, rather than the end
    bool skips;
    size_t memory; // bytes that the pictures in hand may take together; one is in any case
    // beside() makes maps as large as pictures
    bool has_large_maps;
    hg__judge_each *beside; // by many threads at once, once it was judged; NULL: nothing
    hg__judge_each *each;   // in order
    void *context;
    int32_t taken, skipped;  // out
    char first_skipped[512]; // out: why
} hg__judging;

int hg__judge_parts(hg__judging *j, hg_error *err);
// The same, where there is to be one at least; says how many were left out.
int hg__judge_some(hg__judging *j, hg_error *err);

// What options say of which pictures there are; borrows from them. target=none is no folder.
hg__part_options hg__parts_asked(const hg_options *o, hg__parts_purpose purpose);
// Whether each picture has a template beside it.
bool hg__parts_are_paired(const hg__part_set *s, const hg_options *o);

// The set that data= names, to be judged by a model that sees templates or not: of boards that have them, templates are good pictures
// to a model that does not, and left out for one that does. Its notes are told.
int hg__judge_open(hg__part_set *s, const hg_options *o, bool sees_templates, const hg_listener *l,
                   hg_error *err);

// "WxH+X+Y" or "WxH" (from 0, 0), pixels; option: starts the sentence of an error.
int hg__piece_parse(const char *text, const char *option, hg__crop *to, hg_error *err);

// A sentence to who listens.
void hg__judge_note(const hg_listener *l, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// val_parts.c: how well a model of parts, which it takes, tells good pictures from defects, and where they are.
int hg__val_parts(hg_model *m, const hg_options *o, const hg_listener *l, hg_result *r,
                  hg_error *err);
// calibrate_parts.c: new thresholds for a model of parts, which it takes, from new good pictures. The caller has asked whether the
// model's file may be written.
int hg__calibrate_parts(hg_model *m, const hg_options *o, const hg_listener *l, hg_result *r,
                        hg_error *err);
#endif
