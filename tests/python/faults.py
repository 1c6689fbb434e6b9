"""A bad way to a store: some requests are refused, some are slow, some are carried out and their answer is lost."""

from __future__ import annotations

import http.client
import http.server
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

SLOW_DOWN = b"<?xml version='1.0'?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
KINDS = ["error", "slow_down", "closed", "torn", "slow"]


class Faults:
    """Share of requests that go wrong, by a seed; `away`: all of them, until it is lifted."""

    def __init__(self, share: float, seed: int) -> None:
        self.share = share
        self.away = False
        self.random = random.Random(seed)
        self.seen: Counter[str] = Counter()
        self.lock = threading.Lock()

    def next(self) -> str:
        with self.lock:
            if self.away:
                kind = "slow_down"
            elif self.random.random() < self.share:
                kind = self.random.choice(KINDS)
            else:
                kind = "fine"
            self.seen[kind] += 1
            return kind


@contextmanager
def between(store: str, faults: Faults) -> Iterator[str]:
    """The address of a server that passes requests on to `store`, with these faults."""
    host = store.removeprefix("http://")

    class Way(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def pass_on(self) -> None:
            kind = faults.next()
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if kind == "closed":
                self.close_connection = True
                return
            if kind in ("error", "slow_down"):
                self.send_response(500 if kind == "error" else 503)
                self.send_header("Content-Type", "application/xml")
                self.send_header("Content-Length", str(len(SLOW_DOWN)))
                self.end_headers()
                self.wfile.write(b"" if self.command == "HEAD" else SLOW_DOWN)
                return
            if kind == "slow":
                time.sleep(1.5)
            there = http.client.HTTPConnection(host, timeout=60)
            # The signature is of the host that the client knows; the server behind does not check it.
            headers = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
            there.request(self.command, self.path, body=body, headers=headers)
            answer = there.getresponse()
            payload = answer.read()
            if kind == "torn":
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("connection", "transfer-encoding", "content-length", "date", "server"):
                    self.send_header(name, value)
            length = answer.getheader("Content-Length") if self.command == "HEAD" else str(len(payload))
            self.send_header("Content-Length", length or "0")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(payload)

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = pass_on

        def log_message(self, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Way)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
