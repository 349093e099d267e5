// SPDX-License-Identifier: Apache-2.0
// capture_live.h - packets of a network interface as they come. Only capture*.c include this.
#ifndef HG_PACKETS_CAPTURE_LIVE_H
#define HG_PACKETS_CAPTURE_LIVE_H
#include "packets/capture.h"
#include "packets/pcap_api.h"

typedef struct hg__live {
    pcap_t *pcap; // as it was opened; who opened it closes it
    int fd;       // to wait at, borrowed
    bool is_nano; // the times of packets are in ns, else in us
    hg__capture_drops drops;
    uint32_t seen, dropped; // libpcap's counters at the last look, which wrap
} hg__live;

int hg__live_open(hg__live *l, const hg__pcap_functions *api, const char *name, const char *filter,
                  bool is_promiscuous, hg_error *err);
int64_t hg__live_time(const hg__live *l, const struct pcap_pkthdr *h); // ns since 1970
void hg__live_count(hg__live *l, const hg__pcap_functions *api);       // brings drops up to date

// Waits for something to read, for a while (0.1 s): false if there is nothing by then, or a signal came.
bool hg__is_readable(int fd);
#endif
