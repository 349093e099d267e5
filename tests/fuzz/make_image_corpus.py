#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Writes the JPEG, TIFF, NIfTI and DICOM seeds of fuzz_image: tests/fuzz/corpus/image. Needs Debian's python3-pil,
# python3-tifffile, python3-pydicom and dcmtk. Run from the root of the tree; the result is committed.
import gzip, os, struct, subprocess, tempfile
import numpy as np
import pydicom, tifffile
from PIL import Image

FOLDER = 'tests/fuzz/corpus/image/'
y, x, k = np.mgrid[0:9, 0:11, 0:3]
colour = (20 + 15 * x + 8 * y + 10 * k).astype(np.uint8)
grey = colour[:, :, 0]

exif = Image.Exif()
exif[0x0112] = 6
Image.fromarray(grey).save(FOLDER + 'good_grey.jpg', quality=90)
Image.fromarray(colour).save(FOLDER + 'good_colour.jpg', quality=90, exif=exif)
Image.fromarray(colour).save(FOLDER + 'good_progressive.jpg', quality=90, progressive=True)
Image.fromarray(np.dstack([colour, grey]), 'CMYK').save(FOLDER + 'cmyk.jpg')

Image.fromarray(grey).save(FOLDER + 'good_lzw.tif', compression='tiff_lzw', dpi=(300, 300))
Image.fromarray(grey > 90).save(FOLDER + 'good_group4.tif', compression='group4')
Image.fromarray(colour).save(FOLDER + 'good_jpeg.tif', compression='jpeg')
Image.fromarray(colour).quantize(9).save(FOLDER + 'good_palette.tif')
tile = dict(photometric='rgb', tile=(16, 16), metadata=None)
tifffile.imwrite(FOLDER + 'good_tiled.tif', colour, **tile)
tifffile.imwrite(FOLDER + 'good_planes.tif', np.moveaxis(colour, 2, 0), photometric='rgb', planarconfig='separate',
                 metadata=None)
tifffile.imwrite(FOLDER + 'good_float.tif', grey.astype(np.float32) / 255, byteorder='>', metadata=None)
tifffile.imwrite(FOLDER + 'good_big.tif', grey.astype(np.uint16) * 257, bigtiff=True, metadata=None,
                 extratags=[(65000, 'd', 2, (1.5, 2.5), True)])
with tifffile.TiffWriter(FOLDER + 'good_pages.tif', byteorder='>') as writer:
    for page in (grey.astype(np.uint16) * 257, grey):
        writer.write(page, photometric='minisblack', metadata=None)
for kind in ('i1', 'i2', 'u4', 'i4', 'f2', 'f8'):  # types that TIFF alone has
    tifffile.imwrite(FOLDER + 'good_%s.tif' % kind, (grey.astype(np.float64) - 100).astype(kind)[:5], metadata=None,
                     photometric='minisblack', byteorder='<>'[kind[1] == '4'])
stack = np.stack([grey, 255 - grey, grey]).astype(np.uint16)[:, :5]
tifffile.imwrite(FOLDER + 'good_truncated.tif', stack, truncate=True, photometric='minisblack')
tifffile.imwrite(FOLDER + 'good_imagej.tif', stack, imagej=True, truncate=True)
tifffile.imwrite(FOLDER + 'ome.tif', stack[:1], ome=False, description=(
    '<OME><Image><Pixels SizeX="11" SizeY="5" SizeC="1" SizeZ="3" SizeT="1"/></Image></OME>'), metadata=None)
tifffile.imwrite(FOLDER + 'stk.tif', stack[:1], metadata=None, extratags=[(33629, '2I', 3, (1, 1) * 3, True)])
for name, dng in (('good_behind_thumbnail.tif', []), ('raw.tif', [(50706, 'B', 4, (1, 4, 0, 0), True)])):
    with tifffile.TiffWriter(FOLDER + name) as writer:
        writer.write(grey[:3, :4], photometric='minisblack', subifds=1, subfiletype=1, metadata=None, extratags=dng)
        writer.write(grey, photometric='minisblack', metadata=None)
        writer.write(grey[:4] > 90, photometric='minisblack', subfiletype=4, metadata=None)
packed = bytes((12 * i + 7) % 256 for i in range(33 * 4))  # 11 pixels of 3 samples of 8 bits are 22 of 12
tags = [(256, 22), (257, 4), (258, 12), (259, 1), (262, 1), (273, 8), (278, 4), (279, len(packed))]
with open(FOLDER + 'good_12bit.tif', 'wb') as out:
    out.write(b'II*\0' + (8 + len(packed)).to_bytes(4, 'little') + packed + len(tags).to_bytes(2, 'little'))
    for tag, value in tags:
        out.write(tag.to_bytes(2, 'little') + b'\4\0\1\0\0\0' + value.to_bytes(4, 'little'))
    out.write(bytes(4))


def nifti(order, dims, code, bits, data, extension=bytes(4)):
    head = bytearray(348)
    struct.pack_into(order + 'i', head, 0, 348)
    struct.pack_into(order + '8h', head, 40, *(dims + [1] * (8 - len(dims))))
    struct.pack_into(order + '2h', head, 70, code, bits)
    struct.pack_into(order + '8f', head, 76, 1, 1, 1, 2, 0, 0, 0, 0)
    struct.pack_into(order + '3f', head, 108, 348 + len(extension), 0.5, -1000)
    head[344:348] = b'n+1\0'
    return bytes(head) + extension + data


volume = np.arange(60).astype('<i2')
comment = b'\1\0\0\0' + struct.pack('>2i', 16, 6) + b'comment\0'
for name, data in (('good_volume.nii', nifti('<', [3, 5, 4, 3], 4, 16, volume.tobytes())),
                   ('complex.nii', nifti('<', [3, 5, 4, 3], 32, 64, volume.tobytes() * 4)),
                   ('good_volume.nii.gz', gzip.compress(nifti('>', [4, 5, 2, 3, 2], 16, 32, volume.astype('>f4').tobytes(),
                                                              comment), mtime=0))):
    with open(FOLDER + name, 'wb') as out:
        out.write(data)


def dicom(name, frames, stored, **more):
    meta = pydicom.dataset.FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = '1.2.840.10008.5.1.4.1.1.7', '1.2'
    meta.TransferSyntaxUID = more.pop('syntax', pydicom.uid.ExplicitVRLittleEndian)
    d = pydicom.dataset.FileDataset(name, {}, file_meta=meta, preamble=b'\0' * 128)
    d.SOPClassUID, d.SOPInstanceUID, d.PatientName = meta.MediaStorageSOPClassUID, '1.2', 'A^B'
    d.SamplesPerPixel, d.PhotometricInterpretation = 1, more.pop('photometric', 'MONOCHROME2')
    d.NumberOfFrames, (d.Rows, d.Columns) = str(len(frames)), frames.shape[1:]
    d.BitsAllocated, d.BitsStored, d.HighBit = frames.dtype.itemsize * 8, stored, stored - 1
    d.PixelRepresentation = int(frames.dtype.kind == 'i')
    d.PerformedProtocolCodeSequence = [pydicom.Dataset()]
    d.PerformedProtocolCodeSequence[0].CodeValue = 'nested'
    d.is_little_endian, d.is_implicit_VR = True, meta.TransferSyntaxUID == pydicom.uid.ImplicitVRLittleEndian
    data = frames.tobytes()
    d.PixelData = data + b'\0' * (len(data) % 2)
    d['PixelData'].VR = 'OW' if frames.dtype.itemsize == 2 else 'OB'
    for key, value in more.items():
        setattr(d, key, value)
    d.save_as(name, write_like_original=False)


twelve = (grey.astype(np.uint16) * 16)[None]
dicom(FOLDER + 'good_u12.dcm', twelve, 12, photometric='MONOCHROME1')
dicom(FOLDER + 'good_s16.dcm', twelve.astype(np.int16) - 2000, 16)
with tempfile.TemporaryDirectory() as temporary:
    plain12, plain8 = os.path.join(temporary, 'a.dcm'), os.path.join(temporary, 'b.dcm')
    dicom(plain12, np.concatenate([twelve, twelve + 1]), 12)
    dicom(plain8, np.stack([grey, 255 - grey]), 8)
    for name, words in [('rle', ['dcmcrle', plain12]), ('jpegls', ['dcmcjpls', plain12]),
                        ('lossless', ['dcmcjpeg', '+e1', plain12]), ('baseline', ['dcmcjpeg', '+eb', plain8])]:
        subprocess.run(words + [FOLDER + 'good_%s.dcm' % name], check=True)

tables = {}
for i, name in enumerate(('Red', 'Green', 'Blue')):
    tables[name + 'PaletteColorLookupTableDescriptor'] = [9, 1, 8]
    tables[name + 'PaletteColorLookupTableData'] = bytes((20 + 15 * j + 40 * i) % 256 for j in range(9)) + b'\0'
dicom(FOLDER + 'good_palette.dcm', (1 + x + y)[None, :, :, 0].astype(np.uint8) % 11, 8, photometric='PALETTE COLOR', **tables)
icon = pydicom.Dataset()
icon.Rows, icon.Columns, icon.BitsAllocated, icon.PixelData = 1, 2, 8, b'\1\2'
dicom(FOLDER + 'good_planes.dcm', np.moveaxis(colour, 2, 0).reshape(1, 9, 33), 8, photometric='RGB', SamplesPerPixel=3,
      Columns=11, PlanarConfiguration=1, IconImageSequence=[icon])
half = colour[:, :10].copy()
dicom(FOLDER + 'good_half.dcm', half.reshape(1, 9, 30)[:, :, :20], 8, photometric='YBR_FULL_422', SamplesPerPixel=3, Columns=10,
      PlanarConfiguration=0)
with tempfile.TemporaryDirectory() as temporary:
    plain = os.path.join(temporary, 'a.dcm')
    dicom(plain, twelve, 12, syntax=pydicom.uid.ImplicitVRLittleEndian)
    with open(plain, 'rb') as f:
        data = f.read()
    with open(FOLDER + 'good_bare.dcm', 'wb') as f: # the data set alone
        f.write(data[144 + int.from_bytes(data[140:144], 'little'):])
    subprocess.run(['dcmconv', '+td', FOLDER + 'good_u12.dcm', FOLDER + 'good_deflated.dcm'], check=True)
