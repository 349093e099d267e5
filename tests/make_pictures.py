# SPDX-License-Identifier: Apache-2.0
# make_pictures.py - pictures for tests, good and bad, by nothing but Python: make_pictures.py good|bad FOLDER
import random, struct, sys, zlib

kind, folder = sys.argv[1:]
dice = random.Random(1)


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width, height, colour, depth=8, lines=None, end=b"", claim=None):
    samples = {0: 1, 2: 3, 4: 2, 6: 4}[colour]
    if lines is None:
        lines = [scene(width, y, samples, depth) for y in range(height)]
    head = struct.pack(">IIBBBBB", *(claim or (width, height)), depth, colour, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + line for line in lines))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + end + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def scene(width, y, samples, depth=8):
    most = (1 << depth) - 1
    line = []
    for x in range(width):
        for s in range(samples):
            value = (0.5 + 0.3 * ((x // 9 + y // 7 + s) % 2) + dice.gauss(0, 0.1)) * most
            line.append(max(0, min(most, int(value))))
    return struct.pack(">%d%s" % (len(line), "H" if depth == 16 else "B"), *line)


def save(name, data):
    with open(folder + "/" + name, "wb") as file:
        file.write(data)


def tiff64():  # one complex number
    tags = [(256, 4, 1), (257, 4, 1), (258, 3, 64), (259, 3, 1), (262, 3, 1), (273, 4, 200), (277, 3, 1),
            (278, 4, 1), (279, 4, 8), (339, 3, 6)]
    data = b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags))
    for tag, kind_of, value in tags:
        data += struct.pack("<HHII", tag, kind_of, 1, value)
    return (data + b"\0" * 4).ljust(200, b"\0") + struct.pack("<d", 1.5)


def tiff_pages(pages):  # grey floats, each page (width, height, samples)
    data = b"II*\0" + struct.pack("<I", 8)
    for number, (width, height, samples) in enumerate(pages):
        tags = [(256, 4, width), (257, 4, height), (258, 3, 32), (259, 3, 1), (262, 3, 1),
                (273, 4, len(data) + 2 + 10 * 12 + 4), (277, 3, 1), (278, 4, height), (279, 4, 4 * len(samples)),
                (339, 3, 3)]
        data += struct.pack("<H", len(tags))
        for tag, kind_of, value in tags:
            data += struct.pack("<HHII", tag, kind_of, 1, value)
        end = len(data) + 4 + 4 * len(samples)
        data += struct.pack("<I", end if number + 1 < len(pages) else 0) + struct.pack("<%df" % len(samples), *samples)
    return data


def jpeg(components, bits):  # the header is all a reader should need to refuse it
    frame = struct.pack(">BHHB", bits, 16, 16, components)
    for i in range(components):
        frame += struct.pack("BBB", i + 1, 0x11, 0)
    table = b"\0" + bytes([16] * 64)
    adobe = b"Adobe\0\x64\0\0\0\0\0"
    data = b"\xff\xd8"
    for marker, body in ((0xEE, adobe), (0xDB, table), (0xC1 if bits > 8 else 0xC0, frame)):
        data += struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body
    for table_class in (0x00, 0x10):
        body = bytes([table_class] + [0, 1] + [0] * 14 + [0])
        data += struct.pack(">BBH", 0xFF, 0xC4, len(body) + 2) + body
    scan = struct.pack("B", components)
    for i in range(components):
        scan += struct.pack("BB", i + 1, 0)
    scan += b"\0\x3f\0"
    return data + struct.pack(">BBH", 0xFF, 0xDA, len(scan) + 2) + scan + b"\0" * 64 + b"\xff\xd9"


if kind == "good":
    save("photo.png", png(203, 131, 2))
    save("grey.png", png(97, 75, 0))
    save("see_through.png", png(61, 45, 6))
    save("deep.png", png(64, 33, 2, 16))
    save("one.png", png(1, 1, 0))
    save("wide.png", png(301, 1, 2))
    save("tall.png", png(1, 211, 2))
    save("odd.pgm", b"P5\n# kept\n13 7\n255\n" + b"".join(scene(13, y, 1) for y in range(7)))
    save("twelve.ppm", b"P6\n40 24\n4095\n" + b"".join(struct.pack(">120H", *[dice.randrange(4096) for _ in range(120)])
                                                  for y in range(24)))
    # Less than half of what its depth can hold; floats of any range, some of them none, on two pages.
    save("dim.pgm", b"P5\n40 30\n65535\n" + b"".join(struct.pack(">H", 1000 + dice.randrange(900)) for _ in range(1200)))
    values = [dice.gauss(-500, 200) for _ in range(1200)]
    values[45], values[77] = float("nan"), float("inf")
    save("floats.tif", tiff_pages([(40, 30, values), (20, 10, [0.001 * dice.random() for _ in range(200)])]))
else:
    good = png(50, 40, 2)
    save("text.png", b"This is a text and no picture.\n")
    save("empty.png", b"")
    save("cut.png", good[: len(good) // 2])
    save("liar.png", png(50, 40, 2, claim=(50, 80)))
    save("nothing.png", png(50, 40, 2, claim=(0, 0)))
    save("bomb.png", png(50, 40, 2, claim=(100000, 100000)))
    save("bomb_lines.png", png(1, 1, 0, lines=[b"\0" * 1000], claim=(900000, 900)))
    save("damaged.png", good[:60] + b"\xaa\x55" + good[62:])
    save("cut.ppm", b"P6\n40 24\n255\n" + b"\0" * 1000)
    save("bomb.pgm", b"P5\n999999999 999999999\n255\n" + b"\0" * 1000)
    save("minus.pgm", b"P5\n-4 4\n255\n" + b"\0" * 16)
    save("cmyk.jpg", jpeg(4, 8))
    save("twelve.jpg", jpeg(1, 12))
    save("cut.jpg", jpeg(1, 8)[:60])
    save("complex.tif", tiff64())
    save("cut.tif", tiff64()[:50])
    save("gif.tif", b"GIF89a" + b"\0" * 40)
