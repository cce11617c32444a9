"""Tests of the fake exchange itself: the gate, orders, queries, money. `python3 self_test.py [CASE[.TEST]…]`."""
import http.client
import random
import threading
import time
import unittest
from decimal import Decimal

from client import DATA, Client

CANDLES = f"{DATA}/btcusd-bitstamp-2013_5m.csv"
LAST = "1385913600"  # start of its last candle
BODY = '{"symbol":"BTC-USDT","side":"buy","type":"market","clientOid":"crowd-%d","size":"0.001"}'


class Case(unittest.TestCase):
    """Starts an exchange for a test."""

    def start(self, *options, **members):
        """One that ends with the test."""
        client = Client(*options, **members)
        self.addCleanup(client.stop)
        return client

    def refused(self, answer, code, words=None, status=200):
        """The answer is this refusal."""
        self.assertEqual((answer.status, answer.code), (status, code), answer.text)
        if words:
            self.assertEqual(answer.words, words)


class Gate(Case):
    """Signatures, and requests that are not well formed."""

    def test_signature(self):
        """Every part of it counts."""
        fake = self.start()
        self.assertEqual(fake.call("GET", "accounts?type=trade").code, "200000")
        self.assertEqual(fake.call("GET", "accounts?type=trade", version="2").code, "200000")
        self.refused(fake.send("GET", "/api/v1/accounts"), "400001", status=400)
        self.refused(fake.call("GET", "accounts", key="nobody"), "400003", "KC-API-KEY not exists", 401)
        self.refused(fake.call("GET", "accounts", version="1"), "400009", status=400)
        self.refused(fake.call("GET", "accounts", passphrase="other"), "400004", "Invalid KC-API-PASSPHRASE", 401)
        self.refused(fake.call("GET", "accounts", secret="other"), "400005", "Invalid KC-API-SIGN", 401)
        self.refused(fake.call("GET", "accounts?type=trade", signed="/api/v1/accounts"), "400005", status=401)
        for add in (-5500, 5500):
            self.refused(fake.call("GET", "accounts", add=add), "400002", "Invalid KC-API-TIMESTAMP", 400)
        for add in (-4500, 4500):
            self.assertEqual(fake.call("GET", "accounts", add=add).code, "200000")

    def test_target_is_signed_decoded(self):
        """%2C goes over the wire, a comma is signed."""
        fake = self.start()
        answer = fake.call("GET", "trade-fees?symbols=BTC-USDT%2CETH-USDT")
        self.assertEqual([row["symbol"] for row in answer.data], ["BTC-USDT", "ETH-USDT"])
        self.refused(fake.call("GET", "trade-fees?symbols=BTC-USDT%2CETH-USDT", signed="/api/v1/trade-fees?symbols=BTC-USDT%2CETH-USDT"), "400005", status=401)

    def test_form(self):
        """Paths, types, bodies."""
        fake = self.start()
        self.refused(fake.send("GET", "/api/v9/no"), "404000", status=404)
        headers = fake.signed("POST", "/api/v1/hf/orders", "{}")
        self.refused(fake.send("POST", "/api/v1/hf/orders", "{}", {**headers, "Content-Type": "text/plain"}), "415000", status=415)
        self.refused(fake.send("POST", "/api/v1/hf/orders", "{", fake.signed("POST", "/api/v1/hf/orders", "{")), "102411")
        page = fake.send("GET", "/api/v1/timestamp", "{}", {})
        self.assertEqual((page.status, page.json), (403, None))
        self.assertIn("Cloudflare", page.text)

    def test_unknown_query_members_are_ignored(self):
        """As ccxt sends them."""
        fake = self.start()
        self.assertEqual(fake.call("GET", "hf/orders/active?status=active&symbol=BTC-USDT&tradeType=TRADE").data, [])

    def test_permission(self):
        """A key that may only read."""
        fake = self.start("--set", "permission=General")
        self.assertEqual(fake.call("GET", "user/api-key").data["permission"], "General")
        self.refused(fake.place(size="0.001", price="50000"), "400007", status=403)

    def test_one_connection(self):
        """It is kept alive."""
        fake = self.start()
        for _ in range(5):
            fake.call("GET", "accounts")
        counts = fake.send("GET", "/fake/requests").json
        self.assertEqual((counts["connections"], counts["endpoints"]), (1, {"accounts": 5}))


class Rates(Case):
    """Quotas of the pools."""

    def test_quota(self):
        """Headers count down, 429 is real, and the window ends."""
        fake = self.start("--quota", "Public=9", "--window", "600")
        seen = [fake.send("GET", "/api/v1/timestamp") for _ in range(4)]
        self.assertEqual([each.status for each in seen], [200, 200, 200, 429])
        self.assertEqual([each.headers["gw-ratelimit-remaining"] for each in seen], ["6", "3", "0", "0"])
        self.assertEqual((seen[3].code, seen[3].words, seen[3].headers["gw-ratelimit-limit"]), ("429000", "Too Many Requests", "9"))
        reset = int(seen[3].headers["gw-ratelimit-reset"])
        self.assertTrue(0 < reset <= 600)
        self.assertEqual(fake.call("GET", "accounts").headers["gw-ratelimit-limit"], "2000")
        time.sleep(reset / 1000 + 0.02)
        self.assertEqual(fake.send("GET", "/api/v1/timestamp").status, 200)


class Candles(Case):
    """Candles and the price that follows them."""

    def test_page(self):
        """Newest first, 1,500 at most, seconds, the candle of endAt among them."""
        fake = self.start("--candles", CANDLES)
        ask = lambda query: fake.send("GET", f"/api/v1/market/candles?symbol=BTC-USDT&{query}").data
        rows = ask("type=5min&startAt=1385337600&endAt=1385338199")
        self.assertEqual(rows, [["1385337900", "806.5", "806.78", "806.95", "801", "16.78280947", "13540.0350242066"],
                                ["1385337600", "800.01", "806.5", "807.47", "800.01", "5.75288384", "4639.70081696"]])
        page = ask("type=5min&startAt=1&endAt=1985338199")
        self.assertEqual((len(page), page[0][0], page[-1][0]), (1500, LAST, str(int(LAST) - 1499 * 300)))
        self.assertEqual(ask("type=1hour&startAt=1385337601&endAt=1385341200")[0][0], "1385341200")
        self.assertEqual(len(ask("type=1hour&startAt=1385337601&endAt=1385341200")), 1)
        self.assertEqual(ask("type=5min"), [])
        self.refused(fake.send("GET", "/api/v1/market/candles?symbol=NO-PAIR&type=1min&startAt=1&endAt=2"), "400100", "Unsupported trading pair.")

    def test_clock(self):
        """The price walks with the clock, and an order that a candle crosses fills at its limit."""
        fake = self.start("--candles", CANDLES, "--now", "2013-11-25T00:00:00", "--speed", "0")
        price = lambda: fake.send("GET", "/api/v1/market/orderbook/level1?symbol=BTC-USDT").data["price"]
        self.assertEqual(price(), "800.01")
        add = 1385337600000 - round(time.time() * 1000)
        body = {"symbol": "BTC-USDT", "side": "buy", "type": "limit", "clientOid": "c", "size": "0.01", "price": "801.5"}
        self.assertEqual(fake.call("POST", "hf/orders", {**body, "clientOid": "at-once"}, add=add).code, "200000")
        fake.control("clock", now="2013-11-25T00:05:01")
        self.assertEqual(price(), "806.5")
        self.assertEqual(fake.call("POST", "hf/orders", body, add=add + 301000).code, "200000")
        fake.control("clock", add=359000)
        fills = fake.call("GET", "hf/fills?symbol=BTC-USDT", add=add + 660000).data["items"]
        self.assertEqual([(fill["price"], fill["liquidity"], fill["createdAt"]) for fill in fills],
                         [("801.5", "maker", 1385338200000), ("800.01", "taker", 1385337600000)])
        last = fake.send("GET", "/api/v1/market/candles?symbol=BTC-USDT&type=5min&startAt=1385338200&endAt=1385338201").data
        self.assertEqual(last[0][1:5], [price()] * 4)

    def test_added(self):
        """A candle that comes late."""
        fake = self.start("--now", "2024-01-01T00:10:00", "--speed", "0")
        ask = lambda: fake.send("GET", "/api/v1/market/candles?symbol=ETH-USDT&type=1min&startAt=1704067200&endAt=1704070800").data
        self.assertEqual(ask(), [])
        fake.control("candles", symbol="ETH-USDT", step=60, rows=[[1704067200, "1", "3", "0.5", "2", "10"], [1704067260, "2", "2", "2", "2", "1"]])
        self.assertEqual([row[0] for row in ask()], ["1704067260", "1704067200"])


class Orders(Case):
    """Placing, looking and cancelling."""

    def test_life(self):
        """A limit order rests, fills by the price and is listed where it belongs."""
        fake = self.start("--balance", "USDT=1000", "--price", "50000")
        placed = fake.place(size="0.002", price="49000", client="one")
        self.assertEqual(placed.data["clientOid"], "one")
        order = fake.order("one").data
        self.assertEqual((order["active"], order["inOrderBook"], order["remainSize"], order["funds"]), (True, True, "0.002", "98"))
        self.assertEqual(fake.balance("USDT"), (Decimal("1000"), Decimal("901.902"), Decimal("98.098")))
        self.assertEqual(fake.call("GET", "hf/orders/active/symbols").data, {"symbols": ["BTC-USDT"]})
        self.assertEqual(fake.call("GET", "hf/orders/active/page?symbol=BTC-USDT&pageSize=20").data["totalNum"], 1)
        fake.control("price", symbol="BTC-USDT", price="48000")
        order = fake.call("GET", f"hf/orders/{order['id']}?symbol=BTC-USDT").data
        self.assertEqual((order["active"], order["dealSize"], order["dealFunds"], order["fee"]), (False, "0.002", "98", "0.098"))
        self.assertEqual(fake.call("GET", "hf/orders/active?symbol=BTC-USDT").data, [])
        self.assertEqual([row["id"] for row in fake.call("GET", "hf/orders/done?symbol=BTC-USDT").data["items"]], [order["id"]])
        self.assertEqual(fake.balance("USDT"), (Decimal("901.902"), Decimal("901.902"), 0))
        self.assertEqual([event["event"] for event in fake.ledger()], ["balance", "accepted", "fill"])

    def test_cancel(self):
        """By each id, plain and sync, by market, and all."""
        fake = self.start()
        ids = {name: fake.place(size="0.001", price="50000", client=name).data["orderId"] for name in "abcdef"}
        self.assertEqual(fake.call("DELETE", f"hf/orders/{ids['a']}?symbol=BTC-USDT").data, {"orderId": ids["a"]})
        self.assertEqual(fake.call("DELETE", "hf/orders/client-order/b?symbol=BTC-USDT").data, {"clientOid": "b"})
        self.assertEqual(fake.call("DELETE", f"hf/orders/sync/{ids['c']}?symbol=BTC-USDT").data["canceledSize"], "0.001")
        self.assertEqual(fake.call("DELETE", "hf/orders/sync/client-order/d?symbol=BTC-USDT").data["status"], "done")
        self.refused(fake.call("DELETE", "hf/orders/client-order/d?symbol=BTC-USDT"), "400100", "order_not_exist_or_not_allow_to_cancel")
        self.assertEqual(fake.call("DELETE", "hf/orders?symbol=BTC-USDT").data, "success")
        self.assertEqual(fake.call("DELETE", "hf/orders/cancelAll").data, {"succeedSymbols": [], "failedSymbols": []})
        self.assertEqual(fake.balance("USDT"), (10000, 10000, 0))
        order = fake.order("f").data
        self.assertEqual((order["cancelExist"], order["cancelledSize"], order["cancelledFunds"], order["active"]), (True, "0.001", "50", False))

    def test_kinds(self):
        """Market by size and by funds with dust, sync, test, batch."""
        fake = self.start("--price", "50001")
        answer = fake.place(kind="market", funds="10", sync=True, client="funds").data
        self.assertEqual((answer["dealSize"], answer["status"]), ("0.00019999", "done"))
        order = fake.order("funds").data
        self.assertEqual((order["dealFunds"], order["cancelledFunds"], order["cancelExist"], order["fee"]), ("9.99969999", "0.00030001", True, "0.00999969999"))
        self.assertEqual(fake.place("sell", "market", size="0.0001", sync=True).data["dealSize"], "0.0001")
        fake.call("POST", "hf/orders/test", {"symbol": "BTC-USDT", "side": "buy", "type": "limit", "size": "0.001", "price": "50000", "clientOid": "no"})
        self.refused(fake.order("no"), "400100", "The order does not exist.")
        base = {"symbol": "BTC-USDT", "side": "buy", "type": "limit", "price": "40000"}
        rows = fake.call("POST", "hf/orders/multi", {"orderList": [{**base, "clientOid": "m1", "size": "0.001"}, {**base, "size": "0.000001"}]}).data
        self.assertEqual([row["success"] for row in rows], [True, False])
        self.assertEqual(rows[1]["failMsg"], "Order size below the minimum requirement.")

    def test_time_in_force(self):
        """IOC, GTT, post only."""
        fake = self.start("--price", "50000")
        fake.place(size="0.001", price="49000", timeInForce="IOC", client="ioc")
        fake.place(size="0.001", price="50500", postOnly=True, client="post")
        fake.place(size="0.001", price="49000", timeInForce="GTT", cancelAfter=1, client="gtt")
        self.assertEqual([fake.order(name).data["active"] for name in ("ioc", "post", "gtt")], [False, False, True])
        time.sleep(1.1)
        self.assertEqual(fake.order("gtt").data["cancelExist"], True)

    def test_rules(self):
        """Increments, minimums, band, funds, number of orders, names."""
        fake = self.start("--price", "50000", "--balance", "USDT=1000")
        for code, words, members in (
                ("400100", "Order size increment invalid.", {"size": "0.000000001", "price": "50000"}),
                ("400100", "Order size below the minimum requirement.", {"size": "0.000009", "price": "50000"}),
                ("300000", "Order size invalid.", {"size": "10000000001", "price": "50000"}),
                ("400100", "Price increment invalid.", {"size": "0.001", "price": "50000.05"}),
                ("400100", "price not in the given range!", {"size": "0.001", "price": "55000.1"}),
                ("600101", "The order funds should more then 0.1 USDT.", {"size": "0.00001", "price": "9999.9"}),
                ("200004", "Balance insufficient!", {"size": "0.02", "price": "50000"}),
                ("400100", "Funds increment invalid.", {"kind": "market", "funds": "10.0000001"}),
                ("600100", "Funds below the minimum requirement.", {"kind": "market", "funds": "0.09"}),
                ("200004", "Balance insufficient!", {"kind": "market", "funds": "1000"}),
                ("900001", "symbol not exists", {"size": "1", "price": "1", "symbol": "NO-PAIR"}),
                ("400600", "validation.createOrder.symbolNotAvailable", {"size": "10", "price": "0.5", "symbol": "XRP-USDT"}),
                ("102411", "Parameter error", {"size": "0.001", "price": "50000", "client": "x" * 41}),
                ("102411", "Parameter error", {"size": "0.001", "price": "1e3"})):
            self.refused(fake.place(**members), code, words)
        self.assertEqual(fake.state()["orders"], [])
        for number in range(200):
            self.assertEqual(fake.place(size="0.00001", price="40000", client=f"n-{number}").code, "200000")
        self.refused(fake.place(size="0.00001", price="40000"), "200003")

    def test_time_window(self):
        """An order that comes too late by its own words is refused."""
        fake = self.start()
        now = round(time.time() * 1000)
        late = {"size": "0.001", "price": "50000", "allowMaxTimeWindow": 500, "clientTimestamp": now - 1000}
        self.refused(fake.place(**late, client="w"), "400100")
        self.assertEqual(fake.place(**{**late, "clientTimestamp": now}, client="w").code, "200000")
        body = {"symbol": "BTC-USDT", "side": "buy", "type": "limit", "clientOid": "v", **late, "allowMaxTimeWindow": 5000}
        self.refused(fake.call("POST", "hf/orders", body), "102411")
        fake.control("settings", client_timestamp="any")
        self.assertEqual(fake.call("POST", "hf/orders", body).code, "200000")

    def test_client_ids(self):
        """A repeated one is refused in either way, or taken once the first is over."""
        for mode, code in (("refuse", "400100"), ("102426", "102426")):
            fake = self.start("--set", f"duplicates={mode}")
            fake.place(size="0.001", price="50000", client="same")
            self.refused(fake.place(size="0.001", price="50000", client="same"), code)
        fake = self.start("--set", "duplicates=accept-done")
        fake.place(size="0.001", price="50000", client="same")
        self.refused(fake.place(size="0.001", price="50000", client="same"), "400100", "validation.createOrder.clientOidDuplicated")
        fake.call("DELETE", "hf/orders/client-order/same?symbol=BTC-USDT")
        self.assertEqual(fake.place(size="0.001", price="50000", client="same").code, "200000")
        self.assertEqual(sum(event["event"] == "accepted" for event in fake.ledger()), 2)

    def test_pages(self):
        """Of fills and of orders that are over, by lastId."""
        fake = self.start("--balance", "USDT=100000")
        for _ in range(5):
            fake.place(kind="market", size="0.001")
        for name in ("fills", "orders/done"):
            seen, last = [], ""
            while True:
                data = fake.call("GET", f"hf/{name}?symbol=BTC-USDT&limit=2{last}").data
                if not data["items"]:
                    break
                seen += [row["id"] for row in data["items"]]
                last = f"&lastId={data['lastId']}"
            self.assertEqual((len(seen), len(set(seen)), seen), (5, 5, sorted(seen, reverse=True)))
        self.assertGreater(fake.call("GET", "hf/fills?symbol=BTC-USDT").data["items"][0]["tradeId"], 2**53)
        self.refused(fake.call("GET", "hf/fills?symbol=BTC-USDT&startAt=1700000000000&endAt=1800000000000"), "400100")
        self.refused(fake.call("GET", "hf/fills"), "400100")

    def test_crowd(self):
        """Many connections at once: each client id is taken once, whoever comes first."""
        fake = self.start("--balance", "USDT=100000")
        headers = [fake.signed("POST", "/api/v1/hf/orders", body) for body in (BODY % number for number in range(40))]

        def client():
            """Sends all of them by a connection of its own."""
            connection = http.client.HTTPConnection("127.0.0.1", fake.port, timeout=20)
            for number in range(40):
                connection.request("POST", "/api/v1/hf/orders", BODY % number, headers[number])
                connection.getresponse().read()
            connection.close()

        threads = [threading.Thread(target=client) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        events = [event["event"] for event in fake.ledger()]
        self.assertEqual((events.count("accepted"), events.count("fill"), events.count("refused")), (40, 40, 200))
        self.assertEqual(fake.send("GET", "/fake/requests").json["connections"], 7)

    def test_dead_man(self):
        """It fires unless it is set again, and can be unset."""
        fake = self.start("--speed", "10")
        fake.control("clock", now=round(time.time() * 1000))
        body = lambda seconds: {"timeout": seconds, "symbols": "BTC-USDT"}
        fake.place(size="0.001", price="50000", client="one")
        self.assertIsNone(fake.call("GET", "hf/orders/dead-cancel-all/query").data)
        answer = fake.call("POST", "hf/orders/dead-cancel-all", body(5), add=0).data
        self.assertEqual(answer["triggerTime"], answer["currentTime"] + 5)
        time.sleep(0.8)
        events = [event for event in fake.ledger() if event["event"] == "canceled"]
        self.assertEqual([(event["clientOid"], event["reason"]) for event in events], [("one", "dead man")])


class Money(Case):
    """Nothing is lost and nothing made."""

    def check(self, fake, begin):
        """Balances are those of the beginning and what fills moved; what is held is what active orders need."""
        state = fake.state()
        total = {currency: Decimal(amount) for currency, amount in begin.items()}
        for fill in state["fills"]:
            base, quote = fill["symbol"].split("-")
            sign = 1 if fill["side"] == "buy" else -1
            self.assertEqual(Decimal(fill["funds"]), Decimal(fill["price"]) * Decimal(fill["size"]))
            total[base] = total.get(base, 0) + sign * Decimal(fill["size"])
            total[quote] = total.get(quote, 0) - sign * Decimal(fill["funds"])
            total[fill["feeCurrency"]] -= Decimal(fill["fee"])
        held = {}
        for order in state["orders"]:
            base, quote = order["symbol"].split("-")
            if order["active"]:
                left = Decimal(order["remainSize"])
                currency, amount = (quote, left * Decimal(order["price"]) * Decimal("1.001")) if order["side"] == "buy" else (base, left)
                held[currency] = held.get(currency, 0) + amount
            own = [fill for fill in state["fills"] if fill["orderId"] == order["id"]]
            self.assertEqual(Decimal(order["dealSize"]), sum(Decimal(fill["size"]) for fill in own))
            self.assertEqual(Decimal(order["dealFunds"]), sum(Decimal(fill["funds"]) for fill in own))
        for currency, row in state["balances"].items():
            self.assertEqual(Decimal(row["balance"]), total.get(currency, 0), currency)
            self.assertEqual(Decimal(row["holds"]), held.get(currency, 0), currency)
            self.assertGreaterEqual(Decimal(row["available"]), 0)
        return state

    def storm(self, fake, chance, rounds):
        """Random orders, prices and cancels."""
        for number in range(rounds):
            market, digits, scale = chance.choice((("BTC-USDT", 1, 50000), ("ETH-USDT", 2, 2500)))
            price, side = f"{scale * chance.uniform(0.95, 1.05):.{digits}f}", chance.choice(("buy", "sell"))
            step = chance.randrange(6)
            if step < 2:
                fake.place(side, symbol=market, size=f"{chance.uniform(0.0002, 0.02):.7f}", price=price, client=f"s-{number}")
            elif step == 2:
                fake.place(side, "market", symbol=market, size=f"{chance.uniform(0.0002, 0.02):.7f}", client=f"s-{number}")
            elif step == 3:
                fake.place(side, "market", symbol=market, funds=f"{chance.uniform(1, 300):.6f}", client=f"s-{number}")
            elif step == 4:
                fake.control("price", symbol=market, price=price)
            else:
                fake.call("DELETE", f"hf/orders/client-order/s-{chance.randrange(number + 1)}?symbol={market}")

    def test_storm(self):
        """Balance = beginning + fills - fees, to the last digit; killed and started again, it is the same exchange."""
        begin = {"USDT": "3000", "BTC": "0.05", "ETH": "1"}
        options = [word for pair in begin.items() for word in ("--balance", "=".join(pair))]
        fake = self.start(*options, "--price", "50000", "--price", "ETH-USDT=2500", "--fault", "partial:place:0.3:times=2,fraction=0.37")
        self.storm(fake, random.Random(6), 400)
        state = self.check(fake, begin)
        self.assertGreater(len(state["fills"]), 100)
        self.assertTrue(any(order["active"] for order in state["orders"]))
        fake.process.kill()
        fake.process.wait()
        again = self.start("--price", "50000", "--price", "ETH-USDT=2500", ledger=fake.ledger_file)
        after = self.check(again, begin)
        for name in ("balances", "fills"):
            self.assertEqual(after[name], state[name])
        unlike = [(one, other) for one, other in zip(state["orders"], after["orders"]) if one != other]
        self.assertEqual(unlike, [])

    def test_other_fee_currency(self):
        """Fees in another currency are taken from that."""
        fake = self.start("--balance", "USDT=1000", "--balance", "KCS=1", "--set", "fee_currency=KCS", "--price", "50000")
        fake.place(kind="market", size="0.001")
        fill = fake.call("GET", "hf/fills?symbol=BTC-USDT").data["items"][0]
        self.assertEqual((fill["fee"], fill["feeCurrency"]), ("0.005", "KCS"))
        self.assertEqual((fake.balance("KCS")[0], fake.balance("USDT")[0]), (Decimal("0.995"), 950))


if __name__ == "__main__":
    unittest.main()
