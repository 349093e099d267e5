#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Writes the seed files of the fuzz targets of packets: tests/fuzz/corpus/{packet,capture}. Good files' names begin with "good_". Run from
# the root of the tree; the result is committed.
import gzip, os, struct

ROOT = 'tests/fuzz/corpus/'
LINKS = [1, 0, 9, 12, 14, 50, 101, 104, 105, 108, 113, 127, 192, 228, 229, 276, 147]  # as in fuzz_packet.c


def put(name, data):
    os.makedirs(os.path.dirname(ROOT + name), exist_ok=True)
    with open(ROOT + name, 'wb') as f:
        f.write(data)


def mac(n):
    return bytes([2, 0, 0, 0, 0, n])


def ethernet(kind, data):
    return mac(2) + mac(1) + struct.pack('>H', kind) + data


def ip4(protocol, data, options=b'', fragment=0x4000):
    size = 20 + len(options)
    return struct.pack('>BBHHHBBH', 0x40 | size // 4, 0, size + len(data), 7, fragment, 64, protocol, 0) + bytes([10, 0, 0, 7, 192, 0, 2, 1]) + options + data


def ip6(following, data):
    return struct.pack('>IHBB', 6 << 28, len(data), following, 64) + bytes.fromhex('20010db8' + '00' * 11 + '01' + 'fe80' + '00' * 13 + '02') + data


def tcp(data=b'', options=b''):
    return struct.pack('>HHIIBBHHH', 443, 51000, 1, 2, (20 + len(options)) // 4 << 4, 18, 8192, 0, 0) + options + data


def udp(to, data):
    return struct.pack('>HHHH', 53, to, 8 + len(data), 0) + data


SYN = tcp(b'abc', bytes.fromhex('020405b40402080a01020304050607080103030700000000')[:20])
ARP = bytes.fromhex('0001080006040001') + mac(1) + bytes([10, 0, 0, 7]) + bytes(6) + bytes([10, 0, 0, 1])
SNAP = bytes.fromhex('aaaa030000000800')
TAGS = bytes.fromhex('0064810000c80800')
WIRELESS = bytes.fromhex('08010000') + mac(9) + mac(1) + mac(2) + bytes(2)
PACKETS = [
    ('tcp', 1, ethernet(0x800, ip4(6, SYN))),
    ('udp6', 1, ethernet(0x86dd, ip6(17, udp(5353, b'abcd')))),
    ('arp', 1, ethernet(0x806, ARP + bytes(18))),
    ('tags', 1, ethernet(0x88a8, TAGS + ip4(1, bytes.fromhex('0800000000010001')))),
    ('snap', 1, ethernet(8 + len(ip4(6, SYN)), SNAP + ip4(6, SYN))),
    ('mpls', 1, ethernet(0x8847, bytes.fromhex('00010040000201ff') + ip4(6, SYN))),
    ('pppoe', 1, ethernet(0x8864, struct.pack('>HHHH', 0x1100, 1, 2 + len(ip4(6, SYN)), 0x21) + ip4(6, SYN))),
    ('vxlan', 1, ethernet(0x800, ip4(17, udp(4789, bytes.fromhex('0800000000000700') + ethernet(0x806, ARP))))),
    ('gre', 101, ip4(47, bytes.fromhex('b0000800000000000000000700000001') + ip4(6, SYN))),
    ('bridged', 101, ip4(47, bytes.fromhex('00006558') + ethernet(0x800, ip4(6, SYN)))),
    ('pptp', 101, ip4(47, bytes.fromhex('3081880b002f00010000000500000006ff030021') + ip4(6, SYN))),
    ('in_ip', 12, ip4(41, ip6(4, ip4(6, SYN)))),
    ('options', 14, ip4(17, udp(53, b'x'), bytes.fromhex('94040000'))),
    ('fragment', 228, ip4(17, b'abcdefgh', fragment=0x2009)),
    ('extensions', 229, ip6(0, bytes.fromhex('2b000502000001002c0100000000000000000000000000003300000000000007060400000000000000000000000000000000000000000000') + SYN)),
    ('cooked', 113, bytes.fromhex('000000010006') + mac(1) + bytes.fromhex('00000800') + ip4(132, bytes(12) + b'x')),
    ('cooked2', 276, bytes.fromhex('0800000000000002000100060200000000010000') + ip4(6, SYN)),
    ('loopback', 0, bytes([30, 0, 0, 0]) + ip6(58, bytes.fromhex('8600000000000000'))),
    ('loop', 108, bytes([0, 0, 0, 2]) + ip4(6, SYN)),
    ('ppp', 9, bytes.fromhex('ff030021') + ip4(6, SYN)),
    ('ppp_hdlc', 50, bytes.fromhex('0057') + ip6(6, SYN)),
    ('hdlc', 104, bytes.fromhex('0f000800') + ip4(6, SYN)),
    ('wireless', 105, WIRELESS + SNAP + ip4(6, SYN)),
    ('radiotap', 127, bytes.fromhex('0000110003000000080706050403020110') + WIRELESS + SNAP + ip4(6, SYN) + b'sums'),
    ('information', 192, bytes.fromhex('0000080001000000') + ethernet(0x800, ip4(6, SYN))),
    ('unknown', 147, b'abc'),
]
for name, link, data in PACKETS:
    put('packet/good_' + name, bytes([LINKS.index(link), 0]) + data)
put('packet/long', bytes([6, 200]) + ip4(6, SYN)[:30])
put('packet/short_header', bytes([6, 0, 0x41]) + ip4(6, SYN)[1:])


def pcap(order='<', magic=0xa1b2c3d4, link=1, packets=(), more=b'', snap=65535):
    out = struct.pack(order + 'IHHIIII', magic, 2, 4, 0, 0, snap, link)
    for i, data in enumerate(packets):
        out += struct.pack(order + 'IIII', i, 5 * i, len(data), len(data)) + more + data
    return out


def block(order, kind, data):
    data += bytes(-len(data) % 4)
    size = struct.pack(order + 'I', 12 + len(data))
    return struct.pack(order + 'I', kind) + size + data + size


def pcapng(order='<', links=(1,), packets=(), resolution=6):
    out = block(order, 0x0a0d0d0a, struct.pack(order + 'IHHq', 0x1a2b3c4d, 1, 0, -1))
    for link in links:
        out += block(order, 1, struct.pack(order + 'HHIHHB3xHH', link, 0, 65535, 9, 1, resolution, 0, 0))
    for i, data in enumerate(packets):
        out += block(order, 6, struct.pack(order + 'IIIII', i % len(links), 0, 7 * i, len(data), len(data)) + data)
    return out


ETHERNET = [data for _, link, data in PACKETS if link == 1][:4]
put('capture/good_little.pcap', pcap(packets=ETHERNET))
put('capture/good_big.pcap', pcap('>', packets=ETHERNET))
put('capture/good_nano.pcap', pcap(magic=0xa1b23c4d, packets=ETHERNET))
put('capture/good_more.pcap', pcap(magic=0xa1b2cd34, packets=ETHERNET, more=bytes(8)))
put('capture/good_raw.pcap', pcap(link=101, packets=[ip4(6, SYN), b'', ip6(6, SYN)]))
put('capture/good_little.pcapng', pcapng(packets=ETHERNET))
put('capture/good_big.pcapng', pcapng('>', packets=ETHERNET, resolution=9))
put('capture/good_two.pcapng', pcapng(links=(1, 1), packets=ETHERNET, resolution=0x8a))
put('capture/good_simple.pcapng', pcapng() + block('<', 3, struct.pack('<I', len(ETHERNET[0])) + ETHERNET[0]))
put('capture/good_old.pcapng', pcapng() + block('<', 2, struct.pack('<HHIIII', 0, 0, 0, 9, len(ETHERNET[0]), len(ETHERNET[0])) + ETHERNET[0]))
put('capture/sections.pcapng', pcapng(packets=ETHERNET[:1]) + pcapng('>', packets=ETHERNET[:1]))
put('capture/good.pcap.gz', gzip.compress(pcap(packets=ETHERNET), 9, mtime=0))
put('capture/other_link.pcapng', pcapng(links=(1, 101), packets=ETHERNET[:1]))
put('capture/no_interface.pcapng', pcapng(links=()))
put('capture/no_packets.pcap', pcap())
put('capture/long_packet.pcap', pcap(packets=ETHERNET[:1]) + struct.pack('<IIII', 1, 2, 0xffffffff, 60))
put('capture/long_block.pcapng', pcapng(packets=ETHERNET[:1]) + struct.pack('<II', 6, 0xfffffff0))
put('capture/small_snap.pcap', pcap(packets=ETHERNET, snap=4))
put('capture/version.pcap', pcap()[:4] + b'\9\0' + pcap()[6:])
put('capture/cut.pcap.gz', gzip.compress(pcap(packets=ETHERNET), 9, mtime=0)[:-30])
