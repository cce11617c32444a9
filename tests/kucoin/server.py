"""HTTP/1.1 with a thread a connection, and the faults of the network between the client and the exchange."""
import json
import random
import socket
import socketserver
import struct
import threading
import time
from decimal import Decimal
from urllib.parse import parse_qsl, unquote, urlsplit

import checks
import control
import endpoints
from gateway import limit_headers
from refusals import Refusal

BODY_MAX = 1 << 20
CLOUDFLARE = (b"<!DOCTYPE html>\n<html lang=\"en-US\"><head><title>Attention Required! | Cloudflare</title></head>"
              b"<body><h1>Sorry, you have been blocked</h1><p>Cloudflare Ray ID: 0123456789abcdef</p></body></html>\n")
REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 415: "Unsupported Media Type",
           429: "Too Many Requests", 500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout"}
JSON, HTML, PLAIN = "application/json", "text/html; charset=UTF-8", "text/plain; charset=UTF-8"


class Gone(Exception):
    """The connection ends here, without an answer: closed, or reset."""

    def __init__(self, reset):
        super().__init__()
        self.reset = reset


class Reply:
    """Status, type, headers and body; cut: so many bytes of the body are never sent."""

    def __init__(self, status, body, kind=JSON, headers=None, cut=0):
        self.status, self.body, self.kind, self.headers, self.cut = status, body, kind, headers or {}, cut

    def bytes(self, keep):
        """As it goes out."""
        lines = [f"HTTP/1.1 {self.status} {REASONS.get(self.status, 'Unknown')}", f"Content-Type: {self.kind}", f"Content-Length: {len(self.body)}",
                 f"Connection: {'keep-alive' if keep else 'close'}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + self.body[:len(self.body) - self.cut]


class Request:
    """What came; query and parts are decoded."""

    def __init__(self, method, target, headers, raw):
        self.method, self.target, self.headers, self.raw = method, target, headers, raw
        split = urlsplit(target)
        self.path, self.query = unquote(split.path), dict(parse_qsl(split.query.replace("+", "%2B"), keep_blank_values=True))
        self.body, self.parts, self.faults = {}, [], {}

    def parse(self):
        """The body, where there is one, is a JSON object whose numbers are exact."""
        if not self.raw:
            return
        try:
            self.body = json.loads(self.raw, parse_float=Decimal)
        except ValueError:
            raise Refusal("parameter") from None
        if not isinstance(self.body, dict):
            raise Refusal("parameter")


def encode(value):
    """Compact JSON."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def shuffled(value, chance):
    """The same with members in another order, and one that nobody knows in each object."""
    if isinstance(value, list):
        return [shuffled(each, chance) for each in value]
    if not isinstance(value, dict):
        return value
    members = [(name, shuffled(each, chance)) for name, each in value.items()] + [("notKnownYet", {"a": [1, None]})]
    chance.shuffle(members)
    return dict(members)


class Fake:
    """The whole of it: what a request becomes."""

    def __init__(self, exchange, gate, limits, faults):
        self.exchange, self.gate, self.limits, self.faults = exchange, gate, limits, faults
        self.requests, self.connections, self.chance = {}, 0, random.Random(1)

    def answer(self, request):
        """The reply, or Gone."""
        if request.path.startswith("/fake/"):
            return self.controlled(request)
        endpoint, request.parts = endpoints.find(request.method, request.path)
        if endpoint is None:
            return self.refusal(Refusal("url"))
        with self.exchange.lock:
            self.requests[endpoint.name] = self.requests.get(endpoint.name, 0) + 1
            request.faults = self.faults.strike(endpoint.name)
        reply = self.before(request.faults) or self.executed(endpoint, request)
        return self.afterwards(request.faults, reply)

    def controlled(self, request):
        """One of the fake's own."""
        function = control.TABLE.get((request.method, request.path.removeprefix("/fake/")))
        if function is None:
            return Reply(404, encode({"error": "no such control"}))
        try:
            request.parse()
            request.query.update({"symbol": request.body.get("symbol", "")})
            with self.exchange.lock:
                self.exchange.advance()
                answer = function(self, request)
        except (Refusal, ValueError, KeyError, TypeError, ArithmeticError) as error:
            return Reply(400, encode({"error": getattr(error, "text", None) or repr(error)}))
        return Reply(200, answer.encode(), "application/x-ndjson") if isinstance(answer, str) else Reply(200, encode(answer))

    # ---- the exchange's ----

    def refusal(self, refusal, headers=None):
        """An answer other than 200000."""
        return Reply(refusal.status, encode({"code": refusal.code, "msg": refusal.text}), headers=headers)

    def executed(self, endpoint, request):
        """Limits, signature, and the endpoint itself."""
        with self.exchange.lock:
            fits, headers = self.limits.charge(endpoint.pool, endpoint.weight)
            try:
                if not fits:
                    raise Refusal("rate")
                self.admit(endpoint, request)
                self.exchange.advance()
                answer = {"code": "200000", "data": endpoint.function(self.exchange, request)}
            except Refusal as refusal:
                return self.refusal(refusal, headers)
            except (ValueError, ArithmeticError, TypeError, AttributeError):
                return self.refusal(Refusal("parameter"), headers)
            if self.exchange.settings["shuffle"]:
                answer = shuffled(answer, self.chance)
        return Reply(200, encode(answer), headers=headers)

    def admit(self, endpoint, request):
        """The request is well formed, and may do this."""
        if request.method == "POST" and not request.headers.get("content-type", "").startswith(JSON):
            raise Refusal("media type")
        if endpoint.permission:
            self.gate.check(request, self.exchange.clock.now())
            if endpoint.permission not in self.exchange.settings["permission"].split(","):
                raise Refusal("permission")
        request.parse()

    # ---- the network's ----

    def before(self, faults):
        """What befalls a request on its way: the reply that it gets instead, or None."""
        if "delay-before" in faults:
            time.sleep(int(faults["delay-before"].get("ms", 1000)) / 1000)
        if "drop-before" in faults or "reset-before" in faults:
            raise Gone("reset-before" in faults)
        for kind, fault in faults.items():
            reply = self.instead(kind, fault)
            if reply:
                return reply
        return None

    def instead(self, kind, fault):
        """The reply of a fault that keeps the request from being done."""
        if kind == "html-before":
            return Reply(int(fault.get("status", 403)), CLOUDFLARE, HTML)
        if kind == "1015":
            return Reply(429, b"error code: 1015", PLAIN)
        if kind == "429":
            return self.refusal(Refusal("rate"), limit_headers(4000, 0, int(fault.get("ms", 1000))))
        if kind == "refuse":
            return self.refusal(checks.told(fault.get("code", "200004"), fault.get("msg", "refused"), fault.get("status", 200)))
        plain = {"429-bare": "rate", "429-system": "system rate", "timestamp": "timestamp", "busy-before": "busy"}.get(kind)
        if plain or (kind.endswith("-before") and kind[:3].isdigit()):
            return self.refusal(Refusal(plain or kind[:3]))
        return None

    def afterwards(self, faults, reply):
        """What befalls the answer of a request that was done."""
        if "delay-after" in faults:
            time.sleep(int(faults["delay-after"].get("ms", 1000)) / 1000)
        if "drop-reply" in faults or "reset-after" in faults:
            raise Gone("reset-after" in faults)
        for kind, fault in faults.items():
            if kind == "html-after":
                return Reply(int(fault.get("status", 502)), CLOUDFLARE, HTML)
            if kind == "busy-after" or (kind.endswith("-after") and kind[:3].isdigit()):
                return self.refusal(Refusal("busy" if kind == "busy-after" else kind[:3]))
            if kind == "truncated":
                reply.cut = len(reply.body) // 2
            if kind == "cut-json":
                reply.body = reply.body[:len(reply.body) // 2]
            if kind == "skew":
                reply.body = encode({"code": "200000", "data": self.exchange.clock.now() + int(fault.get("ms", 10000))})
        return reply


class Connection(socketserver.StreamRequestHandler):
    """One client's connection, which it may use again and again."""

    disable_nagle_algorithm = True

    def handle(self):
        """Requests until the client, or a fault, ends it."""
        fake = self.server.fake
        with fake.exchange.lock:
            fake.connections += 1
        try:
            while self.one(fake):
                pass
        except (ConnectionError, ValueError):
            return
        except Gone as gone:
            self.end(gone.reset)

    def one(self, fake):
        """One request and its reply; false at the end."""
        line = self.rfile.readline(65537)
        if not line.strip():
            return False
        method, target, version = line.decode("latin-1").split()
        headers = {}
        while (line := self.rfile.readline(65537)) not in (b"\r\n", b"\n", b""):
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.strip().lower()] = value.strip()
        length = int(headers.get("content-length", 0))
        if not 0 <= length <= BODY_MAX:
            return False
        request = Request(method, target, headers, self.rfile.read(length))
        if method == "GET" and request.raw:
            reply = Reply(403, CLOUDFLARE, HTML)
        else:
            reply = fake.answer(request)
        keep = version == "HTTP/1.1" and headers.get("connection", "").lower() != "close" and not reply.cut
        self.wfile.write(reply.bytes(keep))
        return keep

    def end(self, reset):
        """Close without a word; with reset the other side sees RST."""
        if reset:
            self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.rfile.close()
            self.request.close()


class Server(socketserver.ThreadingTCPServer):
    """Listens on loopback."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, port, fake):
        self.fake = fake
        super().__init__(("127.0.0.1", port), Connection)

    def run(self):
        """Serve for good; time goes on between requests too."""
        threading.Thread(target=self.tick, daemon=True).start()
        self.serve_forever(poll_interval=60)

    def tick(self):
        """Timers and candles do not wait for a request."""
        while True:
            time.sleep(0.02)
            with self.fake.exchange.lock:
                self.fake.exchange.advance()
