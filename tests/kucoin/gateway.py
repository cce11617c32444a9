"""What stands before the exchange: rate limits and signatures."""
import base64
import hashlib
import hmac
import time
from urllib.parse import unquote

from refusals import Refusal

SKEW = 5000  # ms that a request's timestamp may differ
SIGNED = ("kc-api-key", "kc-api-sign", "kc-api-timestamp", "kc-api-passphrase")


class Limits:
    """Quotas of pools, each over a window that its first request begins."""

    def __init__(self, quotas, window):
        self.quotas, self.window, self.pools = {"Public": 2000, "Spot": 4000, "Management": 2000, **quotas}, window, {}

    def charge(self, pool, weight):
        """Take weight from the pool: whether it had it, and the headers that say what is left."""
        now = time.monotonic()
        begun, used = self.pools.get(pool, (now, 0))
        if now - begun >= self.window / 1000:
            begun, used = now, 0
        quota = int(self.quotas[pool])
        fits = used + weight <= quota
        used = used + weight if fits else used
        self.pools[pool] = (begun, used)
        reset = max(int(self.window - (now - begun) * 1000), 0)
        return fits, limit_headers(quota, quota - used, reset)


def limit_headers(limit, remaining, reset):
    """The three that come with every answer; reset is in ms."""
    return {"gw-ratelimit-limit": str(limit), "gw-ratelimit-remaining": str(remaining), "gw-ratelimit-reset": str(reset)}


def mac(secret, message):
    """Base64 of HMAC-SHA256."""
    return base64.b64encode(hmac.new(secret.encode(), message, hashlib.sha256).digest()).decode()


class Gate:
    """The one key that is let in."""

    def __init__(self, key, secret, passphrase):
        self.key, self.secret, self.passphrase = key, secret, mac(secret, passphrase.encode())

    def check(self, request, now):
        """The request is signed with it: key versions 2 and 3, over the target as it reads when it is decoded."""
        headers = request.headers
        if any(name not in headers for name in SIGNED):
            raise Refusal("header")
        if headers["kc-api-key"] != self.key:
            raise Refusal("key")
        if headers.get("kc-api-key-version") not in ("2", "3"):
            raise Refusal("key version")
        stamp = headers["kc-api-timestamp"]
        if not stamp.isdigit() or abs(int(stamp) - now) > SKEW:
            raise Refusal("timestamp")
        if not hmac.compare_digest(headers["kc-api-passphrase"].encode(), self.passphrase.encode()):
            raise Refusal("passphrase")
        message = (stamp + request.method + unquote(request.target)).encode() + request.raw
        if not hmac.compare_digest(headers["kc-api-sign"].encode(), mac(self.secret, message).encode()):
            raise Refusal("sign")
