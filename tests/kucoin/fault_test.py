"""Tests of the fake exchange's faults. `python3 fault_test.py [CASE[.TEST]…]`."""
import http.client
import json
import time
import unittest

from self_test import Case

LIMIT = {"size": "0.001", "price": "50000"}


class Network(Case):
    """What befalls requests and answers."""

    def lost(self, call):
        """No answer comes; which exception says so."""
        try:
            answer = call()
        except (OSError, http.client.HTTPException) as error:
            return type(error)
        raise AssertionError(f"answered: {answer.text}")

    def placed(self, fake):
        """Client ids that the ledger has accepted."""
        return [event["order"]["clientOid"] for event in fake.ledger() if event["event"] == "accepted"]

    def test_drop(self):
        """Before, nothing is done; with the reply, it is."""
        fake = self.start("--fault", "drop-before:place")
        self.lost(lambda: fake.place(**LIMIT, client="never"))
        self.assertEqual(self.placed(fake), [])
        fake.control("fault", spec="drop-reply:place")
        self.lost(lambda: fake.place(**LIMIT, client="done"))
        self.assertEqual((self.placed(fake), fake.order("done").data["active"]), (["done"], True))
        self.assertEqual(fake.place(**LIMIT, client="next").code, "200000")

    def test_reset(self):
        """The same, and the connection is reset."""
        fake = self.start()
        for kind, placed in (("reset-before", []), ("reset-after", ["b"])):
            fake.control("fault", spec=f"{kind}:place")
            client = "a" if kind == "reset-before" else "b"
            self.assertEqual(self.lost(lambda name=client: fake.place(**LIMIT, client=name)), ConnectionResetError)
            self.assertEqual(self.placed(fake), placed)

    def test_delay(self):
        """Before: it may come too late for its window. After: it was done in time."""
        fake = self.start()
        body = lambda: {**LIMIT, "allowMaxTimeWindow": 100, "clientTimestamp": round(time.time() * 1000)}
        fake.control("fault", kind="delay-before", endpoint="place", ms=300)
        self.refused(fake.place(**body()), "400100", "The order has exceeded allowMaxTimeWindow.")
        fake.control("fault", kind="delay-after", endpoint="place", ms=300)
        begun = time.monotonic()
        self.assertEqual(fake.place(**body()).code, "200000")
        self.assertGreaterEqual(time.monotonic() - begun, 0.3)

    def test_statuses(self):
        """5xx and busy, before and after."""
        fake = self.start()
        for number, (kind, status, code) in enumerate((("500-before", 500, "500000"), ("503-before", 503, "503000"), ("busy-before", 200, "230005"),
                                                       ("500-after", 500, "500000"), ("503-after", 503, "503000"), ("504-after", 504, "504000"),
                                                       ("busy-after", 200, "230005"))):
            fake.control("fault", kind=kind, endpoint="place")
            self.refused(fake.place(**LIMIT, client=f"{number}-{kind}"), code, status=status)
        self.assertEqual(self.placed(fake), ["3-500-after", "4-503-after", "5-504-after", "6-busy-after"])

    def test_rates(self):
        """429 with headers, without, of the system, and Cloudflare's 1015."""
        fake = self.start()
        fake.control("fault", kind="429", endpoint="place", ms=700)
        answer = fake.place(**LIMIT)
        self.assertEqual((answer.status, answer.code), (429, "429000"))
        self.assertEqual((answer.headers["gw-ratelimit-remaining"], answer.headers["gw-ratelimit-reset"]), ("0", "700"))
        fake.control("fault", kind="429-bare", endpoint="place")
        answer = fake.place(**LIMIT)
        self.assertEqual((answer.status, answer.code, answer.headers["gw-ratelimit-reset"]), (429, "429000", None))
        fake.control("fault", kind="429-system", endpoint="place")
        self.refused(fake.place(**LIMIT), "429000", "Too many requests. System-level rate limit exceeded.", 429)
        fake.control("fault", kind="1015", endpoint="place")
        answer = fake.place(**LIMIT)
        self.assertEqual((answer.status, answer.text, answer.json), (429, "error code: 1015", None))
        self.assertEqual(self.placed(fake), [])

    def test_bodies(self):
        """HTML, half an answer, half a JSON."""
        fake = self.start()
        fake.control("fault", kind="html-before", endpoint="place")
        answer = fake.place(**LIMIT, client="a")
        self.assertEqual((answer.status, answer.headers["Content-Type"], self.placed(fake)), (403, "text/html; charset=UTF-8", []))
        fake.control("fault", kind="html-after", endpoint="place")
        self.assertEqual((fake.place(**LIMIT, client="b").status, self.placed(fake)), (502, ["b"]))
        fake.control("fault", kind="truncated", endpoint="place")
        self.assertEqual((self.lost(lambda: fake.place(**LIMIT, client="c")), self.placed(fake)), (http.client.IncompleteRead, ["b", "c"]))
        fake.control("fault", kind="cut-json", endpoint="place")
        answer = fake.place(**LIMIT, client="d")
        self.assertEqual((answer.status, answer.json, self.placed(fake)), (200, None, ["b", "c", "d"]))

    def test_clock(self):
        """An answer of the time that is off, and a timestamp refused."""
        fake = self.start()
        fake.control("fault", kind="skew", endpoint="time", ms=60000)
        for off in (60000, 0):
            self.assertAlmostEqual(fake.send("GET", "/api/v1/timestamp").data, time.time() * 1000 + off, delta=2000)
        fake.control("fault", kind="timestamp", endpoint="place")
        self.refused(fake.place(**LIMIT), "400002", status=400)
        fake.control("clock", add=20000)
        self.refused(fake.place(**LIMIT), "400002", status=400)
        self.assertEqual(fake.call("GET", "accounts", add=20000).code, "200000")

    def test_chances(self):
        """One seed, one course; counts and what is let pass first."""
        def course(seed):
            """What one seed makes of forty requests."""
            fake = self.start("--fault", "503-before:time:0.3", "--seed", str(seed))
            return [fake.send("GET", "/api/v1/timestamp").status for _ in range(40)]
        self.assertEqual(course(1), course(1))
        self.assertNotEqual(course(1), course(2))
        fake = self.start("--fault", "503-before:any:2:skip=1")
        self.assertEqual([fake.send("GET", "/api/v1/status").status for _ in range(5)], [200, 503, 503, 200, 200])
        fake.control("fault", spec="503-before:any:9")
        fake.control("clear")
        self.assertEqual(fake.send("GET", "/api/v1/status").status, 200)
        self.assertEqual(fake.send("POST", "/fake/fault", json.dumps({"kind": "flood"})).status, 400)

    def test_refuse(self):
        """Any words a test wants."""
        fake = self.start()
        fake.control("fault", kind="refuse", endpoint="place", code="400200", msg="Forbidden to place an order")
        self.refused(fake.place(**LIMIT), "400200", "Forbidden to place an order")


class Engine(Case):
    """What the exchange does with orders."""

    def test_partial_market(self):
        """In two fills; or the rest is cancelled."""
        fake = self.start("--price", "50000")
        fake.control("fault", kind="partial", endpoint="place", fraction="0.4")
        fake.place(kind="market", size="0.01", client="two")
        order = fake.order("two").data
        fills = fake.call("GET", f"hf/fills?symbol=BTC-USDT&orderId={order['id']}").data["items"]
        self.assertEqual(([fill["size"] for fill in fills], order["dealSize"], order["cancelExist"]), (["0.006", "0.004"], "0.01", False))
        fake.control("fault", kind="partial", endpoint="place", fraction="0.4", rest="cancel")
        fake.place(kind="market", size="0.01", client="some")
        order = fake.order("some").data
        self.assertEqual((order["dealSize"], order["cancelledSize"], order["cancelExist"], order["active"]), ("0.004", "0.006", True, False))

    def test_partial_limit(self):
        """Some now, the rest when the price comes again, or never."""
        fake = self.start("--price", "50000")
        fake.control("fault", kind="partial", endpoint="place", fraction="0.25", times=2)
        fake.place(size="0.01", price="50000", client="one")
        self.assertEqual((fake.order("one").data["dealSize"], fake.order("one").data["inOrderBook"]), ("0.0025", True))
        for filled in ("0.004375", "0.01"):
            fake.control("price", symbol="BTC-USDT", price="49000")
            self.assertEqual(fake.order("one").data["dealSize"], filled)
        fake.place(size="0.01", price="48000", client="other")
        fake.control("fill", clientOid="other", size="0.004")
        fake.call("DELETE", "hf/orders/client-order/other?symbol=BTC-USDT")
        order = fake.order("other").data
        self.assertEqual((order["dealSize"], order["cancelledSize"], order["fee"], order["cancelExist"]), ("0.004", "0.006", "0.192", True))

    def test_late_match(self):
        """A market order that is active for a while."""
        fake = self.start()
        fake.control("fault", kind="late-match", endpoint="place", ms=400)
        fake.place(kind="market", size="0.001", client="m")
        order = fake.order("m").data
        self.assertEqual((order["active"], order["dealSize"]), (True, "0"))
        time.sleep(0.6)
        self.assertEqual(fake.order("m").data["dealSize"], "0.001")

    def test_late_match_dearer(self):
        """A buyer who can no longer pay for all of it gets what the account pays for; the rest is cancelled."""
        fake = self.start("--price", "50000", "--balance", "USDT=500.5")
        fake.control("fault", kind="late-match", endpoint="place", ms=200)
        fake.place(kind="market", size="0.01", client="m")
        fake.control("price", symbol="BTC-USDT", price="80000")
        time.sleep(0.4)
        order = fake.order("m").data
        self.assertEqual((order["dealSize"], order["cancelledSize"], order["cancelExist"]), ("0.00625", "0.00375", True))
        self.assertEqual(fake.state()["balances"]["USDT"], {"balance": "0", "available": "0", "holds": "0"})

    def test_late_fills(self):
        """The order is over before its fill is listed."""
        fake = self.start()
        fake.control("fault", kind="late-fills", endpoint="place", ms=400)
        fake.place(kind="market", size="0.001", client="m")
        self.assertEqual(fake.order("m").data["active"], False)
        self.assertEqual(fake.call("GET", "hf/fills?symbol=BTC-USDT").data["items"], [])
        time.sleep(0.6)
        self.assertEqual(len(fake.call("GET", "hf/fills?symbol=BTC-USDT").data["items"]), 1)

    def test_absent(self):
        """An order that was taken is nowhere to be seen yet."""
        fake = self.start()
        fake.control("fault", kind="absent", endpoint="place", ms=500)
        number = fake.place(**LIMIT, client="a").data["orderId"]
        self.refused(fake.order("a"), "400100", "The order does not exist.")
        self.refused(fake.call("GET", f"hf/orders/{number}?symbol=BTC-USDT"), "400100")
        self.refused(fake.call("DELETE", f"hf/orders/{number}?symbol=BTC-USDT"), "400100")
        self.assertEqual(fake.call("GET", "hf/orders/active?symbol=BTC-USDT").data, [])
        time.sleep(0.7)
        self.assertEqual(fake.order("a").data["active"], True)

    def test_late_cancel(self):
        """A cancel that was taken, and the order fills all the same."""
        fake = self.start("--price", "50000")
        fake.place(size="0.001", price="49000", client="a")
        fake.control("fault", kind="late-cancel", endpoint="cancel", ms=300)
        self.assertEqual(fake.call("DELETE", "hf/orders/client-order/a?symbol=BTC-USDT").data, {"clientOid": "a"})
        self.assertEqual(fake.order("a").data["active"], True)
        fake.control("price", symbol="BTC-USDT", price="48000")
        time.sleep(0.5)
        order = fake.order("a").data
        self.assertEqual((order["dealSize"], order["cancelExist"]), ("0.001", False))

    def test_unknown_orders(self):
        """In each way that was seen."""
        for mode, code in (("unknown order", "400100"), ("order_not_exist", "order_not_exist"), ("null", "200000")):
            fake = self.start("--set", f"unknown_order={mode}")
            answer = fake.order("nobody")
            self.assertEqual((answer.code, answer.data), (code, None))

    def test_maintenance(self):
        """Cancels go on while it is cancelonly, nothing while it is closed."""
        fake = self.start()
        fake.place(**LIMIT, client="a")
        fake.place(**LIMIT, client="b")
        fake.control("settings", status="cancelonly", status_text="upgrade")
        self.assertEqual(fake.send("GET", "/api/v1/status").data, {"status": "cancelonly", "msg": "upgrade"})
        self.refused(fake.place(**LIMIT), "200001", "Order creation for this pair suspended")
        self.assertEqual(fake.call("DELETE", "hf/orders/client-order/a?symbol=BTC-USDT").code, "200000")
        fake.control("settings", status="close")
        self.refused(fake.call("DELETE", "hf/orders/client-order/b?symbol=BTC-USDT"), "200002")

    def test_visibility(self):
        """An order that is over is not listed for good."""
        fake = self.start()
        fake.place(kind="market", size="0.001", client="m")
        fake.control("clock", add=73 * 3600000)
        answer = fake.call("GET", "hf/orders/client-order/m?symbol=BTC-USDT", add=73 * 3600000)
        self.refused(answer, "400100", "The order does not exist.")

    def test_shuffle(self):
        """Members in any order, and some that nobody knows."""
        fake = self.start("--set", "shuffle=1")
        fake.place(**LIMIT, client="a")
        texts = {fake.order("a").text for _ in range(4)}
        self.assertEqual((len(texts), all("notKnownYet" in text for text in texts)), (4, True))

    def test_others(self):
        """Somebody else uses the account, and the exchange cancels by itself."""
        fake = self.start()
        fake.control("order", symbol="BTC-USDT", side="buy", type="limit", clientOid="foreign", **LIMIT)
        self.assertEqual(fake.call("GET", "hf/orders/active?symbol=BTC-USDT").data[0]["clientOid"], "foreign")
        fake.control("cancel", clientOid="foreign")
        self.assertEqual(fake.order("foreign").data["cancelExist"], True)


if __name__ == "__main__":
    unittest.main()
