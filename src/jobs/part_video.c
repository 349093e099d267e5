// SPDX-License-Identifier: Apache-2.0
// part_video.c - a detector in the loop: frames of YUV4MPEG2, or raw ones, from a stream, a line of JSON for each before the next is read.
//
//   {"frame":0,"score":1.25,"p_value":0.01,"alarm":true,"regions":2,"peak":7.5,"box":[left,top,width,height]}
//
// box: of the highest region, null without one. One frame is in memory.
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "image/y4m.h"
#include "jobs/judge_parts.h"
#include "jobs/predict_parts.h"

enum { DIGITS = 9 };

// Frames without a word about them, as ffmpeg names them.
typedef struct raw_kind {
    const char *name;
    int32_t channels, bits;
    bool is_reversed; // blue first
} raw_kind;

static const raw_kind raw_kinds[] = {
    {"rgb24",    3, 8,  false},
    {"bgr24",    3, 8,  true },
    {"gray",     1, 8,  false},
    {"gray16le", 1, 16, false},
};

typedef struct video {
    hg__inspection *j;
    hg_result *result;
    const char *name;
    int fd;
    hg__y4m y;
    const raw_kind *raw; // NULL: YUV4MPEG2
    size_t bytes;        // of a frame
    uint8_t *frame;      // owned, (bytes)
    hg__image image;     // owned pixels: the frame as red, green and blue, or grey
    hg__writer out;
    hg__text line; // owned
    hg__meter meter;
} video;

static const raw_kind *raw_kind_of(const hg_options *o) {
    for (size_t k = 0; k < sizeof raw_kinds / sizeof *raw_kinds; k++) {
        if (strcmp(raw_kinds[k].name, o->values.pix_fmt) == 0) return &raw_kinds[k];
    }
    return NULL;
}

bool hg__is_part_video(const hg_options *o) {
    enum { HEAD = 64 };
    hg__content head;
    const char *data = o->values.data;
    if (strcmp(data, "-") == 0 || raw_kind_of(o)) return true;
    if (hg__is_folder(data) || hg__is_stream(data)) return false;
    if (hg__content_read_head(&head, data, HEAD, NULL) < 0) return false;
    const bool is = hg__y4m_sniff(head.data, head.size);
    hg__content_free(&head);
    return is;
}

// ---- the stream ---------------------------------------------------------------------------------

// 1 and the next line without its end; 0 at the end of the stream.
static int read_line(const video *v, char line[HG_Y4M_LINE], hg_error *err) {
    for (size_t i = 0; i < HG_Y4M_LINE; i++) {
        size_t got;
        HG_TRY(hg__read_stream(v->fd, line + i, 1, &got, v->j->l, v->name, err));
        if (!got && i == 0) return 0;
        if (got && line[i] && line[i] != '\n') continue;
        const bool is_line = got && line[i];
        line[i] = '\0';
        if (is_line) return 1;
        return hg__fail(err, HG_ERR_DATA, "%s: expected YUV4MPEG2 video, got %s", v->name,
                        got ? "other bytes" : "the end within a line");
    }
    return hg__fail(err, HG_ERR_DATA,
                    "%s: expected YUV4MPEG2 video, got a line of %d bytes or more", v->name,
                    HG_Y4M_LINE);
}

static bool is_frame_line(const char *line) {
    return strncmp(line, "FRAME", 5) == 0 && (!line[5] || line[5] == ' ');
}

// 1 and the next frame; 0 at the end.
static int read_frame(video *v, hg_error *err) {
    char line[HG_Y4M_LINE];
    const long long number = (long long)v->result->frames;
    size_t got;
    const int more = v->raw ? 1 : read_line(v, line, err);
    if (more <= 0) return more;
    if (!v->raw && !is_frame_line(line)) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected FRAME before frame %lld, got '%.40s'",
                        v->name, number, line);
    }
    HG_TRY(hg__read_stream(v->fd, v->frame, v->bytes, &got, v->j->l, v->name, err));
    if (got == v->bytes) return 1;
    if (v->raw && got == 0) return 0;
    return hg__fail(err, HG_ERR_DATA,
                    "%s: expected %zu bytes of frame %lld, got %zu: it is cut off", v->name,
                    v->bytes, number, got);
}

// ---- pixels -------------------------------------------------------------------------------------

typedef struct plane {
    const uint8_t *at; // (height, width) samples
    int32_t width;
    bool is_wide; // two bytes a sample
} plane;

static float sample_of(const plane *p, int32_t y, int32_t x) {
    const size_t i = (size_t)y * (size_t)p->width + (size_t)x;
    return p->is_wide ? (float)(p->at[2 * i] | p->at[2 * i + 1] << 8) : (float)p->at[i];
}

static void set_sample(hg__image *image, size_t i, float value, float white) {
    const float sample = value * white + 0.5F;
    const float within = sample > 0 ? (sample < white ? sample : white) : 0;
    if (image->info.dtype == HG_U8) {
        ((uint8_t *)image->pixels)[i] = (uint8_t)within;
    } else {
        ((uint16_t *)image->pixels)[i] = (uint16_t)within;
    }
}

// BT.601; chroma of the nearest sample. Grey is luma.
static void decode(video *v) {
    const hg__y4m *y = &v->y;
    const float step = (float)(1 << (y->depth - 8)), most = v->image.info.white;
    const float zero = y->is_full_range ? 0 : 16 * step;
    const float unit = y->is_full_range ? most : 219 * step;
    const float chroma = y->is_full_range ? most : 224 * step;
    const size_t sample = hg__y4m_sample(y), luma = (size_t)y->width * (size_t)y->height * sample;
    const int32_t cw = hg__y4m_chroma_width(y);
    const bool is_wide = y->depth > 8;
    const plane Y = {v->frame, y->width, is_wide}, Cb = {v->frame + luma, cw, is_wide};
    const plane Cr = {Cb.at + (size_t)cw * (size_t)hg__y4m_chroma_height(y) * sample, cw, is_wide};
    size_t i = 0;
    for (int32_t line = 0; line < y->height; line++) {
        for (int32_t x = 0; x < y->width; x++) {
            const float l = (sample_of(&Y, line, x) - zero) / unit;
            if (v->image.info.channels == 1) {
                set_sample(&v->image, i++, l, most);
                continue;
            }
            const float b = (sample_of(&Cb, line / y->down, x / y->across) - 128 * step) / chroma;
            const float r = (sample_of(&Cr, line / y->down, x / y->across) - 128 * step) / chroma;
            set_sample(&v->image, i++, l + 1.402F * r, most);
            set_sample(&v->image, i++, l - 0.344136F * b - 0.714136F * r, most);
            set_sample(&v->image, i++, l + 1.772F * b, most);
        }
    }
}

static void take_raw(video *v) {
    uint8_t *to = v->image.pixels;
    if (v->raw->bits == 16) {
        for (size_t i = 0; i < v->bytes / 2; i++) {
            ((uint16_t *)v->image.pixels)[i] =
                (uint16_t)(v->frame[2 * i] | v->frame[2 * i + 1] << 8);
        }
        return;
    }
    memcpy(to, v->frame, v->bytes);
    for (size_t i = 0; v->raw->is_reversed && i < v->bytes; i += 3) {
        to[i] = v->frame[i + 2];
        to[i + 2] = v->frame[i];
    }
}

// ---- a frame ------------------------------------------------------------------------------------

static void write_line(video *v, const hg__part_row *row) {
    const bool is_alarm = hg__inspection_is_alarm(v->j, row->score, row->p_value);
    hg__json_writer w = {.to = &v->line};
    v->line.length = 0;
    v->result->alarms += is_alarm;
    hg__json_begin(&w, NULL, '{');
    hg__json_add_integer(&w, "frame", v->result->frames);
    hg__json_add_real(&w, "score", DIGITS, row->score);
    hg__json_add_real(&w, "p_value", DIGITS, row->p_value);
    if (v->j->has_thresholds) {
        hg__json_add_boolean(&w, "alarm", is_alarm);
    } else {
        hg__json_add_written(&w, "alarm", "null", 4);
    }
    hg__json_add_integer(&w, "regions", row->regions);
    hg__json_add_real(&w, "peak", DIGITS, (double)row->peak);
    if (row->box.width) {
        hg__json_begin(&w, "box", '[');
        hg__json_add_integer(&w, NULL, row->box.left);
        hg__json_add_integer(&w, NULL, row->box.top);
        hg__json_add_integer(&w, NULL, row->box.width);
        hg__json_add_integer(&w, NULL, row->box.height);
        hg__json_end(&w, ']');
    } else {
        hg__json_add_written(&w, "box", "null", 4);
    }
    hg__json_end(&w, '}');
    hg__text_add(&v->line, "\n");
}

static int judge(video *v, hg_error *err) {
    hg__inspected r = {0};
    hg__found found = {0};
    hg__part_row row = {0};
    const hg__part_view *view = hg__inspector_view(v->j->inspector);
    if (v->raw) {
        take_raw(v);
    } else {
        decode(v);
    }
    v->image.info.range = (hg__sample_range){0};
    int code = hg__part_load_memory(view, &v->image, v->name, &r.picture, &r.where, err);
    if (code == HG_OK) code = hg__inspector_run(v->j->inspector, &r, false, err);
    if (code == HG_OK) code = hg__found_make(&found, v->j, &r, false, err);
    if (code == HG_OK) {
        hg__part_row_of(&row, v->j, &r, &found);
        write_line(v, &row);
    }
    hg__found_clear(&found);
    hg__inspected_clear(&r);
    return code;
}

static int take_frame(video *v, hg_error *err) {
    HG_TRY(judge(v, err));
    if (v->line.failed) return hg__fail(err, HG_ERR_MEMORY, "out of memory while writing scores");
    HG_TRY(hg__writer_add(&v->out, v->line.data, v->line.length, err));
    HG_TRY(hg__writer_flush(&v->out, err));
    v->result->frames++;
    hg__meter_add(&v->meter, 1);
    return HG_OK;
}

static int make_room(video *v, hg_error *err) {
    const bool is_grey =
        v->raw ? v->raw->channels == 1
               : hg__inspector_view(v->j->inspector)->channels == 1 || v->y.across == 0;
    const hg__dtype dtype = v->y.depth > 8 ? HG_U16 : HG_U8;
    v->image.info = (hg__image_info){.format = v->raw ? v->raw->name : "y4m",
                                     .width = v->y.width,
                                     .height = v->y.height,
                                     .channels = is_grey ? 1 : 3,
                                     .dtype = dtype,
                                     .white = (float)((1 << v->y.depth) - 1),
                                     .orientation = 1,
                                     .pages = 1};
    v->bytes = v->raw ? (size_t)v->y.height * hg__image_line_bytes(&v->image.info)
                      : hg__y4m_frame_bytes(&v->y);
    v->frame = hg__alloc(v->bytes, 1, err);
    if (!v->frame) return HG_ERR_MEMORY;
    v->image.pixels = hg__alloc((size_t)v->y.height * hg__image_line_bytes(&v->image.info), 1, err);
    return v->image.pixels ? HG_OK : HG_ERR_MEMORY;
}

// What there is to come.
static int read_head(video *v, hg_error *err) {
    char line[HG_Y4M_LINE];
    if (v->raw) {
        hg__crop size;
        HG_TRY(hg__piece_parse(v->j->o->values.video_size, "video_size", &size, err));
        v->y = (hg__y4m){.width = size.width, .height = size.height, .depth = v->raw->bits};
        return HG_OK;
    }
    const int more = read_line(v, line, err);
    if (more < 0) return more;
    if (more) return hg__y4m_parse(&v->y, line, v->name, err);
    return hg__fail(err, HG_ERR_DATA, "%s: expected YUV4MPEG2 video, got nothing", v->name);
}

static int run(video *v, const char *out, hg_error *err) {
    int more;
    HG_TRY(read_head(v, err));
    HG_TRY(make_room(v, err));
    hg__sweep_beside(out);
    HG_TRY(hg__writer_open(&v->out, out, err));
    hg__meter_start(&v->meter, v->j->l, "judging", "frames", 0);
    while ((more = read_frame(v, err)) > 0) HG_TRY(take_frame(v, err));
    hg__meter_end(&v->meter);
    return more;
}

int hg__predict_video(hg__inspection *j, const char *data, const char *out, hg_result *result,
                      hg_error *err) {
    const bool is_standard = strcmp(data, "-") == 0;
    video v = {.j = j,
               .result = result,
               .raw = raw_kind_of(j->o),
               .name = hg__input_name(data),
               .fd = STDIN_FILENO,
               .out = {.fd = -1}};
    if (hg__inspector_has_pairs(j->inspector)) {
        return hg__fail(err, HG_ERR_USAGE,
                        "%s: expected a model without templates for video, got one with them",
                        j->o->values.model);
    }
    HG_TRY(hg__check_out(data, "video", out, err));
    if (!is_standard) v.fd = hg__open_read(data, err);
    int code = v.fd < 0 ? v.fd : run(&v, out, err);
    if (code == HG_OK) {
        code = hg__writer_commit(&v.out, err);
    } else {
        hg__writer_abort(&v.out);
    }
    if (!is_standard && v.fd >= 0) close(v.fd);
    result->rows = result->frames;
    result->has_thresholds = j->has_thresholds;
    hg__free(v.frame);
    hg__image_clear(&v.image);
    hg__text_clear(&v.line);
    return code;
}
