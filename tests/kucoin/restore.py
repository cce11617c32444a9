"""An exchange that goes on from the ledger of one that was killed."""
import itertools
from decimal import Decimal

from money import ONE
from orders import ECHOED, Fill, Order


class Silent:
    """In place of the ledger while what it has is done again."""

    def write(self, *_arguments, **_members):
        """It is written already."""


def order_of(exchange, listed):
    """An order as it was when it was accepted."""
    request = {name: Decimal(listed[name]) for name in ("price", "size", "funds")}
    request.update({name: listed[name] for name in ("clientOid", "side", "type", *ECHOED)})
    return Order(listed["id"], exchange.markets[listed["symbol"]], request, listed["createdAt"])


def fill_of(exchange, listed):
    """A fill as it was."""
    order = exchange.orders[listed["orderId"]]
    fill = Fill(listed["id"], listed["tradeId"], order, Decimal(listed["price"]), Decimal(listed["size"]), Decimal(listed["feeRate"]),
                listed["liquidity"], listed["createdAt"])
    fill.fee, fill.fee_currency = Decimal(listed["fee"]), listed["feeCurrency"]
    return fill


def again(exchange, event):
    """Do one event again."""
    kind = event["event"]
    if kind == "balance":
        exchange.total[event["currency"]] = Decimal(event["amount"])
    elif kind == "accepted":
        order = order_of(exchange, event["order"])
        exchange.orders[order.id] = exchange.active[order.id] = order
        exchange.by_client.setdefault(order.client, []).append(order)
    elif kind == "fill":
        fill = fill_of(exchange, event["fill"])
        exchange.book(fill.order, fill)
        if event["done"]:
            exchange.finish(fill.order, None, event["time"])
    elif kind in ("canceled", "filled"):
        exchange.finish(exchange.orders[event["orderId"]], event.get("reason"), event["time"])


def restore(exchange, events):
    """All events again; then what was active holds what it has to, and a market order that had not filled yet does."""
    ledger, exchange.ledger = exchange.ledger, Silent()
    exchange.total, exchange.held = {}, {}
    for event in events:
        again(exchange, event)
    exchange.ledger = ledger
    ledger.events, ledger.number = list(events), events[-1]["number"] if events else 0
    exchange.numbers = itertools.count(len(exchange.orders) + 1)
    for order in list(exchange.active.values()):
        left = order.remaining * (order.price * (ONE + exchange.rate("taker_fee")) if order.side == "buy" else ONE)
        exchange.hold(order, exchange.needed(order) if order.kind == "market" else left)
        if order.kind == "market":
            exchange.match(order)
        else:
            exchange.rest(order)
