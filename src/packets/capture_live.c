// SPDX-License-Identifier: Apache-2.0
// capture_live.c - packets of a network interface, by libpcap.
//
// On Linux libpcap itself has the kernel put packets into a ring in shared memory (AF_PACKET, TPACKET_V3): nothing is copied and no
// call made a packet. The kernel hands a block of the ring over when it is full or LATENCY old. An empty block is never handed over,
// so that libpcap could wait for ever: it is told not to wait, and we do.
#include "packets/capture_live.h"

#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum {
    LATENCY = 5,     // ms
    SNAPLEN = 65535, // bytes of a packet
    RING = 32 << 20, // bytes
    WAIT = 100,      // ms
};

bool hg__is_interface(const char *name) {
    if (access(name, F_OK) == 0) return false;
    return strcmp(name, "any") == 0 || if_nametoindex(name) != 0;
}

bool hg__is_readable(int fd) {
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    return poll(&wait, 1, WAIT) > 0;
}

static int fail_activate(const hg__live *l, const hg__pcap_functions *api, const char *name,
                         int code, hg_error *err) {
    const char *why = api->geterr(l->pcap);
    if (code == PCAP_ERROR_PERM_DENIED || code == PCAP_ERROR_PROMISC_PERM_DENIED) {
        return hg__fail(err, HG_ERR_IO,
                        "%s: capturing needs root, or `setcap cap_net_raw=ep` on the command",
                        name);
    }
    return hg__fail(err, HG_ERR_IO, "%s: cannot capture: %s%s%s", name, api->statustostr(code),
                    *why ? ": " : "", why);
}

static int set_filter(const hg__live *l, const hg__pcap_functions *api, const char *name,
                      const char *filter, hg_error *err) {
    struct bpf_program program;
    if (!*filter) return HG_OK;
    int code = api->compile(l->pcap, &program, filter, 1, PCAP_NETMASK_UNKNOWN);
    if (code == 0) {
        code = api->setfilter(l->pcap, &program);
        api->freecode(&program);
    }
    if (code == 0) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE, "%s: expected a filter as tcpdump has it, got \"%s\": %s",
                    name, filter, api->geterr(l->pcap));
}

static int start(hg__live *l, const hg__pcap_functions *api, const char *name, const char *filter,
                 bool is_promiscuous, hg_error *err) {
    char why[PCAP_ERRBUF_SIZE] = "";
    (void)api->set_snaplen(l->pcap, SNAPLEN);
    (void)api->set_promisc(l->pcap, is_promiscuous);
    (void)api->set_timeout(l->pcap, LATENCY);
    (void)api->set_buffer_size(l->pcap, RING);
    (void)api->set_tstamp_precision(l->pcap, PCAP_TSTAMP_PRECISION_NANO);
    const int code = api->activate(l->pcap); // above 0: a warning
    if (code < 0) return fail_activate(l, api, name, code, err);
    l->is_nano = api->get_tstamp_precision(l->pcap) == PCAP_TSTAMP_PRECISION_NANO;
    l->fd = api->get_selectable_fd(l->pcap);
    if (api->setnonblock(l->pcap, 1, why) < 0 || l->fd < 0) {
        return hg__fail(err, HG_ERR_IO, "%s: expected an interface that can be waited for: %s",
                        name, why);
    }
    return set_filter(l, api, name, filter, err);
}

int hg__live_open(hg__live *l, const hg__pcap_functions *api, const char *name, const char *filter,
                  bool is_promiscuous, hg_error *err) {
    char why[PCAP_ERRBUF_SIZE] = "";
    *l = (hg__live){.pcap = api->create(name, why), .fd = -1};
    if (!l->pcap) return hg__fail(err, HG_ERR_IO, "%s: cannot capture: %s", name, why);
    const int code = start(l, api, name, filter, is_promiscuous, err);
    if (code == HG_OK) return HG_OK;
    api->close(l->pcap);
    l->pcap = NULL;
    return code;
}

int64_t hg__live_time(const hg__live *l, const struct pcap_pkthdr *h) {
    const int64_t part = (int64_t)h->ts.tv_usec;
    return (int64_t)h->ts.tv_sec * 1000000000 + (l->is_nano ? part : part * 1000);
}

void hg__live_count(hg__live *l, const hg__pcap_functions *api) {
    struct pcap_stat s;
    if (!l->pcap || api->stats(l->pcap, &s) != 0) return;
    const uint32_t dropped = s.ps_drop + s.ps_ifdrop;
    l->drops.seen += s.ps_recv - l->seen; // they wrap at 2^32
    l->drops.dropped += dropped - l->dropped;
    l->seen = s.ps_recv;
    l->dropped = dropped;
}
