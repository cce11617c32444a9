"""Endpoints that need a signature. Each takes the exchange and the request, and answers what stands under `data`."""
import time

from money import ZERO, text
from refusals import Refusal, Told

PAGE, PAGE_MAX = 20, 100
WEEK = 7 * 24 * 3600 * 1000
BATCH = 5


# ---- account ----

def accounts(exchange, request):
    """GET accounts; accounts that trade by hf are listed as `trade` and, to who asks for those, as `trade_hf`."""
    kind, wanted = request.query.get("type", "trade"), request.query.get("currency")
    if kind not in ("trade", "trade_hf"):
        return []
    return [
        {"id": str(548674591753 + place), "currency": currency, "type": kind, "balance": text(total), "available": text(exchange.available(currency)),
         "holds": text(exchange.held.get(currency, ZERO))}
        for place, (currency, total) in enumerate(exchange.total.items()) if wanted in (None, currency)
    ]


def opened(_exchange, _request):
    """GET hf/accounts/opened."""
    return True


def account_mode(_exchange, _request):
    """GET ua/v1/account/mode."""
    return {"selfAccountMode": "CLASSIC"}


def key(exchange, request):
    """GET user/api-key."""
    return {
        "remark": "fake", "apiKey": request.headers["kc-api-key"], "apiVersion": 3, "permission": exchange.settings["permission"],
        "ipWhitelist": "127.0.0.1", "createdAt": 1728443843000, "uid": 165111215, "isMaster": True,
    }


def base_fee(exchange, _request):
    """GET base-fee."""
    return {"takerFeeRate": exchange.settings["taker_fee"], "makerFeeRate": exchange.settings["maker_fee"]}


def fees(exchange, request):
    """GET trade-fees."""
    names = [name for name in request.query.get("symbols", "").split(",") if name]
    if not names or len(names) > 10:
        raise Refusal("parameter")
    if any(name not in exchange.markets for name in names):
        raise Refusal("symbol")
    return [{"symbol": name, **base_fee(exchange, request)} for name in names]


# ---- placing ----

def entered(exchange, request, body, faults, test=False):
    """Place an order; its clientTimestamp has to be that of the signature, as the documentation says, unless a setting lets it differ."""
    stamp = body.get("clientTimestamp")
    if stamp is not None and str(stamp) != request.headers["kc-api-timestamp"] and exchange.settings["client_timestamp"] == "equal":
        raise Refusal("parameter")
    return exchange.place(body, faults, test)


def place(exchange, request):
    """POST hf/orders."""
    order = entered(exchange, request, request.body, request.faults)
    return {"orderId": order.id, "clientOid": order.client}


def placed_sync(exchange, order):
    """What the calls that wait for the engine say of a new order."""
    return {"orderId": order.id, "clientOid": order.client, "orderTime": order.created, **order.summary(), "matchTime": exchange.clock.now()}


def place_sync(exchange, request):
    """POST hf/orders/sync."""
    return placed_sync(exchange, entered(exchange, request, request.body, request.faults))


def test(exchange, request):
    """POST hf/orders/test."""
    order = entered(exchange, request, request.body, {}, test=True)
    return {"orderId": order.id, "clientOid": order.client}


def batch(exchange, request, answer):
    """Up to five limit orders; each is taken or refused by itself."""
    bodies = request.body.get("orderList")
    if not isinstance(bodies, list) or not 1 <= len(bodies) <= BATCH:
        raise Refusal("parameter")
    out = []
    for body in bodies:
        try:
            out.append({**answer(entered(exchange, request, body, request.faults)), "success": True})
        except Refusal as refusal:
            out.append({"success": False, "failMsg": refusal.text})
    return out


def multi(exchange, request):
    """POST hf/orders/multi."""
    return batch(exchange, request, lambda order: {"orderId": order.id, "clientOid": order.client})


def multi_sync(exchange, request):
    """POST hf/orders/multi/sync."""
    return batch(exchange, request, lambda order: placed_sync(exchange, order))


# ---- orders ----

def market_of(exchange, request):
    """The market that every question about orders has to name."""
    name = request.query.get("symbol")
    if not name:
        raise Refusal("symbol missing")
    if name not in exchange.markets:
        raise Refusal("symbol")
    return exchange.markets[name]


def visible(exchange, order):
    """It is listed by now, and not over for too long."""
    hours = int(exchange.settings["visible_hours"])
    return order.visible_from <= time.monotonic() and (order.active or order.updated > exchange.clock.now() - hours * 3600000)


def by_id(exchange, request):
    """The order of a request's order id, or None."""
    market, order = market_of(exchange, request), exchange.orders.get(request.parts[0])
    return order if order and order.market is market and visible(exchange, order) else None


def by_client(exchange, request):
    """The youngest order of a request's client id, or None."""
    market = market_of(exchange, request)
    found = [order for order in exchange.by_client.get(request.parts[0], []) if order.market is market and visible(exchange, order)]
    return found[-1] if found else None


def answer(exchange, order):
    """An order, or that there is none, in one of the ways that were seen."""
    if order:
        return order.json()
    if exchange.settings["unknown_order"] == "null":
        return None
    raise Refusal(exchange.settings["unknown_order"])


def order_by_id(exchange, request):
    """GET hf/orders/{orderId}."""
    return answer(exchange, by_id(exchange, request))


def order_by_client(exchange, request):
    """GET hf/orders/client-order/{clientOid}."""
    return answer(exchange, by_client(exchange, request))


def listed(exchange, request, orders):
    """Those of the market that are visible and of the side and type asked for, the last changed first."""
    market, side, kind = market_of(exchange, request), request.query.get("side"), request.query.get("type")
    return [order for order in orders if order.market is market and visible(exchange, order) and side in (None, order.side)
            and kind in (None, order.kind)]


def active(exchange, request):
    """GET hf/orders/active: a bare list."""
    orders = listed(exchange, request, exchange.active.values())
    return [order.json() for order in sorted(orders, key=lambda order: (order.updated, order.id), reverse=True)]


def active_page(exchange, request):
    """GET hf/orders/active/page."""
    rows, number, size = active(exchange, request), int(request.query.get("pageNum", 1)), int(request.query.get("pageSize", PAGE))
    if size > 500:
        raise Refusal("page")
    if number < 1 or size < 1:
        raise Refusal("parameter")
    return {"currentPage": number, "pageSize": size, "totalNum": len(rows), "totalPage": -(-len(rows) // size),
            "items": rows[(number - 1) * size:number * size]}


def active_symbols(exchange, _request):
    """GET hf/orders/active/symbols."""
    return {"symbols": sorted({order.market.name for order in exchange.active.values() if visible(exchange, order)})}


def span(exchange, request):
    """Times of a query in ms, a week at most; with a start alone, the week after it."""
    first, last = request.query.get("startAt"), request.query.get("endAt")
    if first is not None and last is not None and int(last) - int(first) > WEEK:
        raise Refusal("duration")
    if first is None:
        return 0 if last is None else int(last) - WEEK, exchange.clock.now() if last is None else int(last)
    return int(first), int(first) + WEEK if last is None else int(last)


def page(request, rows, place_of):
    """A page of rows, the youngest first, before lastId where one is given."""
    size, last = int(request.query.get("limit", PAGE)), request.query.get("lastId")
    if not 1 <= size <= PAGE_MAX:
        raise Refusal("parameter")
    rows = sorted((row for row in rows if last in (None, "0") or place_of(row) < int(last)), key=place_of, reverse=True)[:size]
    return {"items": [row.json() for row in rows], "lastId": place_of(rows[-1]) if rows else 0}


def done(exchange, request):
    """GET hf/orders/done."""
    first, last = span(exchange, request)
    rows = [order for order in listed(exchange, request, exchange.orders.values()) if not order.active and first <= order.updated <= last]
    return page(request, rows, lambda order: order.over)


def fills(exchange, request):
    """GET hf/fills; an order id makes all else but the page irrelevant."""
    market, number = market_of(exchange, request), request.query.get("orderId")
    rows = [fill for fill in exchange.fills if fill.order.market is market and fill.visible_from <= time.monotonic()
            and fill.order.visible_from <= time.monotonic()]
    if number:
        rows = [fill for fill in rows if fill.order.id == number]
    else:
        first, last = span(exchange, request)
        side, kind = request.query.get("side"), request.query.get("type")
        rows = [fill for fill in rows if first <= fill.moment <= last and side in (None, fill.order.side) and kind in (None, fill.order.kind)]
    return page(request, rows, lambda fill: fill.id)


# ---- cancelling ----

def cancel_one(exchange, request, order):
    """Ask for one order's cancellation."""
    if not order or not order.active:
        raise Refusal("gone")
    exchange.cancel(order, request.faults)
    return order


def cancel(exchange, request):
    """DELETE hf/orders/{orderId}."""
    return {"orderId": cancel_one(exchange, request, by_id(exchange, request)).id}


def cancel_client(exchange, request):
    """DELETE hf/orders/client-order/{clientOid}."""
    return {"clientOid": cancel_one(exchange, request, by_client(exchange, request)).client}


def cancel_sync(exchange, request):
    """DELETE hf/orders/sync/{orderId}."""
    order = cancel_one(exchange, request, by_id(exchange, request))
    return {"orderId": order.id, **order.summary()}


def cancel_client_sync(exchange, request):
    """DELETE hf/orders/sync/client-order/{clientOid}."""
    order = cancel_one(exchange, request, by_client(exchange, request))
    return {"clientOid": order.client, **order.summary()}


def cancel_symbol(exchange, request):
    """DELETE hf/orders."""
    market = market_of(exchange, request)
    for order in [each for each in exchange.active.values() if each.market is market]:
        exchange.cancel(order, request.faults)
    return "success"


def cancel_all(exchange, request):
    """DELETE hf/orders/cancelAll."""
    names = sorted({order.market.name for order in exchange.active.values()})
    for order in list(exchange.active.values()):
        exchange.cancel(order, request.faults)
    return {"succeedSymbols": names, "failedSymbols": []}


# ---- the dead man's switch ----

def dead_man(exchange, request):
    """POST hf/orders/dead-cancel-all: -1 unsets it."""
    seconds, names = request.body.get("timeout"), request.body.get("symbols") or ""
    if not isinstance(seconds, int) or not (seconds == -1 or 5 <= seconds <= 86400):
        raise Refusal("parameter")
    if any(name not in exchange.markets for name in names.split(",") if name):
        raise Refusal("symbol")
    now = exchange.clock.now() // 1000
    exchange.dead_man = None if seconds == -1 else {"timeout": seconds, "symbols": names, "triggerTime": now + seconds}
    return {"currentTime": now, "triggerTime": now + seconds} if seconds > 0 else {"currentTime": now, "triggerTime": 0}


def dead_man_query(exchange, _request):
    """GET hf/orders/dead-cancel-all/query: nothing where it is not set."""
    if not exchange.dead_man:
        return None
    return {**exchange.dead_man, "currentTime": exchange.clock.now() // 1000}


def gone(_exchange, _request):
    """A classic endpoint, which KuCoin is withdrawing."""
    raise Told("401000", "The interface has been deprecated")
