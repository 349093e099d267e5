// SPDX-License-Identifier: Apache-2.0
// capture_spool.c - packets in a temporary file: a head of fixed size each, and the bytes that are kept.
#include "packets/capture_spool.h"

#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

// A record is never larger than MOST_KEPT and its head: headers that are longer are cut.
enum { BUFFER = 1 << 18, MOST_KEPT = 1 << 16 };

// In the byte order of this machine: nobody else reads it.
typedef struct head {
    int64_t time;
    uint32_t length, kept;
    int32_t link;
    uint32_t unused;
} head;

int hg__spool_open(hg__spool *s, uint64_t most, uint32_t payload, hg_error *err) {
    struct statvfs place;
    *s = (hg__spool){.fd = -1, .most = most, .payload = payload};
    s->buffer = hg__alloc(BUFFER, 1, err);
    if (!s->buffer) return HG_ERR_MEMORY;
    s->fd = hg__open_spill(err);
    if (s->fd < 0) return s->fd;
    if (most) return HG_OK;
    if (fstatvfs(s->fd, &place) != 0) {
        return hg__fail_errno(err, HG_ERR_IO, "the temporary file (TMPDIR): cannot ask for room");
    }
    s->most = (uint64_t)place.f_bavail * place.f_frsize / 2;
    return HG_OK;
}

void hg__spool_close(hg__spool *s) {
    if (s->fd >= 0) close(s->fd);
    hg__free(s->buffer);
    *s = (hg__spool){.fd = -1};
}

// ---- in -----------------------------------------------------------------------------------------

static int flush(hg__spool *s, hg_error *err) {
    HG_TRY(hg__spill(s->fd, s->buffer, s->used, err));
    s->used = 0;
    return HG_OK;
}

// What the headers take, and of the payload as much as is wanted.
static uint32_t kept_of(const hg__spool *s, const hg__packet *p, const uint8_t *bytes) {
    const uint32_t headers = (uint32_t)(p->payload - bytes);
    const uint32_t payload = p->payload_captured < s->payload ? p->payload_captured : s->payload;
    return headers < MOST_KEPT - payload ? headers + payload : MOST_KEPT;
}

int hg__spool_add(hg__spool *s, const hg__packet *p, int link, const uint8_t *bytes,
                  hg_error *err) {
    const head h = {
        .time = p->time, .length = p->length, .kept = kept_of(s, p, bytes), .link = link};
    const uint32_t size = (uint32_t)sizeof h + h.kept;
    if (size > s->most - s->size) return 0;
    if (size > BUFFER - s->used) HG_TRY(flush(s, err));
    memcpy(s->buffer + s->used, &h, sizeof h);
    memcpy(s->buffer + s->used + sizeof h, bytes, h.kept);
    s->used += size;
    s->size += size;
    return 1;
}

// ---- out ----------------------------------------------------------------------------------------

int hg__spool_rewind(hg__spool *s, hg_error *err) {
    if (s->read == 0) HG_TRY(flush(s, err));
    s->used = s->at = 0;
    s->read = 0;
    return HG_OK;
}

// At least one whole record in the buffer, or all that is left.
static int fill(hg__spool *s, hg_error *err) {
    const uint32_t left = s->used - s->at;
    if (left >= sizeof(head) + MOST_KEPT) return HG_OK;
    const uint64_t more = s->size - s->read;
    memmove(s->buffer, s->buffer + s->at, left);
    s->at = 0;
    s->used = left;
    const uint32_t size = more < BUFFER - left ? (uint32_t)more : BUFFER - left;
    if (size) {
        HG_TRY(hg__read_at(s->fd, s->buffer + left, size, s->read, "the temporary file (TMPDIR)",
                           err));
    }
    s->used += size;
    s->read += size;
    return HG_OK;
}

int hg__spool_next(hg__spool *s, hg__packet *p, hg_error *err) {
    head h;
    HG_TRY(fill(s, err));
    if (s->at == s->used) return 0;
    memcpy(&h, s->buffer + s->at, sizeof h);
    p->time = h.time;
    p->length = h.length;
    p->captured = h.kept;
    hg__packet_read(p, h.link, s->buffer + s->at + sizeof h);
    s->at += (uint32_t)sizeof h + h.kept;
    return 1;
}
