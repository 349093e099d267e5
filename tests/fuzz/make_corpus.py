#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Writes the seed files of the readers' fuzz targets: tests/fuzz/corpus/{idx,npy,npz,csv,gz,image,onnx,split_csv,coco,table_csv,table_jsonl,table_zeek,table_mat,video},
# and the images, ONNX files and annotations of tests/museum. Good files' names begin with "good_". No NumPy: every byte is said here. Run from
# the root of the tree; the result is committed.
import gzip, io, json, os, sqlite3, struct, subprocess, sys, tempfile, zipfile, zlib

ROOT = 'tests/fuzz/corpus/'


def put(name, data):
    os.makedirs(os.path.dirname(ROOT + name), exist_ok=True)
    with open(ROOT + name, 'wb') as f:
        f.write(data)


def idx(kind, shape, data):
    return bytes([0, 0, kind, len(shape)]) + b''.join(struct.pack('>I', n) for n in shape) + data


def npy(descr, shape, data, order='False', version=1, header=None):
    text = header or "{'descr': '%s', 'fortran_order': %s, 'shape': %s, }" % (descr, order, shape)
    start = 10 if version == 1 else 12
    text += ' ' * (-(start + len(text) + 1) % 64) + '\n'
    size = struct.pack('<H' if version == 1 else '<I', len(text))
    return b'\x93NUMPY' + bytes([version, 0]) + size + text.encode() + data


def npz(arrays, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w') as z:
        for name, data in arrays:
            z.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data, method)
    return out.getvalue()


def gz(data):
    return gzip.compress(data, 9, mtime=0)


six = struct.pack('<6f', 1, 2, 3, 4, 5, 6)
f4 = npy('<f4', '(3, 2)', six)
put('idx/good_u8.idx', idx(8, (2, 3, 3), bytes(range(18))))
put('idx/good_labels.idx', idx(8, (5,), bytes([7, 2, 1, 0, 4])))
put('idx/good_f32.idx', idx(13, (3, 2), struct.pack('>6f', 1, 2, 3, 4, 5, 6)))
put('idx/good_f64.idx', idx(14, (1, 2), struct.pack('>2d', -0.5, 1e10)))
put('idx/good_i8.idx', idx(9, (2, 2), bytes([0xff, 1, 0x80, 0x7f])))
put('idx/good_i16.idx', idx(11, (2, 2), struct.pack('>4h', -1, 2, -300, 400)))
put('idx/good_i32.idx', idx(12, (2, 2), struct.pack('>4i', -1, 2, -300, 1 << 24)))
put('idx/no_rows.idx', idx(8, (0, 3), b''))
put('idx/huge.idx', idx(8, (0xffffffff,) * 4, b'x'))
put('idx/nan.idx', idx(13, (1, 2), struct.pack('>2f', 1, float('nan'))))
put('idx/long.idx', idx(8, (2, 2), b'12345'))
put('idx/rank.idx', idx(8, (1,) * 9, b'1'))

put('npy/good_f4.npy', f4)
put('npy/good_u1.npy', npy('|u1', '(2, 2, 2)', bytes(range(8))))
put('npy/good_f8_fortran.npy', npy('>f8', '(3, 2)', struct.pack('>6d', 1, 3, 5, 2, 4, 6), 'True'))
put('npy/good_u1_fortran.npy', npy('|u1', '(2, 2, 3)', bytes(range(12)), 'True'))
put('npy/good_f2.npy', npy('<f2', '(4,)', struct.pack('<4H', 0x3c00, 0xc000, 0x0001, 0x7bff)))
put('npy/good_bool_v2.npy', npy('|b1', '(2, 2)', bytes([0, 1, 1, 0]), version=2))
put('npy/good_i8_v3.npy', npy('<i8', '(2L, 1L)', struct.pack('<2q', -1, 1 << 40), version=3))
put('npy/good_u2.npy', npy('>u2', '(1, 2)', struct.pack('>2H', 1, 65535)))
put('npy/objects.npy', npy('|O', '(3,)', b'\x80\x04K\x01.'))
put('npy/structured.npy', npy('', '', b'', header="{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }"))
put('npy/text.npy', npy('<U5', '(1,)', b'\0' * 20))
put('npy/overflow.npy', npy('<f8', '(4294967296, 4294967296)', b''))
put('npy/digits.npy', npy('<f8', '(99999999999999999999, 1)', b''))
put('npy/inf.npy', npy('<f4', '(2, 2)', struct.pack('<4f', 1, 2, float('-inf'), 4)))
put('npy/twice.npy', npy('', '', b'', header="{'descr': '<f4', 'descr': '<f4', 'shape': (1,)}"))

put('npz/good_x.npz', npz([('y.npy', npy('<i8', '(3,)', struct.pack('<3q', 1, 2, 3))), ('X.npy', f4)]))
put('npz/good_stored.npz', npz([('data.npy', f4)], zipfile.ZIP_STORED))
put('npz/good_matrix.npz', npz([('y.npy', npy('<i8', '(1,)', bytes(8))), ('data.npy', f4), ('o.npy', npy('|O', '(1,)', b'.'))]))
put('npz/two.npz', npz([('a.npy', f4), ('b.npy', f4)]))
put('npz/none.npz', npz([('a.txt', b'hello')]))
put('npz/empty.npz', npz([]))
put('npz/bomb.npz', npz([('X.npy', npy('|u1', '(1048576, 64)', bytes(1 << 26)))], zipfile.ZIP_BZIP2))
put('npz/text.zip', npz([('d/', b''), ('d/x.csv', b'a,b\n1,x\n2,y\n'), ('__MACOSX/d/._x.csv', b'\0\5')]))
put('npz/lines.zip', npz([('x.jsonl', b'{"a": 1, "b": "x"}\n{"a": 2, "b": "y"}\n')]))
put('npz/texts.zip', npz([('a.csv', b'a,b\n1,x\n'), ('b.csv', b'a,b\n1,x\n')]))
put('npz/book.xlsx', npz([('[Content_Types].xml', b'<Types/>'), ('xl/workbook.xml', b'<workbook/>')]))
put('npz/nested.npz', npz([('X.npy', npz([('X.npy', f4)]))]))

put('csv/good_plain.csv', b'1,2.5,-3\n4,5e-1,6\n')
put('csv/good_header.csv', b'a,b,c\n1,2,3\n4,5,6\n')
put('csv/good_quotes.csv', b'\xef\xbb\xbf"a ""x""","b\nc"\r\n"1", 2 \r\n\r\n3,"4"\r\n')
put('csv/good_semicolon.csv', b'a;b\n1;2\n3;4')
put('csv/good_tab.tsv', b'1\t2\n3\t4\n')
put('csv/good_one.csv', b'x\n1\n2\n3\n')
put('csv/missing.csv', b'a,b\n1,2\n3,NA\n,4\nnan,?\n')
put('csv/text.csv', b'0,tcp,1\n1,udp,2\n')
put('csv/ragged.csv', b'1,2\n3\n4,5,6\n')
put('csv/open_quote.csv', b'1,2\n"3,4\n')
put('csv/big.csv', b'1e39,1e-60,123456789012345678901234567890,0.1000000000000000055511151231257827\n')
put('csv/ties.csv', b'16777217,16777219,0.50000002980232238769531250,1.00000005960464477539062500000001\n')
put('csv/header_only.csv', b'a,b\n')
put('csv/blank.csv', b'\n\n\r\n')
put('csv/utf16.csv', 'a,b\n1,2\n'.encode('utf-16'))

body = b'a,b\n1,2\n3,4\n'
put('gz/good.csv.gz', gz(body))
put('gz/good_members.csv.gz', gz(body) + gz(b'5,6\n') + gz(b''))
put('gz/good_zeros.csv.gz', gz(body) + bytes(16))
put('gz/good.npy.gz', gz(f4))
put('gz/good_fortran.npy.gz', gz(npy('>f8', '(3, 2)', struct.pack('>6d', 1, 3, 5, 2, 4, 6), 'True')))
put('gz/good.idx.gz', gz(idx(8, (2, 3, 3), bytes(range(18)))))
put('gz/good.npz.gz', gz(npz([('X.npy', f4)])))
put('gz/garbage.csv.gz', gz(body) + b'garbage')
put('gz/cut.csv.gz', gz(body)[:-5])
put('gz/bad_sum.csv.gz', gz(body)[:-8] + bytes(8))
put('gz/twice.csv.gz', gz(gz(body)))
put('gz/bomb.csv.gz', gz(b'1,2\n' * 20000))

put('table_csv/good_mixed.csv', b'duration,protocol,bytes,class\n0,tcp,1.5e3,normal\n2,udp,,"smurf, ""x"""\n')
put('table_csv/good_comma.csv', b'\xef\xbb\xbfOrt;Menge\r\nK\xc3\xb6ln;3,14\r\n"a\r\nb";-2,5e1\r\n')
put('table_csv/good_nameless.csv', b'0|tcp|http|0.25|normal.\n0|udp|?|1|smurf.\n')
put('table_csv/good_same_names.tsv', b'x\tx\t\tx.2\n1\t2\tNA\t4\n')
put('table_csv/good.csv.gz', gz(b'a,b\n1,x\n2,y\n'))
put('table_csv/good_money.csv', b'price,paid,share,change,weight,code\n"1,234","-$5.00",40.1%,(3.20),70.2 kg,1E5\n"12,34,567",$-5,"40,1 %",3.20-,500 g,INF\n\'123,R$ 5,.5%,\xe2\x88\x925,12.-,007\n')
put('table_csv/bad_rows.csv', b'a,b\n1,x\n2\n3,y,z\n4,\xff\n1e999,y\n5,x\0\n6,"z\n7,w\n')
put('table_csv/bad_name.csv', b'a,\xff\n1,2\n')
put('table_csv/good_utf16.csv', '\ufeffk;n\r\n\u00e4;1,5\r\n\U0001f600;2\r\n'.encode('utf-16-le'))
put('table_csv/good_blanks.txt', b"# t  p s\n  1.5  2 'a'\n# c\n 2.5 3  'b c'\n 3  4 d\n")
put('table_csv/good_titles.csv', b'Hall 3\rby: me\r\rt;p\r[C];[bar]\r20,5;5\r21;5,25\r22;6\r23;7')
put('table_csv/good_numbers.csv', b'sep=;\n1100;1102;1104\n0,5;0,25;0,5\n0,75;0,5;0,5\n0,5;0,5;0,25\n')
put('table_csv/good_words.csv', b'e,f,s\np,b,y\ne,f,y\np,b,s\n')
put('table_csv/good.arff', b"%% c\n@relation a\n@attribute t real\n@attribute 'p q' {x,'y z'}\n@data\n1,x\n2,'y z'\n")
put('table_csv/good.jsonl', b'{"a": 1, "b": "x\\u00e4\\ud83d\\ude00\\n"}\n{"b": null, "c": true, "a": -1.5e3}\n')
put('table_csv/bad.jsonl', b'{"a": 1}\n{"a": [1]}\n{"a": 1e999}\n{"a": 1, "a": 2}\n{"a": "\\ud800"}\n{"a" 1}\nx\n{"a": 1} 2\n{"a\n')
put('table_csv/page.html', b'<!DOCTYPE html>\n<html><td>1</td></html>\n')
put('table_csv/digits.csv', b'a,b\n' + b'7' * 5000 + b',0.' + b'3' * 3000 + b'\n')

put('row_lines/good.csv', b'@time,b,a,"flow ""in""",d.e\n2026-01-31T12:00:00Z,1,-2.5e3,,4\n2026-01-31T12:00:00.5Z,1,NaN,"3",4\n2026-01-31T12:00:01,1,1,1,1\n2026-01-31T12:00:00,1,1,1,1\n2026-01-31T12:00:09Z,1,1,1,1\n')
put('row_lines/good_nameless.csv', b'\x010.5,1,2,3,4\n1,5,6,7,8\r\n5;6;7;8;9\n')
put('row_lines/good.jsonl', b'@{"time": 1769860800, "a": 1, "b": null, "flow \\"in\\"": true, "d": {"e": "3"}}\n{"a":1.5,"b":-2e-3,"time":1769860801.5}\n')
put('row_lines/bad.csv', b'\x08time,a,b\ntime,a,b,flow,d.e\n1,2\n1,2,3,4,x\n1,2,3,4,"5\n1e999,inf,,,\nsoon,1,2,3,4\n')
put('row_lines/bad.jsonl', b'\x00{"a":01}\n{"a":[1]}\n{"time":{},"a":1}\n{"a":"\\ud800"}\n{"c":1}\n{"a":1,"time":"soon"}\n{"a"\n')
put('row_lines/clock.csv', b'p23:59:59,1,2,3,4\n00:00:01,1,2,3,4\n,1,2,3,4\n')


def element(kind, data, size=None):
    return struct.pack('<II', kind, len(data) if size is None else size) + data + bytes(-len(data) % 8)


def matrix(name, kind, shape, stored, data, flags=0):
    body = element(6, struct.pack('<II', kind | flags << 8, 0)) + element(5, struct.pack('<%di' % len(shape), *shape))
    body += element(1, name) + element(stored, data)
    return struct.pack('<II', 14, len(body)) + body


def mat(*arrays):
    return b'MATLAB 5.0 MAT-file, made for a test'.ljust(116) + bytes(8) + b'\0\1IM' + b''.join(arrays)


def packed(array):
    data = zlib.compress(array, 9)
    return struct.pack('<II', 15, len(data)) + data


big_x = matrix(b'X', 6, (3, 2), 9, struct.pack('<6d', 0.1, 3, 5, 2, float('nan'), -6))
small_y = matrix(b'y', 9, (3, 1), 2, bytes([0, 1, 0]), 2)
put('table_mat/good_plain.mat', mat(big_x, small_y))
put('table_mat/good_packed.mat', mat(packed(small_y), packed(big_x)))
put('table_mat/good_single.mat', mat(matrix(b'data', 7, (2, 3), 7, struct.pack('<6f', 1, 4, 2.5, 5, 3, float('inf')))))
put('table_mat/good_bytes_of_doubles.mat', mat(matrix(b'x', 6, (2, 2), 2, bytes([1, 3, 2, 4])), matrix(b'note', 4, (1, 2), 4, struct.pack('<2H', 104, 105))))
put('table_mat/good_rows.mat.gz', gz(mat(matrix(b'a', 12, (2, 1), 5, struct.pack('<2i', -7, 1 << 30)))))
put('table_mat/two.mat', mat(matrix(b'a', 6, (2, 2), 9, bytes(32)), matrix(b'b', 6, (2, 2), 9, bytes(32))))
put('table_mat/short_y.mat', mat(big_x, matrix(b'y', 6, (1, 2), 9, bytes(16))))
put('table_mat/text.mat', mat(matrix(b'X', 4, (1, 2), 4, struct.pack('<2H', 104, 105))))
put('table_mat/cube.mat', mat(matrix(b'X', 6, (2, 2, 2), 9, bytes(64))))
put('table_mat/complex.mat', mat(matrix(b'X', 6, (2, 1), 9, bytes(16), 8)))
put('table_mat/huge.mat', mat(matrix(b'X', 6, (1 << 30, 1 << 20), 9, bytes(16))))
put('table_mat/short_data.mat', mat(matrix(b'X', 6, (3, 2), 9, bytes(16))))
put('table_mat/none.mat', mat())
# Headers that promise more than there is.


def array(*parts):
    return element(14, b''.join(parts))


def flags(kind):
    return element(6, struct.pack('<II', kind, 0))


many = struct.pack('<ii', 1 << 30, 1 << 20)
put('table_mat/cells_of_cells.mat', mat(array(flags(1), element(5, many), element(1, b'c'), element(14, bytes(16), 1 << 31))))
put('table_mat/cells_negative.mat', mat(array(flags(6), element(5, struct.pack('<ii', -1, 1 << 28)), element(1, b'X'), element(9, bytes(16)))))
put('table_mat/long_name.mat', mat(array(flags(1), element(5, many), element(1, b'X' * 8, 0xfffffff0), element(9, bytes(8)))))
put('table_mat/many_sizes.mat', mat(array(flags(1), element(5, many, 0x7ffffff8), element(1, b'X'), element(9, bytes(16)))))
put('table_mat/packed_bomb.mat', mat(packed(array(flags(6), element(5, struct.pack('<ii', 1 << 24, 1)), element(1, b'X'), element(9, bytes(1 << 15), 1 << 27)))))
put('table_mat/packed_short.mat', mat(packed(array(flags(6), element(5, struct.pack('<ii', 40, 1)), element(1, b'X'), element(9, bytes(16), 320)))))
put('table_mat/no_numbers.mat', mat(array(flags(6), element(5, struct.pack('<ii', 2, 1)), element(1, b'X'), element(14, bytes(16)))))
put('table_mat/good_beside_objects.mat', mat(array(flags(17), element(1, b's'), element(1, b'MCOS'), element(1, b'string')), element(2, bytes(8)), array(),
                                             array(flags(16), element(5, struct.pack('<ii', 1, 1)), element(1, b'f'), array()),
                                             matrix(b'm', 6, (2, 2), 2, bytes([1, 3, 2, 4]))))
put('table_mat/good_small_element.mat', mat(array(flags(8), element(5, struct.pack('<ii', 2, 1)), struct.pack('<I', 1 | 1 << 16) + b'X\0\0\0', struct.pack('<I', 1 | 2 << 16) + b'\7\x08\0\0')))
# Names in Latin 1, UTF-8 and GBK; other kinds of arrays beside the matrix; text in the header that is not MATLAB's; the other byte order.
named = [matrix(name, 6, (2, 2), 2, bytes([1, 3, 2, 4])) for name in ('größe'.encode('latin-1'), 'größe'.encode(), '数据'.encode('gbk'))]
put('table_mat/good_latin.mat', mat(named[0]))
put('table_mat/good_utf8.mat', mat(packed(named[1])))
put('table_mat/good_gbk.mat', mat(matrix(b'note', 4, (1, 2), 4, struct.pack('<2H', 104, 105)), named[2]))
put('table_mat/three_names.mat', mat(*named))
put('table_mat/good_foreign.mat', b'Written by something else'.ljust(124) + mat(named[0])[124:])
put('table_mat/complex_alone.mat', mat(matrix(b'M', 6, (2, 1), 9, bytes(16), 8)))
swapped = struct.pack('>IIII', 6, 8, 6, 0) + struct.pack('>IIii', 5, 8, 2, 2) + struct.pack('>II', 1, 1) + b'M'.ljust(8, b'\0') + struct.pack('>II4d', 9, 32, 1, 3, 2, 4)
put('table_mat/good_big_endian.mat', b'MATLAB 5.0 MAT-file'.ljust(124) + b'\1\0MI' + struct.pack('>II', 14, len(swapped)) + swapped)


def old(name, kind, rows, columns, data, order='<', imaginary=0):
    return struct.pack(order + '5i', kind + (1000 if order == '>' else 0), rows, columns, imaginary, len(name) + 1) + name + b'\0' + data


old_x, old_y = old(b'X', 0, 3, 2, struct.pack('<6d', 0.5, 3, 5, 2, 4, -6)), old(b'y', 50, 3, 1, bytes([0, 1, 0]))
put('table_mat/good_old.mat', old(b'note', 51, 1, 2, b'hi') + old_x + old_y)
put('table_mat/good_old_swapped.mat', old(b'gr\xf6sse', 30, 2, 2, struct.pack('>4h', 1, 3, -2, 4), '>'))
put('table_mat/old_complex.mat', old(b'X', 10, 1, 2, bytes(16), imaginary=1))
put('table_mat/old_cut.mat', old_y + old_x[:-1])
# table_mat/good_hdf5.mat, of version 7.3, was written by libmatio.


def chunk(kind, data):
    return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))


def png(width, height, depth, colour, lines, before=b'', interlace=0, behind=b''):
    head = struct.pack('>IIBBBBB', width, height, depth, colour, 0, 0, interlace)
    return (b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', head) + before + chunk(b'IDAT', zlib.compress(lines, 9)) + behind
            + chunk(b'IEND', b''))


def riff(*chunks):
    body = b'WEBP' + b''.join(kind + struct.pack('<I', len(data)) + data + bytes(len(data) % 2) for kind, data in chunks)
    return b'RIFF' + struct.pack('<I', len(body)) + body


exif = b'MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0'
colours = chunk(b'PLTE', bytes(range(12)))
notes = chunk(b'gAMA', bytes([0, 0, 177, 143])) + chunk(b'eXIf', exif) + chunk(b'tEXt', b'Comment\0hello')
put('image/good_bits.png', png(9, 2, 1, 0, b'\0\x5a\x80\0\xa5\0'))
put('image/good_grey.png', png(4, 2, 8, 0, b'\1\1\1\1\1\2\1\1\1\1', notes))
put('image/good_grey16.png', png(2, 2, 16, 0, b'\0\1\2\3\4\4\5\6\7\x08'))
put('image/good_colour.png', png(2, 2, 8, 2, b'\3\1\2\3\4\5\6\0\7\x08\x09\x0a\x0b\x0c'))
put('image/good_palette.png', png(4, 1, 2, 3, b'\0\x1b', colours + chunk(b'tRNS', b'\x80')))
put('image/good_alpha16.png', png(1, 1, 16, 6, b'\0' + bytes(range(8)), behind=chunk(b'tIME', bytes(7))))
put('image/good_interlaced.png', png(3, 3, 8, 0, b'\0\1\0\3\0\7\x09\0\2\0\x08\0\4\5\6', interlace=1))
put('image/good_bits.pbm', b'P4\n9 2\n\x80\x80\x00\x7f')
put('image/good_text.pbm', b'P1\n3 2\n0 1 0\n101')
put('image/good_text.pgm', b'P2 # a comment\n3 1\n15\n0 7 15\n')
put('image/good_text.ppm', b'P3\n2 1 255\n1 2 3\t4 5 6\n')
put('image/good_grey.pgm', b'P5\n2 2\n255\n\0\1\xfe\xff')
put('image/good_grey12.pgm', b'P5 2 1 4095 \x0f\xff\x00\x10')
put('image/good_colour.ppm', b'P6\n1 2\n255\n\1\2\3\4\5\6')
lossy = bytes.fromhex('7001009d012a080008000140262594027401400000feead42abfbea741f15f000000')
lossless = bytes.fromhex('2f024000102fa020920deafdd04213fd63a941266d537acdbfa319db14b48d02dd8b44fca114810041ba7201fe3fb47932dc8eed06856c23c0a9dd03706c17d1ff7856')
put('image/good_lossy.webp', riff((b'VP8 ', lossy)))
put('image/good_lossless.webp', riff((b'VP8L', lossless)))
put('image/good_extended.webp', riff((b'VP8X', bytes([0x28, 0, 0, 0, 7, 0, 0, 7, 0, 0])), (b'ICCP', b'profile'), (b'VP8 ', lossy),
                                     (b'EXIF', exif)))


def video(words, *sizes):
    frames = (b'FRAME\n' + bytes(k * 7 % 256 for k in range(n)) for n in sizes)
    return b'YUV4MPEG2 ' + words + b'\n' + b''.join(frames)


put('video/good_420.y4m', video(b'W5 H3 F25:1 Ip A1:1 C420jpeg', 27, 27))
put('video/good_422p10.y4m', video(b'W4 H2 C422p10 XCOLORRANGE=FULL', 32))
put('video/good_411.y4m', video(b'W9 H2 It C411', 30))
put('video/good_alpha.y4m', video(b'W3 H3 C444alpha', 36))
put('video/good_mono16.y4m', video(b'W6 H4 Cmono16', 48, 48))
put('video/cut_off.y4m', video(b'W6 H4 C444', 72, 40))
put('video/no_size.y4m', video(b'F25:1 C444', 4))
put('video/bomb.y4m', video(b'W2147483647 H2147483647', 4))
put('video/layout.y4m', video(b'W2 H2 C420p17', 4))
put('video/no_frame.y4m', b'YUV4MPEG2 W2 H2 Cmono\nFRAMES\n0123')

MUSEUM = '../../museum/'
zeros = bytes(1 << 20)
put(MUSEUM + 'bomb.png', png(30000, 30000, 8, 2, b'\0' * 64))
put(MUSEUM + 'bomb_zeros.png', png(1 << 20, 1024, 8, 6, zeros))
put(MUSEUM + 'zero_by_zero.png', png(0, 0, 8, 0, b''))
put(MUSEUM + 'negative_width.png', png(0xffffffff, 1, 8, 0, b'\0'))
put(MUSEUM + 'stride_overflow.png', png(0x20000001, 4, 16, 6, bytes(64)))
put(MUSEUM + 'stride16_short.png', png(4, 3, 16, 0, (b'\0' + bytes(4)) * 3))
put(MUSEUM + 'stride16_interlaced.png', png(5, 5, 16, 4, bytes(40), interlace=1))
put(MUSEUM + 'endless_chunk.png', png(2, 2, 8, 0, bytes(6))[:33] + b'\x7f\xff\xff\xff' + b'zTXt' + bytes(40))
put(MUSEUM + 'endless_header.png', b'\x89PNG\r\n\x1a\n' + b'\x7f\xff\xff\xffIHDR' + bytes(64))
put(MUSEUM + 'no_palette.png', png(2, 2, 8, 3, bytes(6)))
put(MUSEUM + 'large_palette.png', png(1, 1, 2, 3, bytes(2), chunk(b'PLTE', bytes(3 * 300))))
put(MUSEUM + 'deflate_past_end.png', png(2, 2, 8, 0, bytes(6))[:45] + b'\xff' * 20)
put(MUSEUM + 'text.png', b'this is no picture\n')
put(MUSEUM + 'page.png', b'<!DOCTYPE html><html><body>404 Not Found</body></html>')
put(MUSEUM + 'bomb.webp', riff((b'VP8L', bytes([0x2f, 0xff, 0xff, 0xff, 0x0f, 0, 0, 0, 0, 0]))))
put(MUSEUM + 'huffman.webp', riff((b'VP8L', bytes([0x2f, 0, 0, 0, 0]) + b'\xff' * 40)))
put(MUSEUM + 'chunk_past_end.webp', b'RIFF\x20\0\0\0WEBPVP8X\xff\xff\xff\x7f' + bytes(20))
put(MUSEUM + 'size_overflow.ppm', b'P6\n1431655766 2\n255\n\0\0\0\0')
put(MUSEUM + 'digits.pgm', b'P5\n' + b'9' * 400 + b' 1\n255\n\0')
put(MUSEUM + 'endless_comment.pgm', b'P2\n#' + b'x' * 3000)
put(MUSEUM + 'white_past_16.pgm', b'P5\n2 2\n70000\n' + bytes(8))

# Splits of pictures of parts, and their annotations.

SPLIT = b'object,split,label,image,mask\n'
put('split_csv/good_visa.csv', SPLIT + b'nut,train,normal,nut/0.png,\nnut,test,anomaly,nut/1.png,nut/m1.png\n')
put('split_csv/good_order.csv', b'image;label;split\r\n"a;""b"".png";0;train\r\n\r\nb.png;1;test')
put('split_csv/ragged.csv', SPLIT + b'nut,train,normal,0.png\nnut,train,normal,0.png,,,\n')
put('split_csv/no_image.csv', b'object,split,label\nnut,train,normal\n')
put('split_csv/long_cell.csv', SPLIT + b'nut,train,normal,' + b'x' * 2000 + b',\n')
put('split_csv/zero.csv', SPLIT + b'nut,train,normal,a\0b,\n')
put(MUSEUM + 'split_open_quote.csv', SPLIT + b'nut,train,normal,"' + b'x\n' * 200)
put(MUSEUM + 'split_endless_line.csv', SPLIT + b'nut,train,normal,' + b',' * 3000)


def coco(images='{"id":1,"file_name":"a.png"}', annotations='{"image_id":1,"category_id":2,"bbox":[0,1,2,3]}'):
    return ('{"images":[%s],"categories":[{"id":2,"name":"cut"}],"annotations":[%s]}' % (images, annotations)).encode()


put('coco/good_one.json', coco())
put('coco/good_none.json', coco(annotations=''))
put('coco/good_kinds.json', coco(annotations='{"image_id":1,"bbox":[0,1,2,3]},{"image_id":1,"category_id":2,"bbox":[0.5,1,2,3e0]}'))
put('coco/good_outlines.json', coco(annotations='{"image_id":1,"bbox":[1,1,4,4],"segmentation":[[1,1,5,1,5,5,1,5],[8.5,2,16,3,9,30]]},'
                                    '{"image_id":1,"bbox":[1,1,4,4],"segmentation":[[-9,0,99,7,3,12.5,3,12.5]]}'))
put('coco/runs.json', coco(annotations='{"image_id":1,"bbox":[1,1,4,4],"segmentation":{"counts":[3,4],"size":[2,4]}}'))
put('coco/twice.json', coco('{"id":1,"file_name":"a.png"},{"id":1,"file_name":"b.png"}'))
put('coco/zero_name.json', coco('{"id":1,"file_name":"a\\u0000b"}'))
put('coco/no_image.json', coco(annotations='{"image_id":2,"bbox":[0,1,2,3]}'))
put('coco/list.json', b'[]')
put(MUSEUM + 'coco_nan.json', coco(annotations='{"image_id":1,"bbox":[NaN,1,2,3]}'))
put(MUSEUM + 'coco_endless_box.json', coco(annotations='{"image_id":1,"bbox":[0,0,1e308,1e308]}'))
put(MUSEUM + 'coco_negative_side.json', coco(annotations='{"image_id":1,"bbox":[9,9,-4,-4]}'))
put(MUSEUM + 'coco_id_too_big.json', coco('{"id":99999999999999999999,"file_name":"a.png"}'))
put(MUSEUM + 'coco_key_twice.json', b'{"images":[],"images":[],"annotations":[]}')
put(MUSEUM + 'coco_deep.json', b'{"images":' + b'[' * 20000)
put(MUSEUM + 'coco_page.json', b'<!DOCTYPE html><html><body>404 Not Found</body></html>')

# SQLite files, of the smallest pages.


def database(*statements):
    with tempfile.TemporaryDirectory() as folder:
        db = sqlite3.connect(folder + '/x.db', isolation_level=None)
        for s in ('PRAGMA page_size = 512',) + statements:
            db.execute(s)
        db.close()
        with open(folder + '/x.db', 'rb') as f:
            return f.read()


rows = "INSERT INTO t VALUES (1, 2.5, 'x'), (2, NULL, 'ö'), (-3, 1e300, '')"
put('table_sqlite/good_table.db', database('CREATE TABLE t (a INTEGER, b REAL, c TEXT)', rows))
put('table_sqlite/good_view.db', database('CREATE VIEW v AS SELECT 1 AS a, 2 AS a UNION SELECT 3, 4'))
put('table_sqlite/two.db', database('CREATE TABLE t (a)', 'CREATE TABLE "u v" (b)'))
put('table_sqlite/none.db', database('CREATE TABLE t (a)', 'DROP TABLE t'))
put('table_sqlite/bad_cells.db', database('CREATE TABLE t (a, b)', "INSERT INTO t VALUES (x'00', 1), (9e999, 2), (CAST(x'ff' AS TEXT), 3)"))
put('table_sqlite/endless_text.db', database('CREATE VIEW v AS SELECT zeroblob(900000000) AS a'))
put('table_jsonl/good.txt', b'{"a": 1, "b": "x\\u00e4\\ud83d\\ude00\\n"}\n{"b": null, "c": true, "a": -1.5e3}\n')
put('table_jsonl/bad.txt', b'{"a": [1]}\n{"a": 1e999}\n{"a": 1, "a": 2}\n{"a": "\\ud800"}\n{"a" 1}\nx\n{"a": 1} 2\n{"a\n')
put('table_jsonl/nested.txt', b'{"a": 1, "b": {"c": {"d": "x"}, "e": []}, "f": [1, "]", {"g": [2]}]}\n{"b": {"c": null}, "f": [}]}\n{"b": {"c": {"d": 1\n')
put('table_zeek/conn.txt', b'#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n#open\t2024-01-01-00-00-00\n'
    b'#fields\tts\tid.resp_p\tduration\tok\tservice\ttags\n#types\ttime\tport\tinterval\tbool\tstring\tset[string]\n'
    b'1677024003.714845\t53\t-\tT\tdns\t(empty)\n1677024004.5\t443\t0.25\tF\t-\ta,b\n#close\t2024-01-01-01-00-00\n')
put('table_zeek/labelled.txt', b'#separator \\x09\n#fields\tts\tpeer   label   detailed-label\n#types\ttime\tset[string]   string   string\n1.5\t-   Benign   -\n2\t(empty)   Malicious   C&C\n')
put('table_zeek/bad.txt', b'#separator \\x2c\n#fields,a,b\n#types,count,string\n1,x\n1\n-1e999,y\n\xff,\xff\n1,\0\n#fields,a,b\n#types,count,string\n2,z\n#fields,b,a\n3,x\n')
put('table_zeek/late.txt', b'#separator \\x09\n#fields\ta\tb\n1\t-\n#unset_field\tx\n#types\tstring\tcount\n2\tx\n')
put('odbc/string.txt', b'DSN=x;UID=me;PWD={a;b}}c=Xy};Server=h')
put('odbc/forgot.txt', b'Password=Xy for;got;UID=me')
put('odbc/names.txt', b'a."b`c.d')
put('odbc/wide.txt', 'tcp ä😀'.encode('utf-16-le'))
put('odbc/query.txt', b'  SELECT a,\n\t b FROM t -- ' + b'x' * 90 + 'ö'.encode() * 9)

# ONNX, by hand: fields of (number, wire type, value).


def varint(value):
    out = b''
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def initializer(name, dims, data, kind=1, rest=b'', number=9):
    return b''.join(field(1, n) for n in dims) + field(2, kind) + field(8, name) + field(number, data) + rest


def onnx(*tensors, rest=b''):
    graph = field(2, b'g') + b''.join(field(5, t) for t in tensors) + rest
    return field(1, 7) + field(2, b'pytorch') + field(7, graph) + field(8, field(1, b'') + field(2, 13))


four = struct.pack('<4f', 1, 2, 3, 4)
put('onnx/good_two.onnx', onnx(initializer(b'a', (2, 2), four), initializer(b'b', (), four[:4], number=4)))
put('onnx/good_types.onnx', onnx(initializer(b'half', (2,), four[:4], 10), initializer(b'wide', (1,), four[:8], 11), initializer(b'brain', (1,), four[:2], 16),
                                 initializer(b'shape', (1,), four[:8], 7), initializer(b'none', (0, 3), b''), rest=field(1, field(4, b'Conv')) + varint(99 << 3 | 5) + b'abcd'))
put('onnx/good_packed_dims.onnx', onnx(field(1, varint(2) + varint(2)) + field(2, 1) + field(8, b'p') + field(9, four)))
put('onnx/no_graph.onnx', field(1, 7) + field(2, b'pytorch'))
put(MUSEUM + 'external.onnx', onnx(field(1, 4) + field(2, 1) + field(8, b'a') + field(13, field(1, b'location') + field(2, b'../../../etc/passwd')) + field(14, 1)))
put(MUSEUM + 'shape_overflow.onnx', onnx(initializer(b'a', (1 << 32, 1 << 32), b'')))
put(MUSEUM + 'negative_shape.onnx', onnx(initializer(b'a', ((1 << 64) - 4, (1 << 64) - 1), four)))
put(MUSEUM + 'short_data.onnx', onnx(initializer(b'a', (1024, 1024), four)))
put(MUSEUM + 'rank_nine.onnx', onnx(initializer(b'a', (1,) * 9, four[:4])))
put(MUSEUM + 'length_past_end.onnx', field(1, 7) + varint(7 << 3 | 2) + b'\xff\xff\xff\xff\x0f' + b'abc')
put(MUSEUM + 'endless_number.onnx', field(1, 7) + b'\x10' + b'\xff' * 20)
put(MUSEUM + 'group.onnx', field(1, 7) + b'\x3b' * 20)
put(MUSEUM + 'two_pieces.onnx', onnx(initializer(b'a', (4,), four, rest=field(4, four))))
put(MUSEUM + 'twice.onnx', onnx(initializer(b'a', (4,), four), initializer(b'a', (1,), four[:4])))
put(MUSEUM + 'long_name.onnx', onnx(initializer(b'a' * 300, (4,), four)))

# Models, by the command: the same bits wherever it runs.
TABLE = 'at,kind,a,b\n' + ''.join('2024-03-%02d %02d:00,%s,%d,%.1f\n' % (i % 28 + 1, i % 24, 'xyz'[i % 3], i * 7 % 13, i % 5 / 2) for i in range(48))
PICTURES = idx(8, (12, 4, 4), bytes(i * i * 37 % 251 for i in range(12 * 16)))


def polled(number):
    """A frame of Modbus/TCP: 10.0.0.1 asks 10.0.0.2 at port 502, which answers."""
    hosts, ports = (b'\x0a\0\0\x01', b'\x0a\0\0\x02'), (40000, 502)
    asks, answers = number % 2, 1 - number % 2
    words = struct.pack('>HHHBBHH', number // 2 % 2, 0, 6, 1, 3, 0, 8)
    tcp = struct.pack('>HHIIBBHHH', ports[asks], ports[answers], 1, 1, 0x50, 24, 8192, 0, 0)
    ip = struct.pack('>BBHHHBBH', 0x45, 0, 40 + len(words), 0, 0x4000, 64, 6, 0) + hosts[asks] + hosts[answers]
    frame = b'\2\0\0\0\0' + hosts[answers][3:] + b'\2\0\0\0\0' + hosts[asks][3:] + b'\x08\0' + ip + tcp + words
    return struct.pack('<IIII', 1700000000 + number // 10, number % 10 * 100000, len(frame), len(frame)) + frame


CAPTURE = struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1) + b''.join(polled(i) for i in range(100))


def named(model):
    """The bytes of a model file with the names of a module; fuzz_model makes the checksum right."""
    size = struct.unpack('<Q', model[:8])[0]
    header = json.loads(model[8:8 + size])
    own = json.loads(header['__metadata__']['hourglass'])
    names = {'net.%d.%s' % (i, n.split('.')[-1]): n for i, n in enumerate(sorted(header)) if n.startswith(('encoder', 'decoder'))}
    own['module'] = {'class': 'Net', 'layout': 'channels_first', 'names': dict(names, **{'norm.num_batches_tracked': 3})}
    header['__metadata__']['hourglass'] = json.dumps(own, separators=(',', ':'))
    text = json.dumps(header, separators=(',', ':')).encode()
    text += b' ' * (-len(text) % 8)
    return struct.pack('<Q', len(text)) + text + model[8 + size:]


JOBS = [('good_image', PICTURES, ['model=keep 1, conv 2 relu, batchnorm, conv 2 s2 | deconv 2 s2, conv input, add 1', 'prepare=none', 'batch=4']),
        ('good_table', TABLE, ['model=dense 3 | dense input', 'fpr=0.2']),
        ('good_groups', TABLE, ['model=dense 2 | dense input', 'groupby=kind', 'fpr=0.2']),
        ('good_numbers', TABLE, ['model=dense 3 relu, batchnorm | dense input', 'columns=at ignore, kind ignore', 'fpr=0.2']),
        ('good_packets', CAPTURE, ['model=dense 2 relu | dense input', 'fpr=0.2']),
        ('good_pca', '1,2,4\n2,3,5\n3,9,1\n4,4,4\n' * 5, ['model=pca', 'latent=2', 'prepare=none'])]
if os.path.exists('build/hourglass'):
    for name, table, options in JOBS:
        with tempfile.TemporaryDirectory() as folder:
            with open(folder + '/x.csv', 'wb') as f:
                f.write(table if isinstance(table, bytes) else table.encode())
            command = ['build/hourglass', 'train', 'data=' + folder + '/x.csv', 'project=' + folder, 'name=m', 'prepare=table', 'epochs=1']
            done = subprocess.run(command + options, capture_output=True, text=True)
            if done.returncode:
                sys.exit(name + ': ' + done.stderr)
            with open(folder + '/m/weights/best.safetensors', 'rb') as f:
                model = f.read()
            put('model/%s.safetensors' % name, model)
            if name == 'good_pca':
                put('model/good_module.safetensors', named(model))
# A model of parts is too large to be trained small: tests/repair_model.c fits a network as it was drawn. `make run-tests ONLY=repair` builds it.
if os.path.exists('build/gcc/tests/repair_model'):
    with tempfile.NamedTemporaryFile(suffix='.safetensors') as f:
        subprocess.run(['build/gcc/tests/repair_model', f.name], check=True)
        put('model/good_parts.safetensors', open(f.name, 'rb').read())
