#!/usr/bin/env python3
"""Compute tests/vectors/kucoin/signing.json again with Python's hmac; status 1 where a signature differs."""
import base64
import hashlib
import hmac
import json
import pathlib
import sys

vectors = json.loads((pathlib.Path(__file__).parent / "kucoin" / "signing.json").read_text())


def sign(secret, text):
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()).decode()


own, official = vectors["made_up_credentials"], vectors["official_doc_vector"]
failed = [] if sign(own["secret"], own["passphrase"]) == own["passphrase_header"] else ["passphrase"]
failed += [] if sign(official["secret"], official["prehash"]) == official["sign"] else ["official"]
for v in vectors["vectors"]:
    text = v["timestamp"] + v["method"] + v.get("signed_path", v.get("path", "")) + v["body"]
    if text != v["prehash"] or sign(own["secret"], text) != v["sign"]:
        failed.append(v["name"])
print("differ:" if failed else "all agree", *failed)
sys.exit(bool(failed))
