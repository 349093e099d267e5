// SPDX-License-Identifier: Apache-2.0
// capture_spool.h - packets that come but once, kept for as many readings as it takes. Only capture*.c include this.
//
// A temporary file without a name (base/file.h: 0600, in $TMPDIR) has of each packet its headers and the beginning of its payload.
#ifndef HG_PACKETS_CAPTURE_SPOOL_H
#define HG_PACKETS_CAPTURE_SPOOL_H
#include "base/error.h"
#include "packets/packet.h"

typedef struct hg__spool {
    int fd;           // owned; -1: it is not open
    uint8_t *buffer;  // owned: what is not written yet, or was read ahead
    uint32_t used;    // bytes in it
    uint32_t at;      // of them were handed out
    uint64_t read;    // bytes of the file that were read so far
    uint64_t size;    // bytes written and waiting
    uint64_t most;    // bytes it may have
    uint32_t payload; // bytes of a packet's payload that are kept
} hg__spool;

// most 0: half of what is free where the file is.
int hg__spool_open(hg__spool *s, uint64_t most, uint32_t payload, hg_error *err);
void hg__spool_close(hg__spool *s); // after open, also where that failed

// 1, or 0 where there is no room for it. bytes (p->captured): what p was read from.
int hg__spool_add(hg__spool *s, const hg__packet *p, int link, const uint8_t *bytes, hg_error *err);
// To the first packet. Nothing is added afterwards.
int hg__spool_rewind(hg__spool *s, hg_error *err);
// 1, 0 at the end. p->captured is what was kept; p->payload lives until the next call.
int hg__spool_next(hg__spool *s, hg__packet *p, hg_error *err);
#endif
