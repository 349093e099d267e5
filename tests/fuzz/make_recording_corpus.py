#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Writes the seed files of the fuzz targets of recordings: tests/fuzz/corpus/{recording,wfdb,edf,ts}. Run from the root of the tree; the result
# is committed.
import os, struct

ROOT = 'tests/fuzz/corpus/'


def put(name, data):
    os.makedirs(os.path.dirname(ROOT + name), exist_ok=True)
    with open(ROOT + name, 'wb') as f:
        f.write(data if isinstance(data, bytes) else data.encode())


put('recording/good_iso.csv', 'time,a,b\n2024-01-01 00:00:00,1,\n2024-01-01 00:00:01.5,2,3\n2024-01-01 00:00:09,4,5\n2024-01-01 00:00:08,4,5\n')
put('recording/good_numbers.csv', 't;a;on\n0;1,5;true\n1;2;false\n5;3;true\n2;4;\n90;5;true\n')
put('recording/good_clock.csv', 'Uhrzeit,a\n23:59:59,1\n00:00:00,2\n00:00:02,3\n')
put('recording/good_dmy.tsv', 'x\twhen\n1\t31.12.2023 23:59\n2\t01.01.2024 00:00\n')
put('recording/good_epoch.jsonl', '{"ts":1704067200000,"a":1}\n{"ts":1704067200010,"a":2}\n{"ts":1704067200500}\n')
put('recording/still.csv', 'time,a\n5,1\n5,2\n5,3\n6,4\n6,5\n')
put('recording/index.csv', ',a\n0,1\n1,x\n2,3\n3\n')
put('recording/far.csv', 'time,a\n-1e300,1\n0,2\n1e300,3\n1e301,4\n')


def element(kind, data):
    return struct.pack('<II', kind, len(data)) + data + b'\0' * (-len(data) % 8)


def doubles(name, values, line=False):
    shape = (1, len(values)) if line else (len(values), 1)
    parts = element(6, struct.pack('<II', 6, 0)) + element(5, struct.pack('<ii', *shape)) + element(1, name)
    return element(14, parts + element(9, struct.pack('<%dd' % len(values), *values)))


def mat(*arrays):
    return b'MATLAB 5.0 MAT-file'.ljust(124) + struct.pack('<HH', 0x100, 0x4d49) + b''.join(arrays)


up = [i / 2 for i in range(24)]
put('recording/good_largest.mat', mat(doubles(b'Linecount', [3]), doubles(b'Data', up), doubles(b'SampleFrequency', [20000])))
put('recording/good_line.mat', mat(doubles(b'signal', up[:4], True), doubles(b'fs', [10])))
put('recording/good_lines.mat', mat(doubles(b'X097_DE_time', up), doubles(b'X097_FE_time', [-x for x in up], True), doubles(b'X097RPM', [1796])))
put('recording/two.mat', mat(doubles(b'a', up), doubles(b'b', up[:12])))


def wfdb(header, samples=b''):
    return header.encode() + b'\0' + samples


put('wfdb/good_212', wfdb('x 2 360 4\n# c\nx.dat 212 200(10)/mV 11 1024 995 0 0 MLII\nx.dat 212 200 11 1024 995 0 0 V5\n', bytes(range(12))))
put('wfdb/good_frames', wfdb('x 2 10/20(3)\nx.dat 16x3:1+1 1\nx.dat 16 1\n', bytes(range(33))))
put('wfdb/good_311', wfdb('x 1\nx.dat 311\n', bytes(range(16))))
put('wfdb/good_310', wfdb('x 1 0.5 3 12:00:00 31/01/2024\nx.dat 310 0\n', bytes(range(16))))
put('wfdb/good_8', wfdb('x 1\nx.dat 8 1 8 0 2147483647\n', bytes(range(100, 140))))
put('wfdb/beats', wfdb('x 1\nx.dat 80\n', bytes.fromhex('020403fc6162630000ec00000300011400000000')))
put('wfdb/segments', wfdb('x/2 1 360\na 10\nb 10\n'))
put('wfdb/away', wfdb('x 1\n/etc/passwd 80\n'))
put('wfdb/huge', wfdb('x 1 1 9000000000000000\nx.dat 16x4096+9000000000000000\n', b'12'))


def edf(signals, records, body, version=b'0       ', reserved=b'', duration=b'1'):
    # signals: (label, physical minimum, maximum, digital minimum, maximum, samples)
    head = version + b'p'.ljust(80) + b'r'.ljust(80) + b'31.01.2412.30.00' + str(256 * (len(signals) + 1)).encode().ljust(8)
    head += reserved.ljust(44) + str(records).encode().ljust(8) + duration.ljust(8) + str(len(signals)).encode().ljust(4)
    columns = list(zip(*signals))
    for values, size, blank in ((columns[0], 16, 88), (columns[1], 8, 0), (columns[2], 8, 0), (columns[3], 8, 0), (columns[4], 8, 80), (columns[5], 8, 32)):
        head += b''.join(str(v).encode().ljust(size) for v in values) + b' ' * (blank * len(signals))
    return head + body


two = [('ECG', -1, 1, -2048, 2047, 2), ('Resp', 0, 100, 0, 1000, 1)]
put('edf/good.edf', edf(two, 2, bytes(range(12))))
put('edf/good_open.edf', edf(two, -1, bytes(range(12))))
put('edf/good_plus.edf', edf([two[0], ('EDF Annotations', -1, 1, -32768, 32767, 4)], 2, b'\1\0\2\0+0\x14\x14\0\0\0\0\3\0\4\0+9.5\x14\x14\0\0', reserved=b'EDF+D'))
put('edf/good.bdf', edf([('EEG', -8388608, 8388607, -8388608, 8388607, 2)], 1, b'\1\0\1\xff\xff\xff', version=b'\xffBIOSEMI'))
put('edf/flat.edf', edf([('x', 1, 1, 0, 0, 1)], 1, b'12'))
put('edf/huge.edf', edf([('x', 0, 1, 0, 1, 99999999)], 99999999, b'12'))
put('edf/still.edf', edf(two, 2, bytes(range(12)), duration=b'0'))

put('ts/good.ts', '#c\n@problemName x\n@timeStamps false\n@missing true\n@univariate false\n@classLabel true a b\n@data\n1,2:3,4:a\n5,?:7,8,9:b\n')
put('ts/good_plain.ts', '@problemName x\n@data\n1,2,3\n4\n')
put('ts/good_rows.arff', '%c\n@relation x\n' + ''.join('@attribute att%d numeric\n' % i for i in range(6)) + '@attribute target {1,2}\n\n@data\n1,2,3,4,5,6,1\n6,5,4,3,2,?,2\n')
put('ts/good_relational.arff', "@relation 'x'\n@attribute r relational\n@attribute att0 numeric\n@end r\n@attribute c {a,b}\n@data\n'1,2\\n3,4',a\n\"5\\n6\",b\n")
put('ts/stamps.ts', '@problemName x\n@timeStamps true\n@data\n(0,1),(1,2):a\n')
put('ts/ragged.ts', '@problemName x\n@classLabel true a\n@data\n1:2:a\n1:a\n')
