"""Endpoints that need no key. Each takes the exchange and the request, and answers what stands under `data`."""
from market import step_of
from money import text
from refusals import Refusal

NETWORK = {
    "withdrawalMinSize": "0.001", "depositMinSize": "0.0002", "withdrawFeeRate": "0", "withdrawalMinFee": "0.0005", "isWithdrawEnabled": True,
    "isDepositEnabled": True, "confirms": 3, "preConfirms": 1, "contractAddress": "", "withdrawPrecision": 8, "maxWithdraw": None,
    "maxDeposit": None, "needTag": False,
}


def pair(exchange, name):
    """The market of that name."""
    if name not in exchange.markets:
        raise Refusal("pair")
    return exchange.markets[name]


def server_time(exchange, _request):
    """GET timestamp."""
    return exchange.clock.now()


def status(exchange, _request):
    """GET status."""
    return {"status": exchange.settings["status"], "msg": exchange.settings["status_text"]}


def symbols(exchange, request):
    """GET v2/symbols."""
    kind = request.query.get("market")
    return [market.listed for market in exchange.markets.values() if kind in (None, market.listed["market"])]


def symbol(exchange, request):
    """GET v2/symbols/{symbol}."""
    name = request.parts[0]
    if name not in exchange.markets:
        raise Refusal("symbol")
    return exchange.markets[name].listed


def currencies(exchange, _request):
    """GET v3/currencies."""
    names = sorted({name for market in exchange.markets.values() for name in (market.base, market.quote)})
    return [{"currency": name, "name": name, "fullName": name, "precision": 8, "confirms": None, "contractAddress": None, "isMarginEnabled": True,
             "isDebitEnabled": True, "chains": [{"chainName": name, "chainId": name.lower(), **NETWORK}]} for name in names]


def candles(exchange, request):
    """GET market/candles: seconds, newest first, and the candle that holds endAt among them."""
    market, step = pair(exchange, request.query.get("symbol")), step_of(request.query.get("type"))
    first, last, now = int(request.query.get("startAt", 0)), int(request.query.get("endAt", 0)), exchange.clock.now() // 1000
    if not first and not last:
        return []
    return market.candles(step, first, last or now, now)


def ticker(exchange, request):
    """GET market/orderbook/level1."""
    market = pair(exchange, request.query.get("symbol"))
    return {
        "time": exchange.clock.now(), "sequence": "14609309753", "price": text(market.price), "size": "0.000025", "bestBid": text(market.price),
        "bestBidSize": "1", "bestAsk": text(exchange.ask(market)), "bestAskSize": "1",
    }


def day(exchange, market):
    """What all statistics of 24 hours share."""
    opened, high, low, last, volume, turnover = market.day(exchange.clock.now() // 1000)
    return {
        "symbol": market.name, "buy": text(last), "sell": text(exchange.ask(market)), "changeRate": f"{(last - opened) / opened:.4f}",
        "changePrice": text(last - opened), "high": text(high), "low": text(low), "vol": text(volume), "volValue": text(turnover), "last": text(last),
        "averagePrice": text(last), "takerFeeRate": exchange.settings["taker_fee"], "makerFeeRate": exchange.settings["maker_fee"],
        "takerCoefficient": "1", "makerCoefficient": "1",
    }


def tickers(exchange, _request):
    """GET market/allTickers."""
    rows = [{**day(exchange, market), "symbolName": market.name, "bestBidSize": "1", "bestAskSize": "1"} for market in exchange.markets.values()]
    return {"time": exchange.clock.now(), "ticker": rows}


def statistics(exchange, request):
    """GET market/stats."""
    return {"time": exchange.clock.now(), **day(exchange, pair(exchange, request.query.get("symbol")))}


def book(exchange, request):
    """GET market/orderbook/level2_20 and level2_100: one level a side."""
    market = pair(exchange, request.query.get("symbol"))
    return {"time": exchange.clock.now(), "sequence": "14610502970", "bids": [[text(market.price), "1"]], "asks": [[text(exchange.ask(market)), "1"]]}


def nothing(_exchange, _request):
    """An empty list: of what the fake has none."""
    return []


def no_items(exchange, _request):
    """An empty list as some endpoints wrap it."""
    return {"timestamp": exchange.clock.now(), "items": []}
