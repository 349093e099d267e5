// SPDX-License-Identifier: Apache-2.0
// denoise_video.c - YUV4MPEG2 video from stream to stream, a frame in memory at a time (denoiser_y4m.c).
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "image/y4m.h"
#include "jobs/denoise.h"
#include "options/options.h"

enum { MAGIC = 9 };

typedef struct video {
    hg__denoise_work *d; // borrowed
    const char *name;
    int fd;
    off_t size; // of a file, bytes, as it was when we began; 0 where the stream has no length
    hg__writer out;
    hg__y4m y;
    hg__y4m_cleaner *cleaner; // owned
} video;

// How all such video begins. Of anything else it is said what it is: an image has no lines.
static int read_magic(video *v, char line[HG_Y4M_LINE], hg_error *err) {
    char what[64] = "nothing";
    size_t got;
    HG_TRY(hg__read_stream(v->fd, line, MAGIC, &got, v->d->listener, v->name, err));
    if (got == MAGIC && memcmp(line, "YUV4MPEG2", MAGIC) == 0) return HG_OK;
    if (got && hg__magic_is_text((const uint8_t *)line, got)) {
        line[got] = '\0';
        snprintf(what, sizeof what, "'%.*s'", (int)strcspn(line, "\r\n"), line);
    } else if (got) {
        hg__magic_describe((const uint8_t *)line, got, what);
    }
    const bool is_film = got && hg__magic_is_video((const uint8_t *)line, got);
    return hg__fail(err, HG_ERR_DATA, "%s: expected YUV4MPEG2 video, got %s%s", v->name, what,
                    is_film
                        ? "; \"ffmpeg -v error -i FILE -f yuv4mpegpipe -\" before it makes it so"
                    : v->fd == STDIN_FILENO && got ? " (images are read from files)"
                                                   : "");
}

// 1 and the next line without its end, of which `i` bytes are there; 0 at the end of the stream.
static int read_line(video *v, char line[HG_Y4M_LINE], size_t i, hg_error *err) {
    for (; i < HG_Y4M_LINE; i++) {
        size_t got;
        HG_TRY(hg__read_stream(v->fd, line + i, 1, &got, v->d->listener, v->name, err));
        if (got && line[i] && line[i] != '\n') continue;
        const bool is_line = got && line[i];
        line[i] = '\0';
        if (is_line) return 1;
        if (!got && i == 0) return 0;
        return hg__fail(err, HG_ERR_DATA, "%s: expected YUV4MPEG2 video, got %s", v->name,
                        got ? "other bytes" : "the end within a line");
    }
    return hg__fail(err, HG_ERR_DATA, "%s: expected lines of at most %d bytes, got more", v->name,
                    HG_Y4M_LINE);
}

static int read_frame(video *v, hg_error *err) {
    const size_t bytes = hg__y4m_frame_bytes(&v->y);
    size_t got;
    HG_TRY(hg__read_stream(v->fd, hg__y4m_cleaner_input(v->cleaner), bytes, &got, v->d->listener,
                           v->name, err));
    if (got == bytes) return HG_OK;
    return hg__fail(err, HG_ERR_DATA,
                    "%s: expected %zu bytes of frame %lld, got %zu: it is cut off", v->name, bytes,
                    (long long)v->d->result->frames + 1, got);
}

// line: FRAME, as it came.
static int clean_frame(video *v, const char *line, hg_error *err) {
    const uint8_t *now = hg__y4m_cleaner_run(v->cleaner, v->d->listener, err);
    if (!now) return (int)err->code;
    v->d->result->frames++;
    hg__denoise_tell_level(v->d, v->name);
    v->d->result->pixels += (int64_t)v->y.width * v->y.height;
    HG_TRY(hg__writer_add(&v->out, line, strlen(line), err));
    HG_TRY(hg__writer_add(&v->out, "\n", 1, err));
    HG_TRY(hg__writer_add(&v->out, now, hg__y4m_frame_bytes(&v->y), err));
    return hg__writer_flush(&v->out, err);
}

static int check_frame_line(const video *v, const char *line, hg_error *err) {
    if (strncmp(line, "FRAME", 5) == 0 && (!line[5] || line[5] == ' ')) return HG_OK;
    return hg__fail(err, HG_ERR_DATA, "%s: expected FRAME before frame %lld, got '%.40s'", v->name,
                    (long long)v->d->result->frames + 1, line);
}

// About how many there are; 0 where the stream has no length.
static int64_t count_frames(const video *v) {
    static const size_t mark = sizeof "FRAME"; // a line before each
    return (int64_t)((size_t)v->size / (hg__y4m_frame_bytes(&v->y) + mark));
}

static off_t measure(int fd) {
    struct stat s;
    return fstat(fd, &s) == 0 && S_ISREG(s.st_mode) ? s.st_size : 0;
}

// A video says nowhere how many frames it has: a file that became shorter must not pass for a whole one.
static int check_end(const video *v, hg_error *err) {
    const off_t at = v->size ? lseek(v->fd, 0, SEEK_CUR) : 0;
    if (at >= v->size) return HG_OK;
    return hg__fail(err, HG_ERR_IO,
                    "%s: expected %lld bytes, got the end of the file at byte %lld: it was cut off "
                    "while it was read",
                    v->name, (long long)v->size, (long long)at);
}

static int run_frames(video *v, hg_error *err) {
    char line[HG_Y4M_LINE];
    int code;
    hg__meter_start(&v->d->meter, v->d->listener, "denoising", "frames", count_frames(v));
    while ((code = read_line(v, line, 0, err)) > 0) {
        code = check_frame_line(v, line, err);
        if (code == HG_OK) code = read_frame(v, err);
        if (code == HG_OK) code = clean_frame(v, line, err);
        if (code < 0) return code;
        hg__meter_add(&v->d->meter, 1);
    }
    hg__meter_end(&v->d->meter);
    return code < 0 ? code : check_end(v, err);
}

// Where nobody asked for an average, and there is no memory for one, each frame is cleaned by itself.
static int make_cleaner(video *v, hg_error *err) {
    hg__denoise_work *d = v->d;
    v->cleaner = hg__y4m_cleaner_new(d->denoiser, &v->y, v->name, d->temporal, err);
    if (v->cleaner) return HG_OK;
    if (err->code != HG_ERR_USAGE || d->temporal < 2 || d->is_temporal_set) return (int)err->code;
    *err = (hg_error){0};
    v->cleaner = hg__y4m_cleaner_new(d->denoiser, &v->y, v->name, 0, err);
    if (!v->cleaner) return (int)err->code;
    hg__denoise_note(
        d, "%s: max_mem is too small for an average of frames: each is cleaned by itself", v->name);
    return HG_OK;
}

static void tell_of_flicker(const video *v) {
    double before, after;
    if (!hg__y4m_cleaner_flicker(v->cleaner, &before, &after)) return;
    hg__denoise_note(
        v->d,
        "%s: where nothing moves a pixel changes by %.2f of 255 from frame to frame, %.2f "
        "when cleaned",
        v->name, before * 255, after * 255);
}

static int run_stream(video *v, hg_error *err) {
    char line[HG_Y4M_LINE];
    v->size = measure(v->fd);
    HG_TRY(read_magic(v, line, err));
    HG_TRY(read_line(v, line, MAGIC, err));
    HG_TRY(hg__y4m_parse(&v->y, line, v->name, err));
    HG_TRY(make_cleaner(v, err));
    if (v->y.is_interlaced) {
        hg__denoise_note(v->d,
                         "%s: interlaced video is cleaned as whole frames; deinterlacing it first "
                         "is better",
                         v->name);
    }
    HG_TRY(hg__writer_add(&v->out, line, strlen(line), err));
    HG_TRY(hg__writer_add(&v->out, "\n", 1, err));
    HG_TRY(hg__writer_flush(&v->out, err));
    return run_frames(v, err);
}

static int open_streams(video *v, const char *path, const char *out, hg_error *err) {
    if (strcmp(path, "-") == 0) {
        v->name = "standard input";
        v->fd = STDIN_FILENO;
    } else {
        v->fd = hg__open_read(path, err);
    }
    if (v->fd < 0) return v->fd;
    hg__sweep_beside(out);
    return hg__writer_open(&v->out, out, err);
}

int hg__denoise_video(hg__denoise_work *d, const char *path, const char *out, hg_error *err) {
    char joined[1024];
    if (hg__is_folder(out)) {
        const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
        HG_TRY(hg__join_path(joined, sizeof joined, out,
                             strcmp(name, "-") == 0 ? "video.y4m" : name, err));
        out = joined;
    }
    HG_TRY(hg__check_out(path, "video", out, err));
    video v = {.d = d, .name = path, .fd = -1, .out = {.fd = -1}};
    int code = open_streams(&v, path, out, err);
    if (code == HG_OK) code = run_stream(&v, err);
    if (code == HG_OK) {
        tell_of_flicker(&v);
        code = hg__writer_commit(&v.out, err);
    } else {
        hg__writer_abort(&v.out);
    }
    if (v.fd > STDIN_FILENO) close(v.fd);
    hg__y4m_cleaner_free(v.cleaner);
    return code;
}
