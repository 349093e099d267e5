// SPDX-License-Identifier: Apache-2.0
// capture.h - captures as packets, one after the other: pcap and pcapng files, gzipped or not, or from a pipe.
//
// libpcap is opened at the first capture (pcap_api.c).
#ifndef HG_PACKETS_CAPTURE_H
#define HG_PACKETS_CAPTURE_H
#include "base/host.h"
#include "packets/packet.h"

typedef struct hg__capture hg__capture;

typedef struct hg__capture_options {
    const char *filter; // BPF, as tcpdump has it: "not port 22"; "" or NULL: all
    // Borrowed while the capture is open: may end the waiting for a pipe; NULL: nobody does.
    const hg_listener *listener;
    // Whether the path may be a network interface (a file of that name goes before it), and whether that is to see what is not for
    // this machine too.
    bool is_live, is_promiscuous;
    // Called before there is waiting for more packets, of a pipe and of an interface, and some times a second while there is none;
    // negative: hg__capture_next() gives that back. NULL: nobody wants to know.
    int (*idle)(void *context, hg_error *err);
    void *context;
    // Whether an interface or a pipe can be read again: hg__capture_rewind() then ends it, however far it was read, and what was handed
    // out so far is handed out again from a temporary file. That has the headers and so much of each payload, and no more than most_kept
    // bytes (0: half of what is free there), behind which the capture ends with a note.
    bool is_kept;
    uint32_t payload_kept;
    uint64_t most_kept;
} hg__capture_options;

// Of an interface, since it was opened.
typedef struct hg__capture_drops {
    uint64_t seen;    // by the kernel, behind its filter
    uint64_t dropped; // by the kernel, because nobody took them in time, and by the interface
} hg__capture_drops;

// Whether the first bytes are those of a capture, plain (gzip is looked into by hg__is_capture()).
bool hg__capture_sniff(const uint8_t *head, size_t size);
// Whether one of paths, with commas between, is a capture, or a gzipped one, or a folder with one in it; false where it cannot be read,
// and of a pipe.
bool hg__is_capture(const char *paths);
// Whether a pipe begins as one does, plain or gzipped: waits for its first bytes, or until listener (may be NULL) has it stop, and
// leaves them in it.
bool hg__is_capture_stream(const char *path, const hg_listener *listener);
bool hg__is_interface(
    const char *name); // of this machine ("any" is all of them), and no file has that name

// path: a file, "-", a folder, whose captures are read in the order of their names as one, or several files and folders with commas
// between, one after the other. NULL on failure: HG_ERR_MISSING without
// libpcap, HG_ERR_DATA where it is no capture or has no whole header, HG_ERR_USAGE for a filter that does not compile.
hg__capture *hg__capture_open(const char *path, const hg__capture_options *o, hg_error *err);
void hg__capture_close(hg__capture *c); // NULL is fine

// The next packet: 1, 0 at the end, negative if it cannot be had. p->payload lives until the next call. A file that ends inside a
// packet, or is damaged behind whole ones, ends there, and so does a pcapng at an interface of another link type than the first's
// (libpcap 1.10 takes a second one of raw IP for that too):
// hg__capture_note() says so. In a folder a file without a whole header is noted and left out. Jumps in time are kept.
int hg__capture_next(hg__capture *c, hg__packet *p, hg_error *err);
int hg__capture_rewind(
    hg__capture *c,
    hg_error *err); // before the first packet; HG_ERR_USAGE for a pipe that is not kept

// How much of the files has been read, for a meter: bytes of them, and all; size is 0 where that is not known.
void hg__capture_place(const hg__capture *c, uint64_t *at, uint64_t *size);

bool hg__capture_is_live(const hg__capture *c);
bool hg__capture_is_stream(const hg__capture *c); // an interface or a pipe: what comes, comes now
uint64_t hg__capture_room(const hg__capture *c);  // bytes of the temporary file; 0: there is none
hg__capture_drops hg__capture_count_drops(hg__capture *c); // 0 where it is no interface

// What a user should know: "x.pcap: ends inside packet 17; 16 were read"; "" for nothing.
const char *hg__capture_note(const hg__capture *c);
// FNV-1a, by words, of the times, lengths and bytes of the packets that were handed out so far (from a temporary file: then): the same packets, plain or gzipped,
// in one file or two, have the same.
uint64_t hg__capture_fingerprint(const hg__capture *c);
#endif
