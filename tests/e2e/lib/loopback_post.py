"""Sends one HTTP POST with a synthetic citizen number over loopback: loopback_post.py PORT PLANTED_FILE.

A server of our own answers on 127.0.0.1:PORT. The planted value is written when the answer came; the connection stays
open until standard input ends, as that of a program at work does.
"""
import http.client
import http.server
import os
import random
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import synthetic  # noqa: E402


class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):
        pass


port, planted = int(sys.argv[1]), sys.argv[2]
value = synthetic.citizen(random.Random(990))
server = http.server.HTTPServer(("127.0.0.1", port), Answer)
thread = threading.Thread(target=server.handle_request)
thread.start()
connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
connection.request("POST", "/live/apply", body='{"id_card":"%s"}' % value, headers={"Content-Type": "application/json"})
answer = connection.getresponse()
answer.read()
with open(planted, "w") as f:
    f.write(value + "\n")
sys.stdin.read()
connection.close()
thread.join()
server.server_close()
sys.exit(0 if answer.status == 200 else 1)
