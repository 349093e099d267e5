// SPDX-License-Identifier: Apache-2.0
// range.h - which samples become 0 and 1: one rule for training, val and denoise.
//
//   8 bits          0 .. white, always
//   other samples   the page's own range, found by hg__range_finder, where it uses less than half of 0 .. white or goes
//                   beyond it; else 0 .. white
//   other samples,  the range of the images that the model was trained on (hg__range_rule, in the model file), where the
//   in a model      page is of their kind. An image is then to the model what it was in training, dark ones too
//
// Samples that say nothing of the picture are outside: no numbers, the file's own "no data" (GDAL_NODATA), values far
// from all others (-9999, a hot pixel). They are no part of any range; the model sees their neighbours in their place
// (hg__outside_fill), and in what is written they stay what they were, to the bit (hg__outside_keep).
#ifndef HG_IMAGE_RANGE_H
#define HG_IMAGE_RANGE_H
#include "image/image.h"

// How a page's samples lie.
typedef struct hg__page_samples {
    hg__sample_range own; // what the page by itself makes of them
    double least, most;   // of the picture: what lies outside `own` left out
    // A value that many share lies below, above, with nothing between it and the picture: no range makes it part of it.
    bool cut_below, cut_above;
    bool has_outside;
} hg__page_samples;

// What a model knows of the range of its images.
typedef enum hg__range_kind {
    HG_RANGE_UNKNOWN, // of 8 bits, or a model of before there were rules
    HG_RANGE_PAGE,    // of several kinds: each image by itself
    HG_RANGE_FIXED,   // all of one kind, not of 8 bits
} hg__range_kind;

typedef struct hg__range_rule {
    hg__range_kind kind;
    hg__dtype dtype; // of fixed ones: what samples they are
    float white;
    double low, high; // become 0 and 1
} hg__range_rule;

// Looks at a page line by line.
typedef struct hg__range_finder hg__range_finder;
hg__range_finder *hg__range_finder_new(hg_error *err);
void hg__range_finder_free(hg__range_finder *f); // NULL is fine
// For each page: begin, all lines in their order, end. May only fail for want of memory.
int hg__range_begin(hg__range_finder *f, const hg__image_info *info, hg_error *err);
void hg__range_add(hg__range_finder *f, const void *line);
void hg__range_end(hg__range_finder *f, hg__page_samples *page);
// The share of the last page's samples that lie in low .. high.
double hg__range_share(const hg__range_finder *f, double low, double high);
// All of it for a picture in memory.
int hg__range_find(hg__range_finder *f, const hg__image *image, hg__page_samples *page,
                   hg_error *err);

// Whether a page of these samples has its range looked for: all but 8 bits.
bool hg__range_is_open(const hg__image_info *info);
// Whether two pages' samples are of one kind.
bool hg__range_is_alike(const hg__image_info *a, const hg__image_info *b);
// Whether the rule's range is one for this page, whose samples the finder has just seen: of its kind, and no more than half of
// them lie beyond it.
bool hg__range_suits(const hg__range_rule *rule, const hg__image_info *info,
                     const hg__range_finder *f);
// The page's range where low .. high become 0 and 1.
hg__sample_range hg__range_within(const hg__page_samples *page, double low, double high);
// Whether two pages of different samples seem to be in one unit, as 12-bit numbers and floats that are their mean are: the
// second lies about where the first does.
bool hg__range_is_shared(const hg__page_samples *picture, const hg__page_samples *partner);
// What is part of a picture is part of its partner, in the same unit, too: the background of a clean target is often one value
// far from the rest, where the noisy input has no gap. Half the picture's range on either side belongs to it.
void hg__range_join(const hg__page_samples *picture, hg__page_samples *partner);
// What a picture whose samples lie in least .. most becomes: 0 .. white where that is near enough.
void hg__range_of(const hg__image_info *info, double least, double most, double *low, double *high);

// Whether low .. high is another range than 0 .. white.
bool hg__range_is_other(const hg__image_info *info);
// hg__image_to_real() and hg__image_from_real() where it is: the first `channels` samples of each of `count` pixels as
// numbers (count, info->channels), and numbers (count, channels) as samples.
void hg__range_to_real(const hg__image_info *info, const void *samples, size_t count, float *x);
void hg__range_from_real(const hg__image_info *info, const float *x, size_t count, int32_t channels,
                         void *samples);

// ---- samples outside ----------------------------------------------------------------------------

// Whether there can be any, as far as info says.
bool hg__outside_is_open(const hg__image_info *info);
// is (count, channels): 1 where a pixel's sample is outside. How many there are.
int64_t hg__outside_mark(const hg__image_info *info, const void *pixels, size_t count, uint8_t *is);
// A line's samples outside become their neighbours, mirrored at the edge; where a whole line has none, those of the line
// `above` (filled before; NULL: the middle of the range). is: of hg__outside_mark(), all of the line.
void hg__outside_fill(const hg__image_info *info, void *line, const void *above, const uint8_t *is);
// Samples outside of `from` to the same places of `to`; `count` pixels.
void hg__outside_keep(const hg__image_info *info, const void *from, size_t count, void *to);
// A picture in memory is filled; is (height, width, channels) as above, or NULL.
int hg__outside_fill_image(hg__image *image, uint8_t *is, int64_t *found, hg_error *err);
#endif
