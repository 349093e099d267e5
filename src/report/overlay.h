// SPDX-License-Identifier: Apache-2.0
// overlay.h - a picture, its map as colours, the map laid over the picture, and the outlines of regions: drawn into a box of a
// canvas, whatever the sizes; and saved: overlay, mask, map as 16-bit grey and as numbers.
#ifndef HG_REPORT_OVERLAY_H
#define HG_REPORT_OVERLAY_H
#include "base/text.h"
#include "inspect/regions.h"
#include "report/canvas.h"

// Which values of a map have which colour: the lowest at `low` and below, the highest at `high` and above; low < high.
typedef struct hg__heat {
    float low, high;
    // laid over a picture: not seen at `clear` and below, most at `high`
    float clear;
} hg__heat;

// For maps whose normal values lie below a threshold above 0: half of it is clear, the highest colour stands for twice it.
hg__heat hg__heat_of(float threshold);

// From the table, 0 dark to 1 light: a perceptual scale, rising evenly in lightness.
hg__colour hg__heat_colour(float share);

// What was judged. All is borrowed.
typedef struct hg__judged {
    const char *file; // as it is shown: relative to the folder that was judged
    const char *kind; // what it is known to be, "scratch", or "": not known
    double score;
    double p_value; // NaN: not known
    bool is_alarm;
    // one channel or three, white 1
    const hg__raster *picture;
    const hg__raster *reconstruction; // NULL: the model has none
    const hg__raster *map;            // one channel
    const hg__regions *regions;       // of the map; NULL: none are drawn
    hg__map_frame frame;              // on the picture
} hg__judged;

// All of `picture` into the box: means where it is larger, between the nearest pixels where it is smaller.
void hg__draw_picture(hg__canvas *c, const hg__box *box, const hg__raster *picture);
// The map's part of the box in colours. A value is the highest under its pixel: a spot does not fade where it is drawn small.
void hg__draw_map(hg__canvas *c, const hg__box *box, const hg__judged *j, const hg__heat *heat);
// The same over what is there, transparent where normal.
void hg__lay_map(hg__canvas *c, const hg__box *box, const hg__judged *j, const hg__heat *heat);
// Outlines of the regions that were kept, `thick` pixels wide, on a dark edge.
void hg__draw_outlines(hg__canvas *c, const hg__box *box, const hg__judged *j, float thick);

// What stands beside each other of one picture.
typedef enum hg__panel {
    HG_PANEL_INPUT,
    HG_PANEL_RECONSTRUCTION,
    HG_PANEL_MAP,
    HG_PANEL_OUTLINE, // input, map laid over it, outlines
    HG_PANELS
} hg__panel;

const char *hg__panel_name(hg__panel panel);
bool hg__panel_is_there(hg__panel panel, const hg__judged *j);
// The largest box of the picture's shape in width x height at (0, 0), enlarged four times at most.
hg__box hg__panel_box(const hg__judged *j, int32_t width, int32_t height);
void hg__draw_panel(hg__canvas *c, const hg__box *box, hg__panel panel, const hg__judged *j,
                    const hg__heat *heat);

// What stands over a page of judged pictures.
typedef struct hg__judged_head {
    const char *title;
    hg__heat heat;
    double threshold; // of scores; NaN: none is known
} hg__judged_head;

// ---- files, each whole or not at all ------------------------------------------------------------

// The picture in its own size with the map over it and the outlines, by the extension of `path`.
int hg__overlay_save(const char *path, const hg__judged *j, const hg__heat *heat, hg_error *err);

// One channel of 8 bits, 255 in regions that were kept and 0 elsewhere, as large as the frame's picture.
int hg__mask_save(const char *path, const hg__regions *r, const hg__map_frame *f, hg_error *err);

// One channel of 16 bits: value = sample * most / 65535; what lies outside of 0 .. most is 0 or 65535, what is no number 0.
int hg__map_save_grey(const char *path, const hg__raster *map, float most, hg_error *err);

// The numbers themselves, float32 (height, width), as .npy.
int hg__map_save_npy(const char *path, const hg__raster *map, hg_error *err);
#endif
