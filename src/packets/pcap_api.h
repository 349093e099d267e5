// SPDX-License-Identifier: Apache-2.0
// pcap_api.h - what we call of libpcap, opened at the first capture.
#ifndef HG_PACKETS_PCAP_API_H
#define HG_PACKETS_PCAP_API_H
#include <pcap/pcap.h>

#include "base/error.h"

// clang-format off
#define HG_PCAP_FUNCTIONS(F)                                                        \
    F(activate) F(close) F(compile) F(create) F(datalink)                            \
    F(fopen_offline_with_tstamp_precision) F(freecode) F(get_selectable_fd)          \
    F(get_tstamp_precision) F(geterr) F(lib_version) F(next_ex) F(offline_filter)    \
    F(set_buffer_size) F(set_promisc) F(set_snaplen) F(set_timeout)                  \
    F(set_tstamp_precision) F(setfilter) F(setnonblock) F(stats) F(statustostr)
// clang-format on

// NOLINTNEXTLINE(bugprone-macro-parentheses): a declaration
#define HG_PCAP_MEMBER(name) __typeof__(pcap_##name) *name;
typedef struct hg__pcap_functions {
    HG_PCAP_FUNCTIONS(HG_PCAP_MEMBER)
} hg__pcap_functions;

// Theirs: hg__pcap_get()->close() is pcap_close(). NULL without libpcap; path is for the message. Thread-safe.
const hg__pcap_functions *hg__pcap_get(const char *path, hg_error *err);

// "1.10.3", or "" where it is not there.
const char *hg__pcap_version(void);
#endif
