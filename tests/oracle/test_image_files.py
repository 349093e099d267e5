# SPDX-License-Identifier: Apache-2.0
"""Image files that Pillow, tifffile and pydicom write: the same pixels here, and the same again after a copy."""
import os
import shutil
import struct
import subprocess
import sys
import tempfile

try:
    import numpy as np
    import pydicom
    import tifffile
    from PIL import Image, ImageCms
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian
except ImportError as missing:
    print("skipped: no %s for %s" % (missing.name, sys.executable))
    print("0 passed, 0 failed, 1 skipped")
    sys.exit(0)

COMMAND = os.environ.get("HOURGLASS", "build/gcc/hourglass")
PIXELS = os.path.join(os.path.dirname(COMMAND), "tests", "pixels")
DATA = os.environ.get("HG_DATA", "../shared/data")
FOLDER = tempfile.mkdtemp(prefix="hourglass-images-")
TYPES = {"U8": np.uint8, "U16": np.uint16, "F32": np.float32, "I8": np.int8, "I16": np.int16, "U32": np.uint32,
         "I32": np.int32, "U64": np.uint64, "I64": np.int64, "F16": np.float16, "F64": np.float64}
passed = failed = skipped = 0
random = np.random.default_rng(7)
VERSION = subprocess.run([COMMAND, "--version"], capture_output=True, text=True).stdout.split()[1]


def check(name, good, detail=""):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    print("%s %s %s" % ("ok     " if good else "FAILED ", name, "" if good else detail))


def skip(name, why):
    global skipped
    skipped += 1
    print("skipped: %s: %s" % (name, why))


def path(name):
    return os.path.join(FOLDER, name)


def read(name, copy=None):
    """The pages of a file as arrays (height, width, samples), and its header lines; or the refusal."""
    raw = path("raw")
    done = subprocess.run([PIXELS, name, raw] + ([copy] if copy else []), capture_output=True, text=True)
    if done.returncode:
        return None, done.stderr.strip()
    pages, at, data = [], 0, open(raw, "rb").read()
    heads = [line.split() for line in done.stdout.splitlines()]
    for _, width, height, channels, alpha, kind, _, _ in heads:
        shape = (int(height), int(width), int(channels) + int(alpha))
        page = np.frombuffer(data, TYPES[kind], int(np.prod(shape)), at)
        pages.append(page.reshape(shape))
        at += page.nbytes
    return pages, heads if at == len(data) else "%d bytes left" % (len(data) - at)


def same(pages, wanted):
    wanted = [np.asarray(w).reshape(w.shape[0], w.shape[1], -1) for w in wanted]
    return (pages is not None and len(pages) == len(wanted) and
            all(a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.astype(a.dtype).tobytes() for a, b in zip(pages, wanted)))


def check_file(name, wanted):
    """Read as `wanted`, and a copy of it read again; the copy's path."""
    copy = path("copy" + os.path.splitext(name)[1])
    if os.path.exists(copy):
        os.remove(copy)
    pages, heads = read(path(name), copy)
    check(name, same(pages, wanted), heads)
    if pages:
        again, heads = read(copy)
        check(name + " copied", same(again, wanted), heads)
    return copy


def check_refused(name, words):
    pages, sentence = read(path(name))
    check(name + " refused", pages is None and words in sentence and sentence.count("\n") == 0, sentence)


def draw(height, width, samples, kind):
    """Smooth with some noise, over the whole range of its type."""
    y, x, k = np.mgrid[0:height, 0:width, 0:samples]
    v = (np.sin(x / 9 + k) + np.cos(y / 7)) / 4 + 0.5 + random.normal(0, 0.02, (height, width, samples))
    v = np.clip(v, 0, 1)
    if kind == np.float32:
        return v.astype(np.float32)
    return np.round(v * np.iinfo(kind).max).astype(kind)


# ---- JPEG ---------------------------------------------------------------------------------------

def check_jpeg():
    grey, colour = draw(45, 70, 1, np.uint8)[:, :, 0], draw(45, 70, 3, np.uint8)
    exif = Image.Exif()
    exif[0x0112] = 5
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for name, image, options in [
            ("grey.jpg", grey, {}),
            ("colour.jpg", colour, dict(subsampling=2, exif=exif, icc_profile=profile, dpi=(300, 200))),
            ("full.jpg", colour, dict(subsampling=0, quality=98)),
            ("half.jpg", colour, dict(subsampling=1, quality=20)),
            ("progressive.jpg", colour, dict(progressive=True, optimize=True))]:
        Image.fromarray(image).save(path(name), **options)
        wanted = np.asarray(Image.open(path(name)))
        copy = path("copy.jpg")
        pages, heads = read(path(name), copy)
        check(name, same(pages, [wanted]), heads)
        a, b = Image.open(path(name)), Image.open(copy)
        error = np.square(np.asarray(a, float) - np.asarray(b, float)).mean()
        check(name + " copied", error < 4 and a.size == b.size and a.mode == b.mode, error)
        check(name + " keeps what it says", all(a.info.get(k) == b.info.get(k) for k in ("exif", "icc_profile", "dpi")),
              b.info.keys())
        check(name + " keeps its sampling", [c[1:3] for c in a.layer] == [c[1:3] for c in b.layer], b.layer)
        finer = all(y <= x for i in b.quantization for x, y in zip(a.quantization[i], b.quantization[i]))
        check(name + " is no coarser", finer)
    pages, heads = read(path("colour.jpg"))
    check("orientation", heads[0][7] == "5", heads)
    Image.fromarray(draw(20, 20, 4, np.uint8), "CMYK").save(path("cmyk.jpg"))
    check_refused("cmyk.jpg", "expected a grey or colour JPEG, got CMYK")
    data = bytearray(open(path("grey.jpg"), "rb").read())
    data[data.index(b"\xff\xc0") + 4] = 12
    open(path("twelve.jpg"), "wb").write(data)
    check_refused("twelve.jpg", "expected a JPEG of 8 bits a sample, got 12")
    open(path("cut.jpg"), "wb").write(data[:-300])
    check_refused("cut.jpg", "")


# ---- TIFF ---------------------------------------------------------------------------------------

def write_tiff(name, image, **options):
    options.setdefault("photometric", "rgb" if image.shape[-1] in (3, 4) and image.ndim > 2 else "minisblack")
    tifffile.imwrite(path(name), image, **options)


def check_tiff():
    grey8, grey16, real = (draw(51, 77, 1, t)[:, :, 0] for t in (np.uint8, np.uint16, np.float32))
    rgb8, rgb16, rgba = draw(51, 77, 3, np.uint8), draw(51, 77, 3, np.uint16), draw(51, 77, 4, np.uint16)
    for name, image, options in [
            ("grey8.tif", grey8, {}),
            ("grey16_big.tif", grey16, dict(byteorder=">", bigtiff=True)),
            ("real.tif", real, dict(resolution=(300, 200, "CENTIMETER"), description="a picture", software="oracle")),
            ("real_tiled.tif", real, dict(tile=(32, 16), byteorder=">")),
            ("rgb8_tiled.tif", rgb8, dict(tile=(16, 48))),
            ("rgba.tif", rgba, dict(extrasamples=["unassalpha"], rowsperstrip=7)),
            ("rgb16_big.tif", rgb16, dict(byteorder=">", rowsperstrip=5))]:
        write_tiff(name, image, **options)
        check_file(name, [image])
    for name, options in [("planes.tif", dict(rowsperstrip=8)), ("planes_tiled.tif", dict(tile=(16, 32)))]:
        tifffile.imwrite(path(name), np.moveaxis(rgb16, 2, 0), photometric="rgb", planarconfig="separate", **options)
        check_file(name, [rgb16])
    for compression in ("tiff_lzw", "tiff_adobe_deflate", "packbits"):
        for order, image in (("grey", grey8), ("rgb", rgb8)):
            name = "%s_%s.tif" % (compression, order)
            Image.fromarray(image).save(path(name), compression=compression, dpi=(72, 96))
            copy = check_file(name, [image])
            a, b = Image.open(path(name)), Image.open(copy)
            check(name + " keeps what it says", a.info["compression"] == b.info["compression"] and
                  a.info["dpi"] == b.info["dpi"], b.info)
    bits = grey8 > 128
    for compression in ("raw", "group4", "group3"):
        Image.fromarray(bits).save(path(compression + ".tif"), compression=compression)
        copy = check_file(compression + ".tif", [bits.astype(np.uint8) * np.uint8(255)])
        check(compression + " stays 1 bit", Image.open(copy).mode == "1")
    palette = Image.fromarray(rgb8).quantize(50)
    palette.save(path("palette.tif"))
    check_file("palette.tif", [np.asarray(palette.convert("RGB"))])
    pages = [draw(20 + i, 30 - i, 1, np.uint16)[:, :, 0] for i in range(5)]
    with tifffile.TiffWriter(path("pages.tif"), byteorder=">") as writer:
        for page in pages:
            writer.write(page, photometric="minisblack", metadata=None, description="page %d" % len(page))
    copy = check_file("pages.tif", pages)
    with tifffile.TiffFile(copy) as t:
        check("pages.tif keeps what it says", t.byteorder == ">" and
              [p.description for p in t.pages] == ["page %d" % len(p) for p in pages])
    with tifffile.TiffFile(check_file("real.tif", [real])) as t:
        tags = t.pages[0].tags
        check("real.tif keeps what it says", tags["XResolution"].value == (300, 1) and tags["ResolutionUnit"].value == 3 and
              tags["ImageDescription"].value == "a picture" and tags["Software"].value == "oracle")
    geo = [(33550, "d", 3, (0.5, 0.25, 0.0), True), (42113, "s", 0, "-9999", True), (65000, "B", 4, b"abcd", True)]
    write_tiff("geo.tif", grey16, extratags=geo)
    with tifffile.TiffFile(check_file("geo.tif", [grey16])) as t:
        tags = t.pages[0].tags
        check("geo.tif keeps fields of others", tags[33550].value == (0.5, 0.25, 0.0) and tags[42113].value == "-9999" and
              bytes(tags[65000].value) == b"abcd")
    wide = (grey16.astype(np.int64) - 30000) * 70001
    wide[3, 5:9] = np.iinfo(np.int64).min, np.iinfo(np.int64).max, 0, -1
    double = real.astype(np.float64) * 1e200
    double[7, 5:9] = np.nan, np.inf, -np.inf, -np.finfo(np.float64).max
    for name, image in [("double.tif", double), ("half.tif", real.astype(np.float16)),
                        ("signed.tif", wide.astype(np.int16)), ("bytes.tif", wide.astype(np.int8)),
                        ("int32.tif", wide.astype(np.int32)), ("uint32.tif", wide.astype(np.uint32)),
                        ("int64.tif", wide), ("uint64.tif", wide.astype(np.uint64))]:
        for order in "<>":
            write_tiff(name, image, byteorder=order)
            check_file(name, [image])
    write_tiff("complex.tif", real.astype(np.complex64))
    check_refused("complex.tif", "expected TIFF samples of")
    Image.fromarray(draw(20, 20, 4, np.uint8), "CMYK").save(path("cmyk.tif"))
    check_refused("cmyk.tif", "got CMYK")
    data = open(path("grey8.tif"), "rb").read()
    open(path("cut.tif"), "wb").write(data[:-100])
    check_refused("cut.tif", "")


# ---- DICOM --------------------------------------------------------------------------------------

def write_dicom(name, frames, stored=None, syntax=ExplicitVRLittleEndian, photometric="MONOCHROME2", **more):
    """frames: (n, height, width), 8 or 16 bits, signed or not; as a CT image with a patient and a private block."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    meta.MediaStorageSOPInstanceUID = "1.2.3.4"
    meta.TransferSyntaxUID = syntax
    d = FileDataset(path(name), {}, file_meta=meta, preamble=b"\0" * 128)
    d.SOPClassUID, d.SOPInstanceUID = meta.MediaStorageSOPClassUID, "1.2.3.4"
    d.StudyInstanceUID, d.SeriesInstanceUID, d.Modality = "1.2.3", "1.2.3.5", "CT"
    d.PatientName, d.PatientID = "Doe^Jane", "4711"
    d.WindowCenter, d.WindowWidth, d.PixelSpacing = "40.5", "400", ["0.5", "0.75"]
    d.RescaleSlope, d.RescaleIntercept = "1", "-1024"
    block = d.private_block(0x0099, "HOURGLASS", create=True)
    block.add_new(1, "LO", "private")
    d.PerformedProtocolCodeSequence = [pydicom.Dataset()]
    d.PerformedProtocolCodeSequence[0].CodeValue = "nested"
    d.SamplesPerPixel, d.PhotometricInterpretation = 1, photometric
    d.Rows, d.Columns = frames.shape[1:]
    d.BitsAllocated = frames.dtype.itemsize * 8
    d.BitsStored = stored or d.BitsAllocated
    d.HighBit = d.BitsStored - 1
    d.PixelRepresentation = int(frames.dtype.kind == "i")
    if len(frames) > 1:
        d.NumberOfFrames = str(len(frames))
    d.is_little_endian, d.is_implicit_VR = syntax != ExplicitVRBigEndian, syntax == ImplicitVRLittleEndian
    data = frames.astype(frames.dtype.newbyteorder(">" if syntax == ExplicitVRBigEndian else "<")).tobytes()
    d.PixelData = data + b"\0" * (len(data) % 2)
    d["PixelData"].VR = "OB" if frames.dtype.itemsize == 1 else "OW"
    for key, value in more.items():
        setattr(d, key, value)
    if d.PixelData is None:
        del d.PixelData
    d.save_as(path(name), write_like_original=False)


def samples_of(frames, stored, inverted=False):
    """What the reader must give: 0 .. 2^stored - 1, signed ones moved up, white highest."""
    white = 2 ** stored - 1
    v = frames.astype(np.int64) + (2 ** (stored - 1) if frames.dtype.kind == "i" else 0)
    return list((white - v if inverted else v).astype("u%d" % frames.dtype.itemsize))


# What a derived image has of its own, and what may not be kept (PS3.3, C.7.6.1.1.2 and C.12.4).
DERIVED = {"ImageType", "SOPInstanceUID", "SeriesInstanceUID", "SeriesDescription", "DerivationDescription",
           "SourceImageSequence", "ContributingEquipmentSequence"}
COLOURS = {"PhotometricInterpretation", "PlanarConfiguration"}
LOSSY = {"LossyImageCompression", "LossyImageCompressionMethod"}


def check_dicom_kept(name, copy, may=frozenset()):
    a, b = pydicom.dcmread(path(name)), pydicom.dcmread(copy)
    changed = {e.keyword for e in a if e.tag != 0x7FE00010 and (e.tag not in b or b[e.tag].value != e.value)}
    changed |= {e.keyword for e in b if e.tag not in a}
    check(name + " keeps its elements", changed <= DERIVED | may, changed - DERIVED)
    check(name + " becomes explicit little endian", b.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian)
    if not compressed(a) and not may:
        check(name + " reads as before elsewhere", (b.pixel_array == a.pixel_array).all())
    source = b.SourceImageSequence[-1]
    kind = list(a.get("ImageType", ["", "SECONDARY"]))
    check(name + " is a derived image", list(b.ImageType) == ["DERIVED"] + kind[1:] and
          source.ReferencedSOPInstanceUID == a.SOPInstanceUID and source.ReferencedSOPClassUID == a.SOPClassUID and
          b.SOPInstanceUID == b.file_meta.MediaStorageSOPInstanceUID != a.SOPInstanceUID and
          b.SOPInstanceUID.startswith("2.25.") and b.SeriesInstanceUID != a.SeriesInstanceUID and
          b.DerivationDescription.endswith("Hourglass " + VERSION), b)


def compressed(d):
    return d.file_meta.TransferSyntaxUID.is_compressed


def frames_of(kind, stored, n=1, height=43, width=65):
    image = np.stack([draw(height, width, 1, np.uint16)[:, :, 0] for _ in range(n)])
    v = (image >> (16 - stored)).astype(np.int64)
    return (v - 2 ** (stored - 1) if np.dtype(kind).kind == "i" else v).astype(kind)


def check_dicom():
    cases = [("u8.dcm", np.uint8, 8, 1, {}), ("u12.dcm", np.uint16, 12, 1, {}), ("u16.dcm", np.uint16, 16, 1, {}),
             ("s16.dcm", np.int16, 16, 1, {}), ("s12.dcm", np.int16, 12, 1, {}), ("u8odd.dcm", np.uint8, 8, 3, {}),
             ("inverted.dcm", np.uint16, 12, 1, dict(photometric="MONOCHROME1")),
             ("frames.dcm", np.uint16, 14, 4, {}),
             ("implicit.dcm", np.uint16, 12, 1, dict(syntax=ImplicitVRLittleEndian)),
             ("big.dcm", np.int16, 16, 2, dict(syntax=ExplicitVRBigEndian))]
    for name, kind, stored, n, options in cases:
        frames = frames_of(kind, stored, n)
        write_dicom(name, frames, stored, **options)
        copy = check_file(name, samples_of(frames, stored, "photometric" in options))
        check_dicom_kept(name, copy)
        _, heads = read(path(name))
        check(name + " white", float(heads[0][6]) == 2 ** stored - 1, heads[0])
    coders = [("dcmcrle", []), ("dcmcjpls", []), ("dcmcjpeg", ["+e1"]), ("dcmcjpeg", ["+el"]), ("gdcmconv", ["--raw"]),
              ("gdcmconv", ["--rle"]), ("gdcmconv", ["--jpegls"]), ("gdcmconv", ["--jpeg"])]
    for coder, words in coders:
        if not shutil.which(coder):
            skip("".join([coder] + words), "not installed")
            continue
        for name, kind, stored, n, options in cases[:3] + cases[6:8]:
            squeezed = "%s%s_%s" % (coder, "".join(words), name)
            done = subprocess.run([coder] + words + [path(name), path(squeezed)], capture_output=True)
            if done.returncode:
                skip(squeezed, "%s fails" % coder)
                continue
            wanted, _ = read(path(name))
            copy = check_file(squeezed, wanted)
            check_dicom_kept(squeezed, copy)
    if shutil.which("dcmcjpeg"):
        subprocess.run(["dcmcjpeg", "+eb", "+q", "95", path("u8.dcm"), path("lossy.dcm")], check=True)
        a, b = read(path("lossy.dcm"))[0], read(path("u8.dcm"))[0]
        check("lossy.dcm", a and np.abs(a[0].astype(int) - b[0]).mean() < 4)
    if shutil.which("gdcmconv"):
        subprocess.run(["gdcmconv", "--j2k", path("u12.dcm"), path("j2k.dcm")], check=True)
        check_refused("j2k.dcm", "got JPEG 2000")
    write_dicom("short.dcm", frames_of(np.uint16, 12), 12, Rows=44)
    check_refused("short.dcm", "bytes of DICOM pixels, got")
    write_dicom("wide.dcm", frames_of(np.uint16, 12), 17)
    check_refused("wide.dcm", "expected DICOM samples of 2 to 32 bits in 8, 16 or 32, got 17 in 16")
    write_dicom("none.dcm", frames_of(np.uint16, 12), 12, Rows=0)
    check_refused("none.dcm", "")


def colour_frames(kind, n=1, height=20, width=30):
    return np.stack([draw(height, width, 3, kind) for _ in range(n)])


def write_colour(name, frames, photometric="RGB", planar=0, **more):
    """frames: (n, height, width, 3)."""
    flat = np.moveaxis(frames, 3, 1) if planar else frames
    write_dicom(name, flat.reshape(len(frames), frames.shape[1], -1), Columns=frames.shape[2], SamplesPerPixel=3,
                photometric=photometric, PlanarConfiguration=planar, **more)


def from_ybr(ybr):
    y, blue, red = (ybr[..., i].astype(float) - (i > 0) * 128 for i in range(3))
    rgb = np.stack([y + 1.402 * red, y - 0.344136 * blue - 0.714136 * red, y + 1.772 * blue], -1)
    return np.clip(np.floor(rgb + 0.5), 0, 255).astype(np.uint8)


def nearly(pages, wanted, most):
    return pages is not None and len(pages) == len(wanted) and all(
        np.abs(a.astype(int) - b.astype(int)).max() <= most for a, b in zip(pages, wanted))


def check_colour():
    for name, kind, n, planar, syntax in [("rgb.dcm", np.uint8, 1, 0, ExplicitVRLittleEndian),
                                          ("rgb_odd.dcm", np.uint8, 3, 1, ImplicitVRLittleEndian),
                                          ("rgb16.dcm", np.uint16, 2, 0, ExplicitVRBigEndian),
                                          ("rgb16_planes.dcm", np.uint16, 2, 1, ExplicitVRLittleEndian)]:
        frames = colour_frames(kind, n, 9, 11)
        write_colour(name, frames, planar=planar, syntax=syntax)
        check_dicom_kept(name, check_file(name, list(frames)), COLOURS if planar else frozenset())
        for coder, words in [("dcmcrle", []), ("dcmcjpls", []), ("dcmcjpeg", ["+e1"])]:
            squeezed = "%s_%s" % (coder, name)
            if coder == "dcmcjpeg" and planar:
                continue  # it mixes up planes of several frames, as dcmdjpeg shows
            done = shutil.which(coder) and subprocess.run([coder] + words + [path(name), path(squeezed)], capture_output=True)
            if not done or done.returncode:
                skip(squeezed, "%s is not there or fails" % coder)
                continue
            check_dicom_kept(squeezed, check_file(squeezed, list(frames)), COLOURS)
    ybr = colour_frames(np.uint8, 2)
    wanted = list(from_ybr(ybr))
    write_colour("ybr.dcm", ybr, "YBR_FULL")
    pages, heads = read(path("ybr.dcm"), path("copy.dcm"))
    check("ybr.dcm", nearly(pages, wanted, 1), heads)
    check_dicom_kept("ybr.dcm", path("copy.dcm"), COLOURS)
    check("ybr.dcm is written as RGB", same(read(path("copy.dcm"))[0], pages))
    half = ybr.copy()
    half[:, :, 1::2, 1:] = half[:, :, ::2, 1:]
    packed = np.stack([half[:, :, ::2, 0], half[:, :, 1::2, 0], half[:, :, ::2, 1], half[:, :, ::2, 2]], -1)
    write_dicom("half.dcm", packed.reshape(2, 20, 60), Columns=30, SamplesPerPixel=3, PlanarConfiguration=0,
                photometric="YBR_FULL_422")
    check("half.dcm", nearly(read(path("half.dcm"))[0], list(from_ybr(half)), 1))
    if shutil.which("dcmcjpeg"):
        for words in (["+eb", "+cy"], ["+eb", "+cr"]):
            subprocess.run(["dcmcjpeg"] + words + ["+q", "98", path("rgb.dcm"), path("lossy.dcm")], check=True)
            pages, heads = read(path("lossy.dcm"), path("copy.dcm"))
            check("lossy.dcm %s" % words, pages and np.abs(pages[0].astype(int) - read(path("rgb.dcm"))[0][0]).mean() < 12,
                  heads)
            check("its losses are said", pydicom.dcmread(path("copy.dcm")).LossyImageCompression == "01")
    for bits, kind, scale in [(8, np.uint8, 1), (16, np.uint8, 257), (16, np.uint16, 256), (16, np.uint8, 1)]:
        table = random.integers(0, 256, (200, 3))
        table[0] = 255
        index = random.integers(0, 220, (2, 9, 11)).astype(kind)
        more = {}
        for i, colour in enumerate(("Red", "Green", "Blue")):
            entries = (table[:, i] * scale).astype("<u1" if bits == 8 else "<u2")
            more[colour + "PaletteColorLookupTableDescriptor"] = [200, 10, bits]
            more[colour + "PaletteColorLookupTableData"] = entries.tobytes()
        write_dicom("palette.dcm", index, photometric="PALETTE COLOR", **more)
        wanted = table[np.clip(index.astype(int) - 10, 0, 199)].astype(np.uint8)
        copy = check_file("palette.dcm", list(wanted))
        check_dicom_kept("palette.dcm", copy, COLOURS | set(more) | {"SamplesPerPixel", "BitsAllocated", "BitsStored", "HighBit"})
    write_colour("hsv.dcm", ybr, "HSV")
    check_refused("hsv.dcm", "of a palette, got HSV")


def check_forms():
    """What real files look like beside the book: preambles, none, wrong lengths, padding, icons."""
    frames = frames_of(np.int16, 12, 2)
    wanted = samples_of(frames, 12)
    for syntax in (ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian):
        write_dicom("plain.dcm", frames, 12, syntax=syntax, PixelPaddingValue=-2000, SmallestImagePixelValue=-5,
                    ImageType=["ORIGINAL", "PRIMARY", "AXIAL"], DerivationDescription="old", SeriesDescription="thorax",
                    InstanceCreationDate="20200101")
        copy = check_file("plain.dcm", wanted)
        check_dicom_kept("plain.dcm", copy, {"SmallestImagePixelValue", "InstanceCreationDate"})
        d = pydicom.dcmread(copy)
        check("what is said is added to", d.DerivationDescription.startswith("old; Noise") and
              d.SeriesDescription == "thorax denoised", d)
        first = open(copy, "rb").read()
        check_file("plain.dcm", wanted)
        check("the same again has the same bytes", open(copy, "rb").read() == first)
        data = open(path("plain.dcm"), "rb").read()
        for sign in () if syntax != ImplicitVRLittleEndian else (b"II*\0T\x18\x08\0", b"II*\0\x08\0\0\0\x01\0", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"RIFF1234WEBPVP8 ",
                     b"P5 3 2 255\n", b"MM\0*"):
            open(path("sign.dcm"), "wb").write(sign + bytes(128 - len(sign)) + data[128:])
            check("sign %r" % sign, open(check_file("sign.dcm", wanted), "rb").read() == first)
        meta = 132 + 12 + struct.unpack("<I", data[140:144])[0]
        for name, bare in [("no preamble", data[132:]), ("the mark alone", data[128:]), ("no header", data[meta:]),
                           ("zeros behind it", data + bytes(3000)), ("a byte behind it", data + b"\n"),
                           ("a wrong length in front", data[:140] + struct.pack("<I", 77) + data[144:])]:
            open(path("bare.dcm"), "wb").write(bare)
            check(name, open(check_file("bare.dcm", wanted), "rb").read() == first)
    write_dicom("plain.dcm", frames, 12)
    write_dicom("implicit.dcm", frames, 12, syntax=ImplicitVRLittleEndian)
    data = open(path("implicit.dcm"), "rb").read()
    open(path("wrong.dcm"), "wb").write(data[:132] + data[132:].replace(b"1.2.840.10008.1.2\0", b"1.2.840.10008.1.2.1\0", 1)
                                        .replace(b"\x02\0\x10\0UI\x12\0", b"\x02\0\x10\0UI\x14\0", 1))
    check_file("wrong.dcm", wanted)
    if shutil.which("dcmconv"):
        subprocess.run(["dcmconv", "+td", path("plain.dcm"), path("deflated.dcm")], check=True)
        check_dicom_kept("deflated.dcm", check_file("deflated.dcm", wanted))
        data = open(path("deflated.dcm"), "rb").read()
        open(path("cut.dcm"), "wb").write(data[:-50])
        check_refused("cut.dcm", "cut off")
    dose = random.integers(0, 2 ** 32, (2, 15, 10), np.uint32)
    write_dicom("dose.dcm", dose, 32)
    check_dicom_kept("dose.dcm", check_file("dose.dcm", list(dose)))
    write_dicom("dose.dcm", dose.astype(np.int32), 32, syntax=ImplicitVRLittleEndian)
    check_dicom_kept("dose.dcm", check_file("dose.dcm", samples_of(dose.astype(np.int32), 32)))
    high = (frames_of(np.uint16, 10).astype(np.uint16) << 4) | 0xC003
    write_dicom("high.dcm", high, 10, HighBit=13)
    check_file("high.dcm", [(high[0] >> 4 & 1023)])
    d = pydicom.dcmread(path("high.dcm"))
    for number, kind, value in [(0x10, "US", 43), (0x11, "US", 65), (0x100, "US", 16), (0x102, "US", 15)]:
        d.add_new((0x6000, number), kind, value)
        d.add_new((0x6002, number), kind, value)
    d.add_new((0x6002, 0x3000), "OW", bytes(350))
    d.save_as(path("high.dcm"))
    d = pydicom.dcmread(check_file("high.dcm", [(high[0] >> 4 & 1023)]))
    check("overlays of their own stay", (0x6002, 0x3000) in d and not any(e.tag.group == 0x6000 for e in d), d)


def check_icons():
    frames = frames_of(np.uint16, 12)
    for coder, words in [("dcmcjpeg", ["+e1"]), ("dcmcrle", []), ("", [])]:
        if coder and not shutil.which(coder):
            continue
        write_dicom("icon.dcm", frames_of(np.uint8, 8, 1, 16, 16), 8)
        if coder:
            subprocess.run([coder] + words + [path("icon.dcm"), path("icon.dcm")], check=True)
        small = pydicom.dcmread(path("icon.dcm"))
        icon = pydicom.Dataset()
        for keyword in ("Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation",
                        "SamplesPerPixel", "PhotometricInterpretation", "PixelData"):
            setattr(icon, keyword, getattr(small, keyword))
        icon["PixelData"].is_undefined_length = bool(coder)
        around = pydicom.Dataset()
        around.IconImageSequence, around.CodeValue = [icon], "stays"
        write_dicom("big.dcm", frames, 12)
        if coder:
            subprocess.run([coder] + words + [path("big.dcm"), path("big.dcm")], check=True)
        d = pydicom.dcmread(path("big.dcm"))
        d.IconImageSequence, d.PerformedProtocolCodeSequence = [icon], [around, around]
        if coder:
            d["PixelData"].is_undefined_length = True
        d.save_as(path("icon.dcm"))
        copy = check_file("icon.dcm", samples_of(frames, 12))
        d = pydicom.dcmread(copy)
        check("icons %s" % coder, "IconImageSequence" not in d and len(d.PerformedProtocolCodeSequence) == 2 and
              d.PerformedProtocolCodeSequence[1].CodeValue == "stays" and
              "IconImageSequence" not in d.PerformedProtocolCodeSequence[0], d)


def check_no_pictures():
    frames = frames_of(np.uint16, 12)
    for uid, words in [("1.2.840.10008.5.1.4.1.1.481.5", "got RTPlanStorage, which holds no pixels"),
                       ("1.2.840.10008.1.3.10", "got a DICOMDIR"), ("1.2.840.10008.5.1.4.1.1.88.11", "BasicTextSRStorage"),
                       ("1.2.840.10008.5.1.4.1.1.104.1", "EncapsulatedPDFStorage")]:
        write_dicom("none.dcm", frames, 12, SOPClassUID=uid, PixelData=None)
        check_refused("none.dcm", words)
    write_dicom("none.dcm", np.zeros((1, 8, 1), np.uint8), 1, BitsAllocated=1, Columns=8)
    check_refused("none.dcm", "got 1 in 1 (a mask or segmentation)")
    write_dicom("none.dcm", frames, 12, syntax=pydicom.uid.UID("1.2.840.10008.1.2.4.100"),
                PixelData=pydicom.encaps.encapsulate([b"12345678"]))
    data = open(path("none.dcm"), "rb").read()
    for number, words in [(b"100", "video (MPEG)"), (b"91\0", "JPEG 2000"), (b"112", "JPEG XL"), (b"201", "High-Throughput JPEG 2000")]:
        open(path("none.dcm"), "wb").write(data.replace(b"1.2.4.100", b"1.2.4." + number))
        check_refused("none.dcm", "got %s; gdcmconv --raw makes them plain" % words)


def check_floats():
    real = draw(43, 65, 1, np.float32)[None, :, :, 0]
    write_dicom("real.dcm", frames_of(np.uint16, 16, 1, 43, 65), 16)
    d = pydicom.dcmread(path("real.dcm"))
    for keyword in ("PixelData", "BitsStored", "HighBit", "PixelRepresentation"):
        delattr(d, keyword)
    d.BitsAllocated, d.FloatPixelData = 32, real.tobytes()
    d.save_as(path("real.dcm"))
    d = pydicom.dcmread(check_file("real.dcm", list(real)))
    check("floats stay floats", d.FloatPixelData == real.tobytes() and "PixelData" not in d and "BitsStored" not in d, d)


def check_denoised():
    """The whole way: a CT stack with a TIFF's sign in front and pixels that are none."""
    frames = (frames_of(np.int16, 10, 2, 40, 50) + 600).astype(np.int16)
    frames[:, :7], frames[:, 20:, :5] = -2000, -2000
    write_dicom("slice.dcm", frames, 16, PixelPaddingValue=-2000, ImageType=["ORIGINAL", "PRIMARY", "AXIAL"])
    data = open(path("slice.dcm"), "rb").read()
    open(path("slice.dcm"), "wb").write(b"II*\0\x08\0\0\0" + data[8:])
    clean = path("clean.dcm")
    done = subprocess.run([COMMAND, "denoise", "-q", "model=models/denoise.safetensors", "data=" + path("slice.dcm"), "out=" + clean],
                          capture_output=True, text=True)
    check("a CT stack is cleaned", done.returncode == 0, done.stderr)
    if done.returncode == 0:
        check_dicom_kept("slice.dcm", clean, frozenset(["PixelPaddingValue"]))
        d = pydicom.dcmread(clean)
        got = d.pixel_array
        check("padding stays", d.PixelPaddingValue == -2000 and ((got == -2000) == (frames == -2000)).all())
        off = np.abs(got.astype(int) - frames)
        check("all else is near", 0 < off.mean() < 60 and off.max() < 300, (off.mean(), off.max()))


def check_nesting():
    """Many items are fine; many in each other would overflow DCMTK's stack."""
    meta = b"\0" * 128 + b"DICM" + struct.pack("<HH2sH", 2, 0x10, b"UI", 20) + b"1.2.840.10008.1.2.1\0"
    start = struct.pack("<HH2sHI", 0x40, 0x260, b"SQ", 0, 0xffffffff) + struct.pack("<HHI", 0xfffe, 0xe000, 0xffffffff)
    end = struct.pack("<HHI", 0xfffe, 0xe00d, 0) + struct.pack("<HHI", 0xfffe, 0xe0dd, 0)
    open(path("deep.dcm"), "wb").write(meta + (start * 100000) + end * 100000)
    check_refused("deep.dcm", "expected DICOM sequences nested at most")
    for syntax in (ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian):
        frames = frames_of(np.uint16, 12)
        items = []
        for i in range(700):
            items.append(pydicom.Dataset())
            items[-1].CodeValue = str(i)
            items[-1].PerformedProtocolCodeSequence = [pydicom.Dataset()]
            items[-1].PerformedProtocolCodeSequence[0].CodeValue = "inner"
        write_dicom("many.dcm", frames, 12, syntax=syntax, PerformedProtocolCodeSequence=items)
        check_dicom_kept("many.dcm", check_file("many.dcm", samples_of(frames, 12)))


check_jpeg()
check_tiff()
if "missing" in subprocess.run([COMMAND, "checks"], capture_output=True, text=True).stdout.split("DCMTK")[1].split("\n")[0]:
    skip("DICOM", "DCMTK is not installed")
else:
    check_dicom()
    check_colour()
    check_forms()
    check_icons()
    check_no_pictures()
    check_floats()
    check_denoised()
    check_nesting()
shutil.rmtree(FOLDER, ignore_errors=True)
print("%d passed, %d failed%s" % (passed, failed, ", %d skipped" % skipped if skipped else ""))
sys.exit(failed > 0)
