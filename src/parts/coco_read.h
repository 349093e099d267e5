// SPDX-License-Identifier: Apache-2.0
// coco_read.h - COCO's annotations of instances: boxes for each image (Lin et al., arXiv:1405.0312; cocodataset.org/#format-data).
//
//   {"images": [{"id": 1, "file_name": "a.png"}], "categories": [{"id": 3, "name": "dent"}],
//    "annotations": [{"image_id": 1, "category_id": 3, "bbox": [x, y, width, height],
//                     "segmentation": [[x, y, x, y, x, y ...] ...]}]}                             pixels
//
// Of a segmentation polygons are read; one by runs ("counts") counts as none.
#ifndef HG_PARTS_COCO_READ_H
#define HG_PARTS_COCO_READ_H
#include "parts/part_set.h"

typedef struct hg__coco_image {
    char *name; // owned: file_name
    char *
        kind; // owned: its annotations' category; "defect" where they have several or none; "" without annotations
    int64_t id;
    const hg__part_box *box; // borrowed from the whole, (boxes), in the order of the file
    int32_t boxes;
    const double *
        outline; // borrowed likewise, (outlines) numbers as hg__part has them; NULL: not all annotations have one
    size_t outlines;
} hg__coco_image;

typedef struct hg__coco {
    hg__coco_image *image; // owned, (count), sorted by name
    int32_t count;
    hg__part_box *box; // owned: of all images
    double *outline;   // owned, likewise
} hg__coco;

// where begins the sentence. HG_ERR_DATA for anything that is not as above; c is {0} on failure.
int hg__coco_read(hg__coco *c, const char *text, size_t size, const char *where, hg_error *err);
void hg__coco_clear(hg__coco *c); // {0} is fine
// The image of that name; NULL: none.
const hg__coco_image *hg__coco_find(const hg__coco *c, const char *name);
#endif
