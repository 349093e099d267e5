// SPDX-License-Identifier: Apache-2.0
// y4m.h - YUV4MPEG2: a line that says what the video is, then for each frame a line and its planes.
//
//   YUV4MPEG2 W640 H480 F25:1 Ip A1:1 C420jpeg XCOLORRANGE=LIMITED\n   (yuv4mpeg(5) of mjpegtools; ffmpeg's additions)
//   FRAME\n  Y (height, width)  Cb, Cr (chroma_height, chroma_width)  [alpha (height, width)]
#ifndef HG_IMAGE_Y4M_H
#define HG_IMAGE_Y4M_H
#include "base/error.h"
#include "base/int.h"

enum { HG_Y4M_LINE = 1024 }; // most bytes of a line, with its end

typedef struct hg__y4m {
    int32_t width, height;
    int32_t across, down; // luma samples for each chroma sample: 2 2 for 4:2:0; 0 0 without chroma
    int32_t depth;        // bits a sample: 8, or 9 .. 16 in two bytes, low one first
    bool alpha;           // one more plane
    bool is_full_range;   // 0 .. 255 rather than 16 .. 235
    bool is_interlaced;
} hg__y4m;

bool hg__y4m_sniff(const uint8_t *head, size_t size);
// line: without its end. name is for messages.
int hg__y4m_parse(hg__y4m *v, const char *line, const char *name, hg_error *err);

static inline size_t hg__y4m_sample(const hg__y4m *v) { // bytes
    return v->depth > 8 ? 2 : 1;
}
static inline int32_t hg__y4m_chroma_width(const hg__y4m *v) {
    return v->across ? hg__ceil_div(v->width, v->across) : 0;
}
static inline int32_t hg__y4m_chroma_height(const hg__y4m *v) {
    return v->down ? hg__ceil_div(v->height, v->down) : 0;
}
size_t hg__y4m_frame_bytes(const hg__y4m *v);
#endif
