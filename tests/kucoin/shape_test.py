"""Tests of the fake exchange's answers against the official samples (samples.jsonl), and of its refusals against reports of KuCoin's.

Source of the samples: Kucoin/kucoin-universal-sdk, MIT licence, copyright (c) 2025 KuCoin; tests/vectors/kucoin/NOTICE has the text.
"""
import itertools
import json
import os
import unittest

from client import HERE
from gateway import Gate
from refusals import REFUSALS, Refusal
from self_test import Case
from server import Request

MADE_UP = {"502", "504"}  # of gateways between, which nobody has reported with a body


def lines(*path):
    """Objects of a file of JSON lines."""
    with open(os.path.join(HERE, *path), encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def unlike(mine, official, place="data"):
    """Where an answer is of another shape: members, their kinds, and the first of lists."""
    if isinstance(official, dict) and isinstance(mine, dict):
        if set(mine) != set(official):
            return [f"{place}: {sorted(set(mine) ^ set(official))}"]
        return [each for name in mine for each in unlike(mine[name], official[name], f"{place}.{name}")]
    if isinstance(official, list) and isinstance(mine, list):
        return unlike(mine[0], official[0], f"{place}[0]") if mine and official else [] if official == mine else [f"{place}: empty"]
    if mine is None or official is None or type(mine) is type(official):
        return []
    return [f"{place}: {type(mine).__name__}, not {type(official).__name__}"]


class Shape(Case):
    """Every endpoint that has a sample."""

    def placing(self, fake):
        """Name of a sample and the answer to it, in an order in which each finds something."""
        order = {"type": "limit", "symbol": "BTC-USDT", "side": "buy", "price": "50000", "size": "0.00001"}
        two = {"orderList": [{**order, "clientOid": "b1"}, {**order, "clientOid": "b1"}]}
        yield "hf-order-add", fake.place(client="first", price="50000", size="0.00001")
        yield "hf-order-add-sync", fake.call("POST", "hf/orders/sync", {**order, "clientOid": "sync"})
        yield "hf-order-test", fake.call("POST", "hf/orders/test", {**order, "clientOid": "test"})
        yield "hf-order-batch", fake.call("POST", "hf/orders/multi", two)
        two["orderList"][0]["clientOid"] = "b2"
        yield "hf-order-batch-sync", fake.call("POST", "hf/orders/multi/sync", two)

    def looking(self, fake):
        """The same for questions about them."""
        market, first = "symbol=BTC-USDT", fake.order("first").data["id"]
        fake.place(kind="market", size="0.001")
        for name, target in (
                ("hf-order-get-by-orderid", f"hf/orders/{first}?{market}"), ("hf-order-get-by-clientoid", f"hf/orders/client-order/first?{market}"),
                ("hf-orders-active", f"hf/orders/active?{market}"), ("hf-orders-active-page", f"hf/orders/active/page?{market}"),
                ("hf-orders-active-symbols", "hf/orders/active/symbols"), ("hf-orders-done", f"hf/orders/done?{market}"),
                ("hf-fills", f"hf/fills?{market}"), ("accounts-list", "accounts?type=trade"), ("apikey-info", "user/api-key"), ("fee-base", "base-fee"),
                ("fee-actual", "trade-fees?symbols=BTC-USDT"), ("server-time", "timestamp"), ("service-status", "status"),
                ("ticker-level1", f"market/orderbook/level1?{market}"), ("tickers-all", "market/allTickers"), ("stats-24hr", f"market/stats?{market}"),
                ("orderbook-part-level2", f"market/orderbook/level2_20?{market}"), ("symbols-all-v2", "/api/v2/symbols"),
                ("candles", f"market/candles?{market}&type=5min&startAt=1385337600&endAt=1385337700"), ("symbol-one-v2", "/api/v2/symbols/BTC-USDT")):
            yield name, fake.call("GET", target)

    def ending(self, fake):
        """The same for what ends them."""
        market, first = "symbol=BTC-USDT", fake.order("first").data["id"]
        second = fake.order("b2").data["id"]
        yield "hf-cancel-by-orderid", fake.call("DELETE", f"hf/orders/{first}?{market}")
        yield "hf-cancel-by-orderid-sync", fake.call("DELETE", f"hf/orders/sync/{second}?{market}")
        yield "hf-cancel-by-clientoid-sync", fake.call("DELETE", f"hf/orders/sync/client-order/sync?{market}")
        yield "hf-cancel-by-clientoid", fake.call("DELETE", f"hf/orders/client-order/b1?{market}")
        fake.place(price="40000", size="0.00001")
        yield "hf-cancel-all", fake.call("DELETE", "hf/orders/cancelAll")
        yield "hf-cancel-all-by-symbol", fake.call("DELETE", f"hf/orders?{market}")
        yield "hf-deadman-set", fake.call("POST", "hf/orders/dead-cancel-all", {"timeout": 60, "symbols": "BTC-USDT"})
        yield "hf-deadman-get", fake.call("GET", "hf/orders/dead-cancel-all/query")

    def test_answers(self):
        """Members and their kinds are those of the sample."""
        fake = self.start("--candles", f"{HERE}/../data/btcusd-bitstamp-2013_5m.csv", "--price", "60000", "--balance", "USDT=100000")
        samples, seen = {row["name"]: row["body"] for row in lines("samples.jsonl")}, set()
        for name, answer in itertools.chain(self.placing(fake), self.looking(fake), self.ending(fake)):
            self.assertEqual((answer.status, answer.code), (200, "200000"), name)
            self.assertEqual(unlike(json.loads(answer.text)["data"], samples[name]["data"]), [], name)
            seen.add(name)
        self.assertEqual(seen, set(samples))

    def test_rules_of_the_sample(self):
        """BTC-USDT is as the sample lists it."""
        listed = self.start().send("GET", "/api/v2/symbols/BTC-USDT").data
        self.assertEqual(listed, next(row["body"]["data"] for row in lines("samples.jsonl") if row["name"] == "symbol-one-v2"))

    def test_signatures(self):
        """The published vectors are let in, over the wire's target and over the decoded one; nothing else is."""
        with open(os.path.join(HERE, "..", "vectors", "kucoin", "signing.json"), encoding="utf-8") as file:
            signing = json.load(file)
        own = signing["made_up_credentials"]
        gate = Gate(own["key"], own["secret"], own["passphrase"])
        for vector in signing["vectors"]:
            headers = {"kc-api-key": own["key"], "kc-api-key-version": "3", "kc-api-timestamp": vector["timestamp"],
                       "kc-api-passphrase": own["passphrase_header"], "kc-api-sign": vector["sign"]}
            request = Request(vector["method"], vector.get("wire_path") or vector["path"], headers, vector["body"].encode())
            gate.check(request, int(vector["timestamp"]))
            request.raw += b" "
            self.assertRaises(Refusal, gate.check, request, int(vector["timestamp"]))

    def test_refusals(self):
        """Code, words and, where it was seen, HTTP status are those of a report or of the documentation."""
        known = {(row["body"]["code"], row["body"]["msg"]): row["http"] for row in lines("..", "vectors", "kucoin", "errors.jsonl")}
        for name, (status, code, words) in REFUSALS.items():
            if name in MADE_UP or name == "window":
                continue
            self.assertIn((code, words), known, name)
            self.assertIn(known[(code, words)], (status, None), name)


if __name__ == "__main__":
    unittest.main()
