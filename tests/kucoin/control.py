"""The fake's own endpoints, below /fake/, by which tests drive it. They need no signature, count against no limit and meet no fault.

GET /fake/ledger is NDJSON, all else is JSON. Bodies are JSON objects, each member as the option of the program takes it:

    GET  /fake/ledger                                    all events
    GET  /fake/state                                     balances, orders, fills, settings
    GET  /fake/requests                                  how many requests of each endpoint, connections, faults that struck
    POST /fake/price     {"symbol": "BTC-USDT", "price": "67000"}    "candles": true gives it back to the candles
    POST /fake/clock     {"now": ms or ISO, "add": ms, "speed": 1}   each may be left out; speed 0 stands still
    POST /fake/candles   {"symbol", "step": seconds, "rows": [[start s, open, high, low, close, volume], …]}
    POST /fake/fault     {"kind", "endpoint", "count", "probability", "skip", …}, or {"spec": "drop-reply:place:1"}
    POST /fake/clear     no fault any more
    POST /fake/balance   {"USDT": "10000"}
    POST /fake/settings  {"duplicates": "accept-done", "status": "cancelonly", …}: see SETTINGS in exchange.py
    POST /fake/limits    {"Spot": 10, "window": ms}
    POST /fake/fill      {"clientOid", "size", "price"}  a resting order fills by so much
    POST /fake/cancel    {"clientOid"}                   an order is cancelled by nobody's request
    POST /fake/order     an order of somebody else with the same account, as POST hf/orders has it
"""
from decimal import Decimal

import faults
from money import ZERO, text
from private import market_of


def ledger(fake, _request):
    """All events."""
    return fake.exchange.ledger.text()


def state(fake, _request):
    """What there is."""
    exchange = fake.exchange
    balances = {currency: {"balance": text(total), "available": text(exchange.available(currency)), "holds": text(exchange.held.get(currency, ZERO))}
                for currency, total in exchange.total.items()}
    return {
        "now": exchange.clock.now(), "balances": balances, "orders": [order.json() for order in exchange.orders.values()],
        "fills": [fill.json() for fill in exchange.fills], "prices": {name: text(market.price) for name, market in exchange.markets.items()},
        "settings": exchange.settings, "deadMan": exchange.dead_man,
    }


def requests(fake, _request):
    """Counts."""
    return {"endpoints": fake.requests, "connections": fake.connections, "faults": fake.faults.struck}


def price(fake, request):
    """Set a price, or let the candles say it again."""
    exchange, market = fake.exchange, market_of(fake.exchange, request)
    market.scripted = not request.body.get("candles")
    if market.scripted:
        exchange.price(market, Decimal(str(request.body["price"])))
    else:
        market.restart(exchange.clock.now() // 1000)
        exchange.price(market, market.price)
    return {"price": text(market.price)}


def clock(fake, request):
    """Set the clock, and do all that the time between has to do."""
    fake.exchange.clock.set(**request.body)
    fake.exchange.advance()
    return {"now": fake.exchange.clock.now()}


def candles(fake, request):
    """Add candles."""
    rows = [(int(row[0]), *(Decimal(str(value)) for value in row[1:6])) for row in request.body["rows"]]
    market_of(fake.exchange, request).load(rows, fake.exchange.clock.now() // 1000, int(request.body["step"]))
    return {"rows": len(rows)}


def fault(fake, request):
    """Add a fault."""
    fake.faults.add(**(faults.parse(request.body["spec"]) if "spec" in request.body else request.body))
    return {}


def clear(fake, _request):
    """Take all faults away."""
    fake.faults.clear()
    return {}


def balance(fake, request):
    """Set balances."""
    for currency, amount in request.body.items():
        fake.exchange.set_balance(currency, str(amount))
    return {}


def settings(fake, request):
    """Change settings."""
    unknown = set(request.body) - set(fake.exchange.settings)
    if unknown:
        raise ValueError(f"no such setting: {', '.join(sorted(unknown))}")
    fake.exchange.settings.update({name: str(value) for name, value in request.body.items()})
    return fake.exchange.settings


def limits(fake, request):
    """Change quotas; what was used is forgotten."""
    body = dict(request.body)
    fake.limits.window = int(body.pop("window", fake.limits.window))
    fake.limits.quotas.update(body)
    fake.limits.pools.clear()
    return {}


def youngest(fake, request):
    """The order that a body names."""
    return fake.exchange.by_client[request.body["clientOid"]][-1]


def fill(fake, request):
    """Fill some of a resting order."""
    order = youngest(fake, request)
    size = Decimal(str(request.body.get("size", order.remaining)))
    if not 0 < size <= order.remaining:
        raise ValueError("not so much of it is left")
    fake.exchange.trade(order, Decimal(str(request.body.get("price", order.price))), size, "maker")
    return order.json()


def cancel(fake, request):
    """Cancel an order as the exchange itself would."""
    order = youngest(fake, request)
    fake.exchange.cancel_now(order, "exchange")
    return order.json()


def order(fake, request):
    """Place one."""
    return fake.exchange.place(request.body, {}).json()


TABLE = {("GET", "ledger"): ledger, ("GET", "state"): state, ("GET", "requests"): requests} | {
    ("POST", function.__name__): function
    for function in (price, clock, candles, fault, clear, balance, settings, limits, fill, cancel, order)
}
