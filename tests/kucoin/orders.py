"""Orders and fills, and how the exchange writes them."""
from money import ZERO, text

ECHOED = {"stp": None, "timeInForce": "GTC", "postOnly": False, "hidden": False, "iceberg": False, "visibleSize": "0", "cancelAfter": 0,
          "remark": None, "tags": None}


class Order:
    """One, from when it is accepted on."""

    def __init__(self, number, market, request, now):
        self.id, self.market, self.created, self.updated = number, market, now, now
        self.client, self.side, self.kind = request.get("clientOid") or "", request["side"], request["type"]
        self.price, self.size, self.funds = request["price"], request["size"], request["funds"]
        self.echoed = {name: request.get(name, default) for name, default in ECHOED.items()}
        self.active, self.in_book, self.cancel_exist = True, False, False
        self.filled = self.cost = self.fee = self.hold = ZERO
        self.cancelled_size = self.cancelled_funds = ZERO
        self.fee_currency = market.quote
        self.over = 0           # its place among orders that are over, by which pages go
        self.visible_from = 0.0 # monotonic seconds
        self.partial = None     # fault that fills it piecemeal
        self.late_fills = 0     # ms until a fill is listed

    @property
    def by_funds(self):
        """A market order that says what to spend."""
        return self.kind == "market" and not self.size

    @property
    def remaining(self):
        """Size that may still fill; of an order by funds nobody knows."""
        return ZERO if self.by_funds or not self.active else self.size - self.filled

    def close(self, now, place, cancelled):
        """It is over: filled, or what remains of it is cancelled."""
        if cancelled:
            self.cancel_exist = True
            self.cancelled_size = ZERO if self.by_funds else self.size - self.filled
            self.cancelled_funds = max(self.funds - self.cost, ZERO) if self.funds else ZERO
        self.active, self.in_book, self.updated, self.over = False, False, now, place

    def json(self):
        """As the queries of orders answer."""
        rest = ZERO if self.cancel_exist else max(self.funds - self.cost, ZERO) if self.funds else ZERO
        return {
            "id": self.id, "clientOid": self.client, "symbol": self.market.name, "opType": "DEAL", "type": self.kind, "side": self.side,
            "price": text(self.price), "size": text(self.size), "funds": text(self.funds), "dealSize": text(self.filled),
            "dealFunds": text(self.cost), "remainSize": text(self.remaining), "remainFunds": text(rest),
            "cancelledSize": text(self.cancelled_size), "cancelledFunds": text(self.cancelled_funds), "fee": text(self.fee),
            "feeCurrency": self.fee_currency, **self.echoed, "channel": "API", "cancelExist": self.cancel_exist, "tradeType": "TRADE",
            "inOrderBook": self.in_book, "active": self.active, "tax": "0", "createdAt": self.created, "lastUpdatedAt": self.updated,
        }

    def summary(self):
        """As the calls that wait for the matching engine answer."""
        return {
            "originSize": text(self.size), "dealSize": text(self.filled), "remainSize": text(self.remaining),
            "canceledSize": text(self.cancelled_size), "status": "open" if self.active else "done",
        }


class Fill:
    """One trade of an order."""

    def __init__(self, number, trade, order, price, size, rate, liquidity, moment):
        self.id, self.trade, self.order, self.price, self.size, self.rate = number, trade, order, price, size, rate
        self.funds, self.liquidity, self.moment = price * size, liquidity, moment
        self.fee, self.fee_currency, self.visible_from = self.funds * rate, order.market.quote, 0.0

    def json(self):
        """As GET hf/fills answers; id and tradeId are bare integers, the latter above 2^53."""
        return {
            "id": self.id, "orderId": self.order.id, "counterOrderId": f"{self.trade:024x}", "tradeId": self.trade, "symbol": self.order.market.name,
            "side": self.order.side, "liquidity": self.liquidity, "type": self.order.kind, "forceTaker": False, "price": text(self.price),
            "size": text(self.size), "funds": text(self.funds), "fee": text(self.fee), "feeRate": text(self.rate),
            "feeCurrency": self.fee_currency, "stop": "", "tradeType": "TRADE", "taxRate": "0", "tax": "0", "createdAt": self.moment,
        }
