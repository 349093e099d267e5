# SPDX-License-Identifier: Apache-2.0
"""Kitsune's features once more, in NumPy, from the definitions: Mirsky et al., "Kitsune", NDSS 2018, and what Kitsune-py does.

Sound: the 115 numbers of the paper as src/traffic/kitsune_features.h mends them, by faded sums in extended precision.
Published: the 100 numbers of the public code, in double, with what is odd in it.

run(packet) gives the numbers and how far off each may be beside a millionth of itself. What comes after them, KitNET, has a twin of its
own: kitnet_twin.py.
"""
import ipaddress

import numpy as np

LAMBDAS = np.array([5, 3, 1, 0.1, 0.01])
ETHERNET, ARP, IP, TCP, UDP, ICMP = 1, 2, 4, 8, 16, 32
PACKET = np.dtype([("time", "<i8"), ("length", "<u4"), ("layers", "<u2"), ("port_from", "<u2"), ("port_to", "<u2"),
                   ("version", "u1"), ("protocol", "u1"), ("mac_from", "u1", 6), ("mac_to", "u1", 6), ("from", "u1", 16),
                   ("to", "u1", 16)])
SIZE, GAP = 1e-6, 1e-9  # a millionth of a byte, a nanosecond


# ---- Sound --------------------------------------------------------------------------------------

LONG = np.longdouble


class Faded:
    """Weight, sum and sum of squares of values around `about`, which keeps them small."""

    def __init__(self):
        self.sums = np.zeros((3, 5), LONG)
        self.about, self.farthest = None, 0

    def fade(self, factor):
        self.sums *= factor

    def add(self, factor, value):
        if self.about is None:
            self.about = LONG(value)
        d = LONG(value) - self.about
        self.farthest = max(self.farthest, float(abs(d)))
        self.sums *= factor
        self.sums += np.array([1, d, d * d], LONG)[:, None]

    def read(self):
        """Weight, mean, variance."""
        w, s, q = self.sums
        if self.about is None:
            return np.zeros((3, 5), LONG)
        mean = s / w
        return np.array([w, self.about + mean, np.maximum(q / w - mean * mean, 0)])


class Pair:
    def __init__(self, gaps):
        self.side = (Faded(), Faded())
        self.gap = (Faded(), Faded()) if gaps else ()
        self.last = [None, None]
        self.rest = np.zeros((2, 5), LONG)
        self.product = np.zeros(5, LONG)
        self.time = None


def factors(entry, now):
    seconds = max(0, now - entry.time) * LONG(1e-9) if entry.time is not None else 0
    entry.time = now
    return np.exp2(-LAMBDAS.astype(LONG) * LONG(seconds))


class Sound:
    count = 115

    def __init__(self):
        self.tables = [{}, {}, {}, {}]

    def find(self, table, key, make):
        found = self.tables[table].get(key)
        if found is None:
            found = self.tables[table][key] = make()
        return found

    def one(self, table, key, p):
        def make():
            made = Faded()
            made.time = None
            return made
        s = self.find(table, key, make)
        s.add(factors(s, int(p["time"])), int(p["length"]))
        w, mean, variance = s.read()
        return np.array([w, mean, np.sqrt(variance)]).T.ravel()

    def two(self, table, key, side, p, gaps):
        c = self.find(table, key, lambda: Pair(gaps))
        now, size = int(p["time"]), int(p["length"])
        f = factors(c, now)
        c.side[side].add(f, size)
        c.side[1 - side].fade(f)
        mine, other = c.side[side].read(), c.side[1 - side].read()
        c.rest[side] = size - mine[1]
        c.product = c.product * f + c.rest[side] * c.rest[1 - side]
        deviation, deviation_other = np.sqrt(mine[2]), np.sqrt(other[2])
        covariance = c.product / (mine[0] + other[0])
        varies = (deviation > 1e-6) & (deviation_other > 1e-6)
        correlation = np.where(varies, np.clip(covariance / np.where(varies, deviation * deviation_other, 1), -1, 1), 0)
        sizes = np.array([mine[0], mine[1], deviation, np.hypot(mine[2], other[2]), np.hypot(mine[1], other[1]),
                          covariance, correlation]).T.ravel()
        # Where a side hardly varies, the sums' own rounding shows.
        firm = (np.minimum(deviation, deviation_other) > 1e-3) | (correlation == 0)
        near = np.full((5, 7), SIZE)
        near[:, 6] = np.where(firm, 1e-6, np.inf)
        if not gaps:
            return sizes, near.ravel()
        for g in c.gap:
            g.fade(f)
        if c.last[side] is not None:
            c.gap[side].add(1, max(0, now - c.last[side]) * LONG(1e-9))
        c.last[side] = now
        w, mean, variance = c.gap[side].read()
        near_gaps = np.tile([GAP, GAP, GAP + 1e-9 * c.gap[side].farthest], 5)  # the sums' own rounding
        return sizes, near.ravel(), np.array([w, mean, np.sqrt(variance)]).T.ravel(), near_gaps

    def run(self, p):
        layers = int(p["layers"])
        macs = (bytes(p["mac_from"]), bytes(p["mac_to"])) if layers & ETHERNET else (b"", b"")
        hosts = (bytes(p["from"]), bytes(p["to"])) if layers & (IP | ARP) else macs
        ports = (int(p["port_from"]), int(p["port_to"])) if layers & (TCP | UDP) else (0, 0)
        if layers & ARP and not layers & IP:
            ends, kind = macs, "arp"
        else:
            ends, kind = tuple(zip(hosts, ports)), int(p["protocol"]) if layers & IP else None
        host = self.one(0, (macs[0], hosts[0]), p), self.one(1, hosts[0], p)
        channel, near_channel, gaps, near_gaps = self.two(2, tuple(sorted(hosts)), int(hosts[0] > hosts[1]), p, True)
        socket, near_socket = self.two(3, (kind,) + tuple(sorted(ends)), int(ends[0] > ends[1]), p, False)
        near = np.concatenate([np.full(30, SIZE), near_channel, near_gaps, near_socket])
        return np.concatenate([*host, channel, gaps, socket]).astype("f8"), near


# ---- Published ----------------------------------------------------------------------------------

ROUNDING = 1e-13  # of the mean square: variances are differences of such


class Streams:
    """All streams of a table, and the covariances between them, as rows of growing arrays."""

    def __init__(self):
        self.number, self.between, self.lists = {}, {}, []
        self.sums = np.zeros((16, 3, 5))  # weight, values, squares
        self.mean, self.variance, self.scale = np.zeros((3, 16, 5))
        self.time = np.zeros(16)
        self.product = np.zeros((16, 2, 5))  # weight, products
        self.rest = np.zeros((16, 2, 5))
        self.since = np.zeros(16)
        self.sides = np.zeros((16, 2), int)
        self.pairs = 0

    def grow(self, names, needed):
        for name in names:
            a = getattr(self, name)
            if needed > len(a):
                setattr(self, name, np.concatenate([a, np.zeros_like(a)]))

    def find(self, key, t):
        n = self.number.get(key)
        if n is None:
            n = self.number[key] = len(self.number)
            self.grow(("sums", "mean", "variance", "scale", "time"), n + 1)
            self.sums[n, 0] = 1e-20
            self.time[n] = t
            self.lists.append([])
        return n

    def find_pair(self, a, b, t):
        if a == b and self.lists[a]:
            return self.lists[a][0]
        key = (min(a, b), max(a, b))
        c = self.between.get(key)
        if c is None:
            c = self.between[key] = self.pairs
            self.pairs += 1
            self.grow(("product", "rest", "since", "sides"), c + 1)
            self.product[c, 0] = 1e-20
            self.since[c] = t
            self.sides[c] = a, b
            self.lists[a].append(c)
            self.lists[b].append(c)
        return c

    def fade(self, streams, t):
        late = np.maximum(t - self.time[streams], 0)
        self.sums[streams] *= np.exp2(-LAMBDAS * late[:, None])[:, None]
        self.time[streams] = np.maximum(self.time[streams], t)

    def update(self, pairs, s, value, t):
        """The pairs, none of them twice, learn that s had a value."""
        mine = (self.sides[pairs, 0] != s).astype(int)
        self.fade(self.sides[pairs, 1 - mine], t)
        late = np.maximum(t - self.since[pairs], 0)
        self.product[pairs] *= np.exp2(-LAMBDAS * late[:, None])[:, None]
        self.since[pairs] = np.maximum(self.since[pairs], t)
        rest = value - self.mean[s]
        self.product[pairs, 1] += rest * self.rest[pairs, 1 - mine]
        self.product[pairs, 0] += 1
        self.rest[pairs, mine] = rest

    def insert(self, s, value, t):
        self.fade(np.array([s]), t)
        self.sums[s] += np.array([1, value, value * value])[:, None]
        w, values, squares = self.sums[s]
        self.mean[s] = values / w
        self.scale[s] = squares / w
        self.variance[s] = np.abs(self.scale[s] - self.mean[s] ** 2)
        pairs = self.lists[s]
        if len(set(pairs)) == len(pairs):
            if pairs:
                self.update(np.array(pairs), s, value, t)
        else:  # a stream's pair with itself stands in its list twice
            for c in pairs:
                self.update(np.array([c]), s, value, t)

    def read(self, s):
        scale = self.scale[s] * ROUNDING
        return ([self.sums[s, 0], self.mean[s], self.variance[s]], [0 * scale, 0 * scale, scale])

    def one(self, key, t, value=None):
        s = self.find(key, t)
        self.insert(s, max(0.0, t - self.time[s]) if value is None else value, t)
        numbers, near = self.read(s)
        return np.array(numbers).T.ravel(), np.array(near).T.ravel()

    def two(self, key, other, t, value):
        s = self.find(key, t)
        self.insert(s, value, t)
        numbers, near = self.read(s)
        c = self.find_pair(s, self.find(other, t), t)
        self.update(np.array([c]), s, value, t)
        a, b = self.sides[c]
        covariance = self.product[c, 1] / self.product[c, 0]
        both = np.sqrt(self.variance[a]) * np.sqrt(self.variance[b])
        scale = ROUNDING * (self.scale[a] + self.scale[b])
        # A variance that is all rounding makes the quotient anything.
        firm = np.minimum(self.variance[a], self.variance[b]) > 1e-6 * (self.scale[a] + self.scale[b])
        numbers += [np.hypot(self.variance[a], self.variance[b]), np.hypot(self.mean[a], self.mean[b]), covariance,
                    np.where(both != 0, covariance / np.where(both != 0, both, 1), 0)]
        near += [scale, 0 * scale, scale, np.where(firm, 1e-6, np.inf)]
        return np.array(numbers).T.ravel(), np.array(near).T.ravel()


def mac_text(mac):
    return ":".join("%02x" % b for b in mac)


def ip_text(address):
    address = bytes(address)
    if address[:12] == bytes(10) + b"\xff\xff":
        return str(ipaddress.IPv4Address(address[12:]))
    return str(ipaddress.IPv6Address(address))


class Published:
    count = 100

    def __init__(self):
        self.by_mac, self.by_host, self.by_gap, self.by_socket = Streams(), Streams(), Streams(), Streams()

    def run(self, p):
        layers = int(p["layers"])
        t, size = float("%d.%09d" % divmod(int(p["time"]), 10 ** 9)), float(p["length"])
        macs = [mac_text(p["mac_from"]), mac_text(p["mac_to"])] if layers & ETHERNET else ["", ""]
        hosts = [ip_text(p["from"]), ip_text(p["to"])] if layers & (IP | ARP) else macs
        ends = hosts
        if layers & (TCP | UDP):
            ends = [hosts[0] + str(p["port_from"]), hosts[1] + str(p["port_to"])]
        elif layers & ICMP and p["version"] == 4:
            ends = [h + "icmp" for h in hosts]
        elif layers & ARP and not layers & IP:
            ends = macs
        parts = [self.by_mac.one(macs[0] + hosts[0], t, size), self.by_host.two(*hosts, t, size),
                 self.by_gap.one(hosts[0] + hosts[1], t), self.by_socket.two(*ends, t, size)]
        return np.concatenate([x[0] for x in parts]), np.concatenate([x[1] for x in parts])
