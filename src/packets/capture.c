// SPDX-License-Identifier: Apache-2.0
// capture.c - captures as packets, by libpcap.
//
//   hg__source (unpacks gzip, waits for a pipe) ──> FILE of fopencookie() ──> libpcap ──> filter ──> hg__packet_read()
//
// libpcap takes no more memory for a packet than its link type may have, whatever its header says: 256 kB, of a few 128 MB.
#include "packets/capture.h"

#include <errno.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "files/source.h"
#include "packets/capture_list.h"
#include "packets/capture_live.h"
#include "packets/capture_spool.h"
#include "packets/pcap_api.h"

enum { BUFFER = 1 << 18 };                                    // bytes read at once
static const int64_t farthest = INT64_C(4600000000000000000); // ns: below 2^62; the year 2115

struct hg__capture {
    const hg__pcap_functions *api; // borrowed
    hg__capture_list list;
    char *filter; // owned; "": all packets
    const hg_listener *listener;
    bool is_live, is_promiscuous;
    int (*idle)(void *context, hg_error *err);
    void *context; // of idle, borrowed
    hg__live live;
    char *buffer; // owned, (BUFFER): that of `file`

    int32_t next; // the file to be opened after this one
    // The open file, of list.files.file[next - 1].
    bool is_open, has_program;
    hg__source source;
    FILE *file;                 // owned by `pcap` once that is there
    pcap_t *pcap;               // owned; NULL: no file is open
    struct bpf_program program; // kept from file to file: hosts may have been looked up for it
    int link, program_link;
    uint64_t packets; // read of it, those that the filter leaves out among them
    hg_error failure; // of the last read, if its code is not 0

    hg__spool spool;
    bool is_kept;   // what comes but once goes into the spool ...
    bool is_replay; // ... and comes out of it

    uint64_t size_before; // bytes of the files before this one
    uint64_t fingerprint;
    int32_t notes;
    char note[640]; // the first
    char all[720];  // and how many there are
};

// ---- notes --------------------------------------------------------------------------------------

static void add_note(hg__capture *c, const char *text) {
    if (c->notes++ == 0) snprintf(c->note, sizeof c->note, "%s", text);
    const int more = c->notes - 1;
    snprintf(c->all, sizeof c->all,
             more ? "%s (and %d more %s could not be read to the end)" : "%s", c->note, more,
             more == 1 ? "capture" : "captures");
}

const char *hg__capture_note(const hg__capture *c) {
    return c->all;
}

static const char *name_of(const hg__capture *c) {
    return hg__input_name(c->list.files.file[c->next - 1].path);
}

// Behind the last whole packet: why, by what libpcap says.
static void note_end(hg__capture *c) {
    static const char other[] = "an interface has a"; // type, or snapshot length, "different from"
    const char *why = c->api->geterr(c->pcap);
    const unsigned long long count = c->packets;
    char text[640];
    if (c->failure.code) {
        snprintf(text, sizeof text, "%.400s; %llu packets were read", c->failure.message, count);
    } else if (strncmp(why, "truncated", 9) == 0) {
        snprintf(text, sizeof text, "%.300s: ends inside packet %llu; %llu were read", name_of(c),
                 count + 1, count);
    } else if (strncmp(why, other, sizeof other - 1) == 0) {
        snprintf(text, sizeof text,
                 "%.300s: libpcap does not read its interfaces together (%.200s); %llu packets "
                 "were read",
                 name_of(c), why, count);
    } else {
        snprintf(text, sizeof text, "%.300s: damaged at packet %llu (%.200s); %llu were read",
                 name_of(c), count + 1, why, count);
    }
    add_note(c, text);
}

// ---- one file -----------------------------------------------------------------------------------

// Somebody may have something to do before a pipe is waited for, and meanwhile.
static int wait_for_pipe(void *context, hg_error *err) {
    const hg__capture *c = context;
    if (!c->idle) return HG_OK;
    do {
        HG_TRY(c->idle(c->context, err));
        if (hg__is_stopped(c->listener)) {
            return hg__fail(err, HG_ERR_STOPPED, "%s: stopped on request", name_of(c));
        }
    } while (!hg__is_readable(c->source.fd));
    return HG_OK;
}

static ssize_t read_bytes(void *cookie, char *to, size_t size) {
    hg__capture *c = cookie;
    if (c->failure.code) return -1;
    const int64_t n = hg__source_read_some(&c->source, to, size, &c->failure);
    if (n >= 0) return (ssize_t)n;
    errno = EIO;
    return -1;
}

static int open_source(hg__capture *c, const char *path, hg_error *err) {
    const hg__source_waiting waiting = {c->listener, wait_for_pipe, c};
    c->source = (hg__source){.fd = -1};
    const int fd = c->list.is_stream ? hg__stream_open_once(path, err) : hg__open_read(path, err);
    if (fd < 0) return fd;
    return c->list.is_stream ? hg__source_open_stream(&c->source, fd, name_of(c), &waiting, err)
                             : hg__source_open(&c->source, fd, name_of(c), err);
}

static int check_head(const hg__capture *c, hg_error *err) {
    const hg__source *s = &c->source;
    if (hg__capture_sniff(s->head, s->head_size)) return HG_OK;
    char text[64];
    hg__magic_describe(s->head, s->head_size, text);
    return hg__fail(err, HG_ERR_DATA, "%s: expected a capture (pcap or pcapng), got %s", s->path,
                    text);
}

static int open_pcap(hg__capture *c, hg_error *err) {
    char why[PCAP_ERRBUF_SIZE] = "";
    const cookie_io_functions_t io = {.read = read_bytes};
    c->file = fopencookie(c, "r", io);
    if (!c->file) return hg__fail(err, HG_ERR_MEMORY, "out of memory: %s", name_of(c));
    setvbuf(c->file, c->buffer, _IOFBF, BUFFER);
    (void)__fsetlocking(c->file, FSETLOCKING_BYCALLER);
    c->pcap = c->api->fopen_offline_with_tstamp_precision(c->file, PCAP_TSTAMP_PRECISION_NANO, why);
    if (c->pcap) {
        c->link = c->api->datalink(c->pcap);
        return HG_OK;
    }
    fclose(c->file);
    if (c->failure.code) return hg__fail(err, c->failure.code, "%s", c->failure.message);
    return hg__fail(err, HG_ERR_DATA, "%s: expected a whole header of a capture; libpcap says: %s",
                    name_of(c), why);
}

static void clear_program(hg__capture *c) {
    if (c->has_program) c->api->freecode(&c->program);
    c->has_program = false;
}

static int set_filter(hg__capture *c, hg_error *err) {
    if (!c->filter[0] || (c->has_program && c->program_link == c->link)) return HG_OK;
    clear_program(c);
    if (c->api->compile(c->pcap, &c->program, c->filter, 1, PCAP_NETMASK_UNKNOWN) != 0) {
        return hg__fail(err, HG_ERR_USAGE,
                        "%s: expected a filter as tcpdump has it, got \"%s\": %s", name_of(c),
                        c->filter, c->api->geterr(c->pcap));
    }
    c->has_program = true;
    c->program_link = c->link;
    return HG_OK;
}

static void close_file(hg__capture *c) {
    if (c->pcap) c->api->close(c->pcap); // and with it the FILE
    if (c->is_open) hg__source_close(&c->source);
    c->pcap = c->live.pcap = NULL;
    c->is_open = false;
}

static int open_interface(hg__capture *c, const char *name, hg_error *err) {
    HG_TRY(hg__live_open(&c->live, c->api, name, c->filter, c->is_promiscuous, err));
    c->pcap = c->live.pcap;
    c->link = c->api->datalink(c->pcap);
    return HG_OK;
}

static int open_file(hg__capture *c, hg_error *err) {
    const char *path = c->list.files.file[c->next++].path;
    c->packets = 0;
    c->failure = (hg_error){0};
    if (c->is_live) return open_interface(c, path, err);
    c->is_open = true;
    int code = open_source(c, path, err);
    if (code == HG_OK) code = check_head(c, err);
    if (code == HG_OK) code = open_pcap(c, err);
    if (code == HG_OK) code = set_filter(c, err);
    if (code < 0) close_file(c);
    return code;
}

// The next file that is a capture; 0 behind the last. In a folder what is none, or has no header, is noted and left out.
static int open_next(hg__capture *c, hg_error *err) {
    while (c->next < c->list.files.count) {
        hg_error why = {0};
        const int code = open_file(c, &why);
        if (code == HG_OK) return 1;
        const bool is_left_out = code == HG_ERR_DATA && c->list.files.file[c->next - 1].from_folder;
        if (!is_left_out) return hg__fail(err, code, "%s", why.message);
        add_note(c, why.message);
    }
    return 0;
}

// ---- what comes but once ------------------------------------------------------------------------

static int open_spool(hg__capture *c, const hg__capture_options *o, hg_error *err) {
    if (!o || !o->is_kept || !c->list.is_stream) return HG_OK;
    c->is_kept = true;
    return hg__spool_open(&c->spool, o->most_kept, o->payload_kept, err);
}

// A packet is handed out: 1; 0 where there is no room to keep it, which ends the capture.
static int keep(hg__capture *c, const hg__packet *p, const uint8_t *bytes, hg_error *err) {
    if (!c->is_kept) return 1;
    const int code = hg__spool_add(&c->spool, p, c->link, bytes, err);
    if (code != 0) return code;
    char text[640];
    snprintf(text, sizeof text,
             "%.300s: the temporary file (TMPDIR) has no room for more than the %llu MB that came",
             name_of(c), (unsigned long long)(c->spool.size >> 20));
    add_note(c, text);
    return 0;
}

// ---- all of them --------------------------------------------------------------------------------

static int start(hg__capture *c, hg_error *err) {
    close_file(c);
    c->next = c->notes = 0;
    c->size_before = 0;
    c->note[0] = c->all[0] = '\0';
    c->fingerprint = 0xcbf29ce484222325ULL;
    const int code = open_next(c, err);
    if (code != 0) return code < 0 ? code : HG_OK;
    return hg__fail(err, HG_ERR_DATA, "%s", c->all); // a folder in which none could be read
}

static int list(hg__capture *c, const char *path, hg_error *err) {
    if (!c->is_live) return hg__capture_list_read(&c->list, path, err);
    return hg__capture_list_one(&c->list, path, err);
}

hg__capture *hg__capture_open(const char *path, const hg__capture_options *o, hg_error *err) {
    const hg__pcap_functions *api = hg__pcap_get(hg__input_name(path), err);
    hg__capture *c = api ? hg__alloc(1, sizeof *c, err) : NULL;
    if (!c) return NULL;
    c->api = api;
    if (o) {
        c->listener = o->listener;
        c->is_live = o->is_live && hg__is_interface(path);
        c->is_promiscuous = o->is_promiscuous;
        c->idle = o->idle;
        c->context = o->context;
    }
    c->filter = hg__copy_text(o && o->filter ? o->filter : "", err);
    c->buffer = c->filter ? hg__alloc(BUFFER, 1, err) : NULL;
    c->spool.fd = -1;
    const bool is_listed = c->buffer && list(c, path, err) == HG_OK;
    if (is_listed && open_spool(c, o, err) == HG_OK && start(c, err) == HG_OK) return c;
    hg__capture_close(c);
    return NULL;
}

void hg__capture_close(hg__capture *c) {
    if (!c) return;
    close_file(c);
    clear_program(c);
    hg__spool_close(&c->spool);
    hg__capture_list_clear(&c->list);
    hg__free(c->buffer);
    hg__free(c->filter);
    hg__free(c);
}

int hg__capture_rewind(hg__capture *c, hg_error *err) {
    if (c->is_kept) {
        close_file(c);
        c->is_replay = true;
        return hg__spool_rewind(&c->spool, err);
    }
    if (!c->list.is_stream) return start(c, err);
    return hg__fail(err, HG_ERR_USAGE, "%s: expected a file, got a pipe, which is read but once",
                    name_of(c));
}

void hg__capture_place(const hg__capture *c, uint64_t *at, uint64_t *size) {
    if (c->is_replay) {
        *at = c->spool.read - (c->spool.used - c->spool.at);
        *size = c->spool.size;
        return;
    }
    *at = c->size_before + (c->is_open ? c->source.at : 0);
    *size = c->list.size;
}

// ---- packets ------------------------------------------------------------------------------------

static uint64_t mix(uint64_t hash, uint64_t word) {
    return (hash ^ word) * 0x100000001b3ULL;
}

// By words of 8 bytes, in the byte order of this machine: x86 and Arm agree.
static uint64_t mix_packet(uint64_t hash, const hg__packet *p, const uint8_t *bytes) {
    uint32_t at = 0;
    hash = mix(mix(hash, (uint64_t)p->time), (uint64_t)p->length << 32 | p->captured);
    for (; at + 8 <= p->captured; at += 8) {
        uint64_t word;
        memcpy(&word, bytes + at, sizeof word);
        hash = mix(hash, word);
    }
    for (; at < p->captured; at++) hash = mix(hash, bytes[at]);
    return hash;
}

// A file may say any time: no two are so far apart that their difference overflows.
static int64_t time_of(const struct pcap_pkthdr *h) {
    int64_t ns;
    if (__builtin_mul_overflow((int64_t)h->ts.tv_sec, 1000000000, &ns) ||
        __builtin_add_overflow(ns, (int64_t)h->ts.tv_usec, &ns)) {
        ns = h->ts.tv_sec < 0 ? -farthest : farthest;
    }
    return ns > farthest ? farthest : ns < -farthest ? -farthest : ns;
}

// A read that failed for another reason than the file's own bytes.
static bool has_failed(const hg__capture *c) {
    return c->failure.code && c->failure.code != HG_ERR_DATA;
}

// Of an interface: waits until one is there.
static int next_of_interface(hg__capture *c, hg__packet *p, hg_error *err) {
    struct pcap_pkthdr *header;
    const uint8_t *bytes;
    int code;
    while ((code = c->api->next_ex(c->pcap, &header, &bytes)) == 0) {
        if (c->idle) HG_TRY(c->idle(c->context, err));
        if (hg__is_stopped(c->listener)) {
            return hg__fail(err, HG_ERR_STOPPED, "%s: stopped on request", name_of(c));
        }
        (void)hg__is_readable(c->live.fd);
    }
    if (code < 0) {
        return hg__fail(err, HG_ERR_IO, "%s: cannot capture: %s", name_of(c),
                        c->api->geterr(c->pcap));
    }
    p->time = hg__live_time(&c->live, header);
    p->length = header->len;
    p->captured = header->caplen;
    hg__packet_read(p, c->link, bytes);
    c->fingerprint = mix_packet(c->fingerprint, p, bytes);
    return keep(c, p, bytes, err);
}

// Of the open file: 1, or 0 at its end.
static int next_of_file(hg__capture *c, hg__packet *p, hg_error *err) {
    struct pcap_pkthdr *header;
    const uint8_t *bytes;
    int code;
    while ((code = c->api->next_ex(c->pcap, &header, &bytes)) == 1) {
        c->packets++;
        if (c->has_program && !c->api->offline_filter(&c->program, header, bytes)) continue;
        p->time = time_of(header);
        p->length = header->len;
        p->captured = header->caplen;
        hg__packet_read(p, c->link, bytes);
        c->fingerprint = mix_packet(c->fingerprint, p, bytes);
        return keep(c, p, bytes, err);
    }
    if (has_failed(c)) return hg__fail(err, c->failure.code, "%s", c->failure.message);
    if (code != PCAP_ERROR_BREAK) note_end(c);
    return 0;
}

int hg__capture_next(hg__capture *c, hg__packet *p, hg_error *err) {
    if (c->is_replay) return hg__spool_next(&c->spool, p, err);
    for (;;) {
        if (!c->pcap) return 0;
        if (c->is_live) return next_of_interface(c, p, err);
        const int code = next_of_file(c, p, err);
        if (code != 0) return code;
        c->size_before += c->source.at;
        close_file(c);
        HG_TRY(open_next(c, err));
    }
}

uint64_t hg__capture_fingerprint(const hg__capture *c) {
    return c->fingerprint;
}

uint64_t hg__capture_room(const hg__capture *c) {
    return c->spool.most;
}

bool hg__capture_is_live(const hg__capture *c) {
    return c->is_live;
}

bool hg__capture_is_stream(const hg__capture *c) {
    return c->list.is_stream;
}

hg__capture_drops hg__capture_count_drops(hg__capture *c) {
    if (c->is_live) hg__live_count(&c->live, c->api);
    return c->live.drops;
}
