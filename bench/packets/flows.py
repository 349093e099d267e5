#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The packets' detector beside the tables': attacks in drawn captures (scenes.sh says which) and in mix.py's, found by model=traffic, by
counting, and by `hourglass train` over tables that are made of the same captures, each with the tables' defaults:

    flow     a row a connection, as Zeek's conn.log: service, protocol, state, duration, packets and bytes each way, sizes, gaps, flags;
             addresses are not features. A packet has the score of its whole connection, also of what comes behind the packet.
    hosts    the same with client and server as categories.
    window   a row a source address and ten seconds: packets, bytes, distinct peers and ports, connections, refusals, distinct DNS names.
             A packet has the score of its client's window.
    packet   a row a packet: its header by itself, length and entropy of its payload.

and by several together: T traffic, F flow, H hosts, W window, P packet. TF: the mean of their ranks; t3w: the sum of -ln of the share of the
capture's packets that score as high (Fisher's), traffic's three times. A line an attack with the AUROC by packets of each, then the means.

    bench/packets/flows.py FOLDER [seeds=2] [seconds=600] [scenes=industrial,s7,office,iot,mix]

from the project's folder, after `make build/hourglass build/gcc/draw_traffic`. FOLDER is for captures, tables and models. Needs NumPy."""
import collections
import csv
import json
import pathlib
import subprocess
import sys
import zlib

import numpy as np

import mix

HOURGLASS, DRAW = "build/hourglass", "build/gcc/draw_traffic"
HEAD = 192  # bytes of a frame that are looked at
LOOKED_AT = 64  # bytes of a payload whose entropy is taken
IDLE, WINDOW = 60 * mix.SECOND, 10 * mix.SECOND
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
TCP, UDP, ICMP, ICMP6, ARP = 6, 17, 1, 58, 256  # ARP: no protocol of IP
KINDS = {"flow": "service category, protocol category, state category",
         "hosts": "service category, protocol category, state category, client category, server category",
         "window": "", "packet": "protocol category, flags category, from category, to category"}
RANKED = ("TF", "TW", "TP", "TFW", "THW")
FISHER = {"tw": "TW", "t3w": "TTTW", "tfw": "TFW"}
COUNTED = {"rate": "rate", "pair": "pair_rate", "new": "novelty"}


class Packets:
    """Columns of a capture, an entry a packet: Ethernet with up to two VLAN tags, IPv4 without looking into tunnels, IPv6, ARP."""

    def __init__(self, path):
        times, heads, sizes = [], [], []
        for time, data, length in mix.packets(path):
            times.append(time)
            heads.append(data[:HEAD].ljust(HEAD, b"\0"))
            sizes.append(length)
        self.time, self.size = np.array(times, np.int64), np.array(sizes, np.int64)
        self.bytes = np.frombuffer(b"".join(heads), np.uint8).reshape(-1, HEAD)
        every = np.arange(len(self.time))

        def field(start, width):  # the big-endian number there, 0 beyond the head
            return sum(np.where(start + i < HEAD, self.bytes[every, np.minimum(start + i, HEAD - 1)].astype(np.int64), 0) << 8 * (width - 1 - i)
                       for i in range(width))

        link = np.full(len(every), 12)
        for _ in range(2):
            link += 4 * (field(link, 2) == 0x8100)
        kind, ip = field(link, 2), link + 2
        v4, v6, arp = kind == 0x0800, kind == 0x86DD, kind == 0x0806
        pick = lambda four, six, asks, other: np.select([v4, v6, arp], [four, six, asks], other)  # noqa: E731
        self.protocol = pick(field(ip + 9, 1), field(ip + 6, 1), ARP, 0)
        self.ttl, whole = pick(field(ip + 8, 1), field(ip + 7, 1), 0, 0), ~v4 | (field(ip + 6, 2) & 0x1FFF == 0)  # whole: no later fragment
        over = ip + pick((field(ip, 1) & 15) * 4, 40, 0, 0)
        end = ip + pick(field(ip + 2, 2), field(ip + 4, 2) + 40, 28, 0)
        mixed = lambda at: field(at, 8) * -0x61C8864680B583EB ^ field(at + 8, 8)  # noqa: E731
        mac = lambda at: field(np.full(len(every), at), 6)  # noqa: E731
        address = lambda four, six, asks, other: pick(field(ip + four, 4), mixed(ip + six), field(ip + asks, 4), mac(other))  # noqa: E731
        self.source, self.target = address(12, 8, 14, 6), address(16, 24, 24, 0)
        tcp, udp = (self.protocol == TCP) & whole, (self.protocol == UDP) & whole
        icmp, ported = np.isin(self.protocol, (ICMP, ICMP6)) & whole, tcp | udp
        self.icmp_type = np.where(icmp, field(over, 1), 0)
        self.sport, self.dport = np.where(ported, field(over, 2), 0), np.where(ported, field(over + 2, 2), 0)
        self.flags, self.tcp_window = np.where(tcp, field(over + 13, 1), 0), np.where(tcp, field(over + 14, 2), 0)
        payload = over + np.select([tcp, udp, icmp], [(field(over + 12, 1) >> 4) * 4, 8, 8], 0)
        self.length = np.maximum(end - payload, 0) * (v4 | v6)
        self.entropy = self.entropy_of(payload, np.clip(np.minimum(self.length, HEAD - payload), 0, LOOKED_AT))
        self.unreachable = ((self.protocol == ICMP) & (self.icmp_type == 3)) | ((self.protocol == ICMP6) & (self.icmp_type == 1))
        self.asks = np.flatnonzero(udp & (self.dport == 53) & (self.length > 12))
        self.names = np.array([zlib.crc32(self.bytes[i, payload[i] + 12:].tobytes()) for i in self.asks])  # of DNS

    def entropy_of(self, payload, lengths):
        bits = np.zeros(len(payload))
        for start in range(0, len(payload), 8192):  # so that the counts fit
            rows = np.arange(start, min(start + 8192, len(payload)))
            at = payload[rows, None] + np.arange(LOOKED_AT)
            valid = np.arange(LOOKED_AT) < lengths[rows, None]
            values = self.bytes[rows[:, None], np.minimum(at, HEAD - 1)]
            cells = ((rows - start)[:, None] * 256 + values)[valid]
            share = np.bincount(cells, minlength=256 * len(rows)).reshape(-1, 256) / np.maximum(lengths[rows, None], 1)
            bits[rows] = (share * -np.log2(np.where(share > 0, share, 1))).sum(1)
        return bits


def numbered(*columns):
    """For each row of some columns the number of its like, as np.unique of rows, but quickly."""
    number = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        values = np.unique(column, return_inverse=True)[1]
        number = np.unique(number * (values.max(initial=0) + 1) + values, return_inverse=True)[1]
    return number


def flows(p):
    """Rows of connections, each packet's row, each packet's client, and the packets that begin a connection."""
    forth = (p.source < p.target) | ((p.source == p.target) & (p.sport <= p.dport))
    talk = numbered(*(np.where(forth, a, b) for a, b in ((p.source, p.target), (p.target, p.source), (p.sport, p.dport), (p.dport, p.sport))),
                    p.protocol)
    order = np.lexsort((np.arange(len(talk)), talk))
    time, flags, opens = p.time[order], p.flags[order], (p.flags[order] & (SYN | ACK)) == SYN
    gap = np.diff(time, prepend=time[:1])
    begins = np.diff(talk[order], prepend=-1) != 0
    begins |= (gap > IDLE) | (opens & ~np.roll(opens, 1))
    of_sorted, first = np.cumsum(begins) - 1, np.flatnonzero(begins)
    sport, dport = p.sport[order], p.dport[order]
    protocol = p.protocol[order][first]
    tcp = protocol == TCP
    # Who asks: who sends first, unless it answers a SYN, or its port is the smaller one of TCP's two where the beginning is not there.
    answers = tcp & np.where((flags & SYN) > 0, (flags & ACK) > 0, sport < dport)[first]
    client = np.where(answers, p.target[order][first], p.source[order][first])
    server = np.where(answers, p.source[order][first], p.target[order][first])
    service = np.where(answers, sport[first], dport[first])
    service = np.where(service == 0, p.icmp_type[order][first], np.where(service < 10000, service, 10000))
    asks = p.source[order] == client[of_sorted]
    count = lambda what: np.bincount(of_sorted, what.astype(float), len(first))  # noqa: E731

    def spread(values, among):
        number = np.maximum(count(among), 1)
        mean = count(values * among) / number
        return mean, np.sqrt(np.maximum(count(values ** 2 * among) / number - mean ** 2, 0))

    last = np.append(first[1:], len(time)) - 1
    size, length = p.size[order].astype(float), p.length[order]
    sent, got = spread(size, asks), spread(size, ~asks)
    gaps = spread(gap / mix.SECOND, ~begins)
    seen = lambda flag, side: count(((flags & flag) > 0) & side) > 0  # noqa: E731
    both = (count(asks) > 0) & (count(~asks) > 0)
    opened, taken = seen(SYN, asks), seen(SYN, ~asks)
    state = np.select(
        [~tcp & both, ~tcp, opened & ~taken & seen(RST, ~asks), opened & ~taken & ~both, seen(RST, asks), seen(RST, ~asks), ~(opened & taken),
         seen(FIN, asks) & seen(FIN, ~asks), seen(FIN, asks), seen(FIN, ~asks)],
        ["SF", "S0", "REJ", "S0", "RSTO", "RSTR", "OTH", "SF", "S2", "S3"], "S1")
    columns = {
        "client": client, "server": server, "service": service, "protocol": protocol, "state": state,
        "duration": (time[last] - time[first]) / mix.SECOND, "sent_packets": count(asks), "got_packets": count(~asks),
        "sent_bytes": count(length * asks), "got_bytes": count(length * ~asks), "sent_size": sent[0], "sent_size_deviation": sent[1],
        "got_size": got[0], "got_size_deviation": got[1], "gap": gaps[0], "gap_deviation": gaps[1],
        **{name: count((flags & bit) > 0) for name, bit in (("fins", FIN), ("syns", SYN), ("resets", RST), ("pushes", PSH))}}
    row = np.empty(len(talk), np.int64)
    row[order] = of_sorted
    return columns, row, client[row], order[first]


def windows(p, flow_begins, client):
    """Rows of ten seconds of a source address, and each packet's row: that of its client where it sent anything then, else of its source."""
    slot = (p.time - p.time[0]) // WINDOW
    both = numbered(np.concatenate([p.source, p.target, client]), np.tile(slot, 3))
    own, other, of_client = np.split(both, 3)
    names, row = np.unique(own, return_inverse=True)
    among = np.zeros(both.max() + 1, np.int64) - 1
    among[names] = np.arange(len(names))
    count = lambda rows, what=None: np.bincount(rows[rows >= 0], None if what is None else what[rows >= 0], len(names))  # noqa: E731

    def distinct(rows, values):
        value = numbered(values)
        return count(np.unique(rows * len(value) + value) // len(value))

    refused = p.unreachable | ((p.flags & RST) > 0)
    columns = {
        "packets": count(row), "bytes": count(row, p.size.astype(float)), "payload": count(row, p.length.astype(float)),
        "peers": distinct(row, p.target), "ports": distinct(row, p.dport), "connections": count(among[of_client][flow_begins]),
        "refusals": count(among[other][refused]),
        "names": distinct(row[p.asks], p.names) if len(p.asks) else np.zeros(len(names), int)}
    return columns, np.where(among[of_client] >= 0, among[of_client], row)


def tables(path):
    """Of a capture the columns of each table and each packet's row there."""
    p = Packets(path)
    columns, row, client, begins = flows(p)
    port = lambda ports: np.where(ports < 10000, ports, 10000)  # noqa: E731
    header = {"size": p.size, "ttl": p.ttl, "protocol": p.protocol, "flags": p.flags, "from": port(p.sport), "to": port(p.dport),
              "window": p.tcp_window, "length": p.length, "entropy": np.round(p.entropy, 2)}
    return {"flow": ({k: v for k, v in columns.items() if k not in ("client", "server")}, row), "hosts": (columns, row),
            "window": windows(p, begins, client), "packet": (header, np.arange(len(p.time)))}


def save(path, columns):
    texts = (["host %x" % v for v in values] if name in ("client", "server") else
             np.round(values, 6).tolist() if values.dtype.kind == "f" else values.tolist() for name, values in columns.items())
    with open(path, "w", newline="") as out:
        csv.writer(out, lineterminator="\n").writerows([tuple(columns), *zip(*texts)])


def hourglass(*words):
    return subprocess.run([HOURGLASS, *map(str, words)], check=True, stdout=subprocess.PIPE, text=True).stdout


def scores(model, data, out):
    hourglass("predict", "-q", f"model={model}", f"data={data}", f"out={out}", "top=0")
    with open(out, newline="") as text:
        return np.array([float(line["score"]) for line in csv.DictReader(text)])


def ranks(values):
    """Ranks from 1, those of equals their mean."""
    _, place, number = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(number) - (number - 1) / 2)[place]


def auroc(values, odd):
    n = odd.sum()
    return (ranks(values)[odd].sum() - n * (n + 1) / 2) / (n * (len(odd) - n))


def learn(folder, capture, seed):
    hourglass("train", "-q", f"data={capture}", f"project={folder}", "name=traffic", "exist_ok=true", f"seed={seed}")
    for name, (columns, _) in tables(capture).items():
        save(folder / f"{name}.csv", columns)
        words = [f"columns={KINDS[name]}"] if KINDS[name] else []
        hourglass("train", "-q", f"data={folder / name}.csv", f"project={folder}", f"name={name}", "exist_ok=true", f"seed={seed}", *words)


def judge(folder, capture, labels):
    """Lines (attack, {detector: AUROC}) of a labelled capture: of each attack, and of all where there are several."""
    found = {"traffic": scores(folder / "traffic", capture, folder / "scores.csv")}
    for name, (columns, row) in tables(capture).items():
        same = numbered(*columns.values())  # equal rows have equal scores
        first = np.unique(same, return_index=True)[1]
        save(folder / "new_rows.csv", {k: v[first] for k, v in columns.items()})
        found[name] = scores(folder / name, folder / "new_rows.csv", folder / "scores.csv")[same][row]
    share = {name[0].upper(): ranks(values) / (len(values) + 1) for name, values in found.items()}
    found |= {blend: sum(share[letter] for letter in blend) for blend in RANKED}
    found |= {blend: sum(-np.log(1 - share[letter]) for letter in letters) for blend, letters in FISHER.items()}
    told = json.loads(hourglass("val", "-q", "--json", f"model={folder / 'traffic'}", f"data={capture}", f"labels={labels}", "resamples=0"))
    counted = {name: told["counting_auroc"][key] for name, key in COUNTED.items()}
    with open(labels, newline="") as lines:
        attack = np.array([line["attack"] for line in csv.DictReader(lines)])
    odd = attack != ""
    yield "all", {**{name: auroc(values, odd) for name, values in found.items()}, **counted}
    several = np.unique(attack[odd])
    for name in several if len(several) > 1 else ():
        among = ~odd | (attack == name)
        yield name, {k: auroc(v[among], attack[among] == name) for k, v in found.items()}


def attacks_of(scene):
    text = subprocess.run([DRAW, "list"], check=True, stdout=subprocess.PIPE, text=True).stdout
    return next(after.split() for line, after in zip(text.splitlines(), text.splitlines()[1:]) if line.startswith(scene + ":"))


def draw(scene, seed, seconds, attack, start, capture, labels=None):
    words = [f"labels={labels}"] if labels else []
    subprocess.run([DRAW, scene, capture, f"seed={seed}", f"seconds={seconds}", f"attacks={attack}", f"start={start}", *words],
                   check=True, stdout=subprocess.DEVNULL)


def figures(folder, scene, seed, seconds):
    """Lines (attack, AUROCs) of a network."""
    if scene == "mix":
        subprocess.run([sys.executable, pathlib.Path(__file__).with_name("mix.py"), folder], check=True)
        learn(folder, folder / "normal.pcap", seed)
        yield from judge(folder, folder / "new.pcap", folder / "new.csv")
        return
    draw(scene, seed, seconds, "none", 1700031600, folder / "normal.pcap")
    learn(folder, folder / "normal.pcap", seed)
    for attack in attacks_of(scene):
        draw(scene, seed, seconds, attack, 1700118000, folder / "new.pcap", folder / "new.csv")
        for _, found in judge(folder, folder / "new.pcap", folder / "new.csv"):
            yield attack, found


def main():
    folder, given = pathlib.Path(sys.argv[1]), dict(word.split("=", 1) for word in sys.argv[2:])
    folder.mkdir(parents=True, exist_ok=True)
    names = ["traffic", *KINDS, *RANKED, *FISHER, *COUNTED]
    line = lambda *cells: print("%-11s %-4s %-18s" % cells[:3], *("%7s" % c for c in cells[3:]), flush=True)  # noqa: E731
    line("network", "seed", "attack", *names)
    means = collections.defaultdict(list)
    for scene in given.get("scenes", "industrial,s7,office,iot,mix").split(","):
        for seed in range(int(given.get("seeds", 2))):
            for attack, found in figures(folder, scene, seed, given.get("seconds", 600)):
                line(scene, seed, attack, *("%.3f" % found[name] if name in found else "" for name in names))
                if scene != "mix" or attack == "all":
                    means[scene].append([found[name] for name in names])
    for scene, rows in means.items():
        line(scene, "mean", f"({len(rows)})", *("%.3f" % value for value in np.mean(rows, 0)))
    if len(means) > 1:
        line("all", "mean", f"({len(means)} networks)", *("%.3f" % value for value in np.mean([np.mean(rows, 0) for rows in means.values()], 0)))


if __name__ == "__main__":
    main()
