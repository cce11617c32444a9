"""An unmodified ccxt against the fake exchange: nothing of it is changed but its URLs. Arguments: URL SCENARIO."""
import sys
import time

import ccxt

from client import KEY, PASSPHRASE, SECRET


def exchange(url, **changes):
    """ccxt's kucoin at that URL."""
    made = ccxt.kucoin({"apiKey": KEY, "secret": SECRET, "password": PASSPHRASE, **changes})
    made.urls["api"] = {name: url for name in made.urls["api"]}
    return made


def refused(kind, function, *arguments, **members):
    """The call raises exactly this."""
    try:
        answer = function(*arguments, **members)
    except kind as error:
        assert type(error) is kind, f"{type(error).__name__}, not {kind.__name__}: {error}"
        return
    raise AssertionError(f"not refused: {answer}")


def markets(url):
    """Markets with their increments and fees, currencies, time and status."""
    kucoin = exchange(url)
    listed = kucoin.load_markets()
    market = listed["BTC/USDT"]
    assert market["precision"] == {"amount": 1e-8, "price": 0.1} and market["limits"]["amount"]["min"] == 1e-5, market
    assert (market["taker"], market["maker"], market["active"]) == (0.001, 0.001, True), market
    assert listed["XRP/USDT"]["active"] is False and "ETH/BTC" in listed
    assert "USDT" in kucoin.currencies and kucoin.options["hf"] is True
    assert abs(kucoin.fetch_time() - time.time() * 1000) < 2000
    assert kucoin.fetch_status()["status"] == "ok"
    fee = kucoin.fetch_trading_fee("BTC/USDT")
    assert (fee["maker"], fee["taker"]) == (0.001, 0.001), fee


def candles(url):
    """Candles of two timeframes of one file, and tickers."""
    kucoin, begin = exchange(url), 1385337600000
    hours = kucoin.fetch_ohlcv("BTC/USDT", "1h", since=begin, limit=24)
    assert len(hours) == 24 and hours[0] == [begin, 800.01, 808.0, 799.75, 805.99, 316.92265231], hours[:1]
    fives = kucoin.fetch_ohlcv("BTC/USDT", "5m", since=begin, limit=12)
    assert len(fives) == 12 and max(row[2] for row in fives) == hours[0][2] and fives[-1][4] == hours[0][4], fives
    ticker = kucoin.fetch_ticker("BTC/USDT")
    assert ticker["last"] == ticker["bid"] > 0 and kucoin.fetch_tickers(["BTC/USDT"])["BTC/USDT"]["last"] == ticker["last"]
    assert kucoin.fetch_order_book("BTC/USDT", 20)["bids"][0][0] == ticker["last"]


def trading(url):
    """Orders of each kind, read and cancelled; balances and trades."""
    kucoin = exchange(url)
    assert kucoin.fetch_balance()["USDT"] == {"free": 10000.0, "used": 0.0, "total": 10000.0}
    limit = kucoin.create_order("BTC/USDT", "limit", "buy", 0.01, 50000, {"clientOid": "limit-1"})
    kept = kucoin.fetch_order(limit["id"], "BTC/USDT")
    assert (kept["status"], kept["clientOrderId"], kept["price"], kept["amount"]) == ("open", "limit-1", 50000.0, 0.01), kept
    assert kucoin.fetch_balance()["USDT"]["used"] == 500.5
    assert [order["id"] for order in kucoin.fetch_open_orders("BTC/USDT")] == [limit["id"]]
    kucoin.cancel_order(limit["id"], "BTC/USDT")
    assert kucoin.fetch_order(None, "BTC/USDT", {"clientOid": "limit-1"})["status"] == "canceled"
    size = kucoin.create_order("BTC/USDT", "market", "buy", 0.02)
    cost = kucoin.create_market_buy_order_with_cost("BTC/USDT", 670)
    sold = kucoin.create_order("BTC/USDT", "market", "sell", 0.005)
    for made, filled in ((size, 0.02), (cost, 0.01), (sold, 0.005)):
        order = kucoin.fetch_order(made["id"], "BTC/USDT")
        assert (order["status"], order["filled"], order["average"]) == ("closed", filled, 67000.0), order
    assert {order["id"] for order in kucoin.fetch_closed_orders("BTC/USDT")} == {order["id"] for order in (limit, size, cost, sold)}
    trades = kucoin.fetch_my_trades("BTC/USDT")
    assert sorted(trade["amount"] for trade in trades) == [0.005, 0.01, 0.02] and all(trade["fee"]["currency"] == "USDT" for trade in trades)
    balance = kucoin.fetch_balance()
    assert balance["BTC"]["total"] == 0.025 and balance["USDT"]["total"] == 10000 - 1675 - 2.345, balance["USDT"]


def cancelling(url):
    """By client id, sync, several at once, of a market and of all."""
    kucoin = exchange(url)
    kucoin.create_order("BTC/USDT", "limit", "buy", 0.001, 40000, {"clientOid": "a", "sync": True})
    kucoin.cancel_order(None, "BTC/USDT", {"clientOid": "a"})
    kucoin.create_orders([{"symbol": "BTC/USDT", "type": "limit", "side": "buy", "amount": 0.001, "price": 40000 + place} for place in range(3)])
    made = kucoin.fetch_open_orders("BTC/USDT")  # create_orders of 4.5.90 does not understand the answer of hf, and returns nothing
    assert sorted(order["price"] for order in made) == [40000.0, 40001.0, 40002.0], made
    kucoin.cancel_order(made[0]["id"], "BTC/USDT", {"sync": True})
    kucoin.cancel_all_orders("BTC/USDT")
    kucoin.create_order("ETH/USDT", "limit", "buy", 0.1, 2000)
    kucoin.cancel_all_orders()
    assert not kucoin.fetch_open_orders("BTC/USDT") and not kucoin.fetch_open_orders("ETH/USDT")
    kucoin.create_order("BTC/USDT", "limit", "buy", 0.001, 40000, {"test": True})
    assert not kucoin.fetch_open_orders("BTC/USDT")


def refusals(url):
    """Each refusal is one of ccxt's own exceptions."""
    kucoin = exchange(url)
    kucoin.load_markets()
    refused(ccxt.AuthenticationError, exchange(url, secret="wrong").fetch_balance)
    refused(ccxt.AuthenticationError, exchange(url, password="wrong").fetch_balance)
    refused(ccxt.AuthenticationError, exchange(url, apiKey="wrong").fetch_balance)
    skewed = exchange(url)
    skewed.options["timeDifference"] = 6000
    refused(ccxt.InvalidNonce, skewed.fetch_balance)
    refused(ccxt.InsufficientFunds, kucoin.create_order, "BTC/USDT", "limit", "buy", 1, 60000)
    refused(ccxt.InsufficientFunds, kucoin.create_order, "BTC/USDT", "market", "sell", 1)
    place = kucoin.private_post_hf_orders
    base = {"symbol": "BTC-USDT", "side": "buy", "type": "limit", "clientOid": "r"}
    refused(ccxt.InvalidOrder, place, {**base, "size": "0.000000001", "price": "50000"})
    refused(ccxt.InvalidOrder, place, {**base, "size": "0.000001", "price": "50000"})
    refused(ccxt.BadRequest, place, {**base, "size": "0.001", "price": "50000.05"})
    refused(ccxt.InvalidOrder, place, {**base, "size": "0.00001", "price": "5000"})
    refused(ccxt.OrderNotFound, kucoin.fetch_order, "6740aaaa0000000007000001", "BTC/USDT")
    refused(ccxt.OrderNotFound, kucoin.cancel_order, "6740aaaa0000000007000001", "BTC/USDT")
    refused(ccxt.BadSymbol, kucoin.public_get_market_candles, {"symbol": "NO-PAIR", "type": "1min", "startAt": 1, "endAt": 2})


def rate(url):
    """Too many requests."""
    kucoin = exchange(url, enableRateLimit=False)
    for _ in range(3):
        kucoin.fetch_time()
    refused(ccxt.RateLimitExceeded, kucoin.fetch_time)
    time.sleep(1.1)
    kucoin.fetch_time()


def outage(url):
    """503 as JSON, as a page of HTML, and a connection that ends without an answer."""
    kucoin = exchange(url)
    refused(ccxt.ExchangeError, kucoin.fetch_time)
    refused(ccxt.ExchangeNotAvailable, kucoin.fetch_time)
    refused(ccxt.NetworkError, kucoin.fetch_time)


if __name__ == "__main__":
    {function.__name__: function for function in (markets, candles, trading, cancelling, refusals, rate, outage)}[sys.argv[2]](sys.argv[1])
