#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# serve.py web|dns - the small servers of a scene: pages, a form and a part with a password on port 80; names on port 53.
import base64, http.server, random, socket, struct, sys

PASSWORD = 'Basic ' + base64.b64encode(b'clerk:open sesame').decode()
HOSTS = {b'www.plant.test': '10.77.0.10', b'sync.harbour.test': '198.51.100.200'}
HOSTS.update({b'site%d.example.test' % i: '198.51.100.%d' % i for i in range(1, 41)})


class Page(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def answer(self, code, body):
        self.send_response(code)
        if code == 401:
            self.send_header('WWW-Authenticate', 'Basic realm="plant"')
        self.send_header('Content-Type', 'text/html')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if self.path.startswith('/admin') and self.headers.get('Authorization') != PASSWORD:
            return self.answer(401, b'<p>Please log in.</p>')
        draw = random.Random(self.path)
        self.answer(200, b'<html>' + bytes(draw.choices(b'abcdefgh <p>', k=draw.choice((300, 900, 4000, 15000)))) + b'</html>')

    def do_POST(self):
        self.rfile.read(min(int(self.headers.get('Content-Length', 0)), 1 << 20))
        self.answer(200, b'<p>Thank you.</p>')

    def log_message(self, *words):
        pass


def answer_name(query):
    """Address, text or nothing to one question."""
    at, labels = 12, []
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]])
        at += 1 + query[at]
    name, kind = b'.'.join(labels).lower(), struct.unpack('>H', query[at + 1:at + 3])[0]
    data, known = b'', name in HOSTS or name.endswith(b'.t.quay.test')
    if kind == 1 and name in HOSTS:
        data = socket.inet_aton(HOSTS[name])
    elif kind == 16 and known:
        data = b'\x02ok'
    record = b'\xc0\x0c' + struct.pack('>HHIH', kind, 1, 60, len(data)) + data if data else b''
    flags = 0x8180 if known else 0x8183
    return query[:2] + struct.pack('>5H', flags, 1, 1 if data else 0, 0, 0) + query[12:at + 5] + record


if sys.argv[1] == 'web':
    http.server.ThreadingHTTPServer.request_queue_size = 64
    http.server.ThreadingHTTPServer(('', 80), Page).serve_forever()
names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
names.bind(('', 53))
while True:
    query, who = names.recvfrom(2048)
    try:
        names.sendto(answer_name(query), who)
    except (IndexError, struct.error):
        pass
