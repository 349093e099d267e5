// SPDX-License-Identifier: Apache-2.0
// send_traffic.c - a capture again and again: as frames of an interface, evenly paced, or as a longer capture; and when lines arrive.
//
//   send_traffic CAPTURE to=left rate=150000 packets=9000000 markers=250 >sent    frames; needs root
//   send_traffic CAPTURE to=- packets=20000000 | hourglass watch ...              a capture, whose times go on
//   hourglass watch ... | send_traffic stamp                                      each line behind its arrival, ns since 1970
//
// markers=MS: so often a source that was never there, 10.66.x.y, knocks at five ports at once. A line of standard output says which and
// when: "10.66.0.7 1700000000123456789" (to=-: in the times of the capture, on standard error). The capture is one that draw_traffic writes.
#include <arpa/inet.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { HEAD = 24, ROW = 16, BATCH = 32, KNOCKS = 5, FRAME = 54, LINE = 1 << 16 };
static const int64_t second = 1000000000;

typedef struct capture {
    uint8_t *bytes;
    size_t size, at; // at: of the next packet
    bool is_nano;
    int64_t moved; // ns: of this turn's times
    int64_t first, last;
} capture;

typedef struct sending {
    capture in;
    const char *to;
    int64_t rate, packets, markers; // a second; in all; ms from one to the next
    int64_t sent, marked;
    int socket;
    int64_t begun; // ns since 1970, of the first packet
    uint8_t knock[KNOCKS][FRAME];
    struct mmsghdr message[BATCH];
    struct iovec part[BATCH];
} sending;

static void fail(const char *what) {
    fprintf(stderr, "send_traffic: %s\n", what);
    exit(1);
}

static int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * second + t.tv_nsec;
}

static uint32_t word(const uint8_t *at) {
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

// ---- the capture --------------------------------------------------------------------------------

static void read_capture(capture *c, const char *path) {
    FILE *f = fopen(path, "rb");
    long size = 0;
    if (!f || fseek(f, 0, SEEK_END) != 0 || (size = ftell(f)) < HEAD + ROW) fail("no capture");
    rewind(f);
    c->size = (size_t)size;
    c->bytes = malloc(c->size);
    if (!c->bytes || fread(c->bytes, 1, c->size, f) != c->size) fail("the capture cannot be read");
    fclose(f);
    c->is_nano = word(c->bytes) == 0xa1b23c4d;
    if (!c->is_nano && word(c->bytes) != 0xa1b2c3d4) fail("expected a pcap of this byte order");
    c->at = HEAD;
    c->first = INT64_MIN;
}

// The next frame and its time, from the beginning again behind the last.
static uint8_t *next_frame(capture *c, uint32_t *size, int64_t *time) {
    if (c->at + ROW > c->size || c->at + ROW + word(c->bytes + c->at + 8) > c->size) {
        if (c->at == HEAD) fail("the capture has no packet");
        c->at = HEAD;
        c->moved += c->last - c->first + 1000000;
    }
    uint8_t *row = c->bytes + c->at;
    const int64_t part = word(row + 4);
    c->last = word(row) * second + (c->is_nano ? part : part * 1000);
    if (c->first == INT64_MIN) c->first = c->last;
    *time = c->last + c->moved;
    *size = word(row + 8);
    c->at += ROW + *size;
    return row + ROW;
}

// ---- a marker -----------------------------------------------------------------------------------

static uint16_t sum_of(const uint8_t *bytes, size_t size, uint32_t sum) {
    for (size_t i = 0; i + 1 < size; i += 2) sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
    while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

static void put_16(uint8_t *at, uint16_t value) {
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

// A SYN without options from 10.66.x.y to 192.168.44.105.
static void make_knock(uint8_t f[FRAME], int64_t number, int i) {
    static const uint8_t head[] = {2,    0, 0,  0x66, 0,    1, // to
                                   2,    0, 0,  0x66, 0,    2, // from
                                   8,    0,                    // IPv4
                                   0x45, 0, 0,  40,   0x12, 0x34, 0,   0,   41, 6,
                                   0,    0, 10, 66,   0,    0,    192, 168, 44, 105};
    memset(f, 0, FRAME);
    memcpy(f, head, sizeof head);
    f[28] = (uint8_t)(number >> 8);
    f[29] = (uint8_t)number;
    put_16(f + 24, sum_of(f + 14, 20, 0));
    put_16(f + 34, (uint16_t)(31337 + i));
    put_16(f + 36, (uint16_t)(6660 + 7 * i));
    f[38] = 0x77;
    f[46] = 0x50;
    f[47] = 2;
    put_16(f + 48, 1023);
    put_16(f + 50, sum_of(f + 26, 28, 6 + 20));
}

static bool is_marker_due(const sending *s, int64_t time) {
    return s->markers > 0 && time >= s->begun + (s->marked + 1) * s->markers * 1000000;
}

static void make_marker(sending *s, FILE *to, int64_t time) {
    s->marked++;
    for (int i = 0; i < KNOCKS; i++) make_knock(s->knock[i], s->marked, i);
    fprintf(to, "10.66.%d.%d %lld\n", (int)(s->marked >> 8 & 255), (int)(s->marked & 255),
            (long long)time);
}

// ---- out ----------------------------------------------------------------------------------------

static void open_interface(sending *s) {
    const int yes = 1;
    s->socket = socket(AF_PACKET, SOCK_RAW, 0);
    const struct sockaddr_ll at = {.sll_family = AF_PACKET,
                                   .sll_ifindex = (int)if_nametoindex(s->to)};
    if (s->socket < 0 || at.sll_ifindex == 0 ||
        bind(s->socket, (const struct sockaddr *)&at, sizeof at) != 0) {
        fail("cannot send to that interface");
    }
    (void)setsockopt(s->socket, SOL_PACKET, PACKET_QDISC_BYPASS, &yes, sizeof yes);
    (void)prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
}

static void send_batch(sending *s, unsigned count) {
    unsigned done = 0;
    while (done < count) {
        const int n = sendmmsg(s->socket, s->message + done, count - done, 0);
        if (n > 0) done += (unsigned)n; // else the interface is busy
    }
    s->sent += count;
}

static void set_part(sending *s, unsigned i, void *frame, size_t size) {
    s->part[i] = (struct iovec){.iov_base = frame, .iov_len = size};
    s->message[i].msg_hdr = (struct msghdr){.msg_iov = &s->part[i], .msg_iovlen = 1};
}

static void sleep_until(int64_t when) {
    const struct timespec t = {.tv_sec = when / second, .tv_nsec = when % second};
    clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &t, NULL);
}

static void send_all(sending *s) {
    open_interface(s);
    s->begun = now_ns();
    while (s->sent < s->packets) {
        unsigned count = 0;
        int64_t time;
        uint32_t size;
        sleep_until(s->begun + s->sent * second / s->rate);
        if (is_marker_due(s, now_ns())) {
            make_marker(s, stdout, now_ns());
            while (count < KNOCKS) set_part(s, count, s->knock[count], FRAME), count++;
        }
        while (count < BATCH) {
            uint8_t *frame = next_frame(&s->in, &size, &time);
            set_part(s, count++, frame, size);
        }
        send_batch(s, count);
    }
    fprintf(stderr, "sent %lld in %.3f s\n", (long long)s->sent,
            (double)(now_ns() - s->begun) / 1e9);
}

static void write_row(sending *s, const uint8_t *frame, uint32_t size, int64_t time) {
    const uint32_t row[4] = {(uint32_t)(time / second), (uint32_t)(time % second), size, size};
    if (fwrite(row, sizeof row, 1, stdout) != 1 || fwrite(frame, 1, size, stdout) != size) exit(1);
    s->sent++;
}

static void write_all(sending *s) {
    uint8_t head[HEAD];
    const uint32_t nano = 0xa1b23c4d;
    memcpy(head, s->in.bytes, HEAD);
    memcpy(head, &nano, sizeof nano);
    fwrite(head, 1, HEAD, stdout);
    while (s->sent < s->packets) {
        int64_t time;
        uint32_t size;
        uint8_t *frame = next_frame(&s->in, &size, &time);
        if (s->sent == 0) s->begun = time;
        if (s->rate > 0) time = s->begun + s->sent * second / s->rate;
        if (is_marker_due(s, time)) {
            make_marker(s, stderr, time);
            for (int i = 0; i < KNOCKS; i++) write_row(s, s->knock[i], FRAME, time);
        }
        write_row(s, frame, size, time);
    }
}

static int stamp(void) {
    static char line[LINE];
    while (fgets(line, sizeof line, stdin)) printf("%lld %s", (long long)now_ns(), line);
    return 0;
}

static void set_option(sending *s, const char *word) {
    const struct {
        const char *name;
        int64_t *value;
    } number[] = {
        {"rate=",    &s->rate   },
        {"packets=", &s->packets},
        {"markers=", &s->markers}
    };
    if (strncmp(word, "to=", 3) == 0) {
        s->to = word + 3;
        return;
    }
    for (size_t i = 0; i < sizeof number / sizeof *number; i++) {
        const size_t length = strlen(number[i].name);
        if (strncmp(word, number[i].name, length) != 0) continue;
        *number[i].value = strtoll(word + length, NULL, 10);
        return;
    }
    fail("expected to=, rate=, packets= or markers=");
}

int main(int count, char **word_at) {
    static sending s = {.to = "-", .packets = 1000000};
    if (count > 1 && strcmp(word_at[1], "stamp") == 0) return stamp();
    if (count < 2) fail("expected a capture");
    for (int i = 2; i < count; i++) set_option(&s, word_at[i]);
    const bool is_live = strcmp(s.to, "-") != 0;
    if (is_live && s.rate < 1) fail("expected rate= for an interface");
    read_capture(&s.in, word_at[1]);
    (is_live ? send_all : write_all)(&s);
    return fflush(stdout) == 0 ? 0 : 1;
}
