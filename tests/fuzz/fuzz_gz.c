// SPDX-License-Identifier: Apache-2.0
// fuzz_gz.c - any bytes as a gzip file; and any bytes, gzipped, must read as they do plain.
#include <zlib.h>

#include "open_bytes.h"

enum { MOST = 1 << 16 };

// `size` bytes as one gzip member in `to` (MOST); how long it is.
// NOLINTNEXTLINE(readability-non-const-parameter): zlib takes and writes through them
static size_t pack(uint8_t *bytes, size_t size, uint8_t to[MOST]) {
    z_stream z = {.next_in = bytes, .avail_in = (uInt)size, .next_out = to, .avail_out = MOST};
    if (deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) abort();
    if (deflate(&z, Z_FINISH) != Z_STREAM_END) abort();
    (void)deflateEnd(&z);
    return z.total_out;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    open_both_ways(bytes, size, "fuzz.gz");
    bool is_gzip =
        size >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b; // twice gzipped is unpacked once
    if (size > MOST / 2 || is_gzip) return 0;
    uint8_t plain[MOST / 2], packed[MOST];
    memcpy(plain, bytes, size);
    const hg__data_options o = {.memory = 64 << 20};
    hg__data *a = open_bytes(plain, size, "fuzz", &o, NULL);
    hg__data *b = open_bytes(packed, pack(plain, size, packed), "fuzz", &o, NULL);
    if (!a != !b || (a && (a->rows != b->rows || a->fingerprint != b->fingerprint))) abort();
    hg__data_close(a);
    hg__data_close(b);
    return 0;
}
