"""The exchange: accounts, orders, and the matching of them with a price that is given. Callers hold `lock`."""
import heapq
import itertools
import threading
import time
from decimal import ROUND_UP, Decimal

import checks
from money import ONE, ZERO, floor_to, text
from orders import Fill, Order
from refusals import Refusal

FIRST_FILL, FIRST_TRADE, FIRST_OVER = 19814995255305, 11029373945659392, 254062248624417
SETTINGS = {
    "maker_fee": "0.001", "taker_fee": "0.001", "spread": "0", "fee_currency": "", "fee_currency_price": "10",
    "duplicates": "refuse", "unknown_order": "unknown order", "status": "open", "status_text": "", "permission": "General,Spot",
    "visible_hours": "72", "shuffle": "", "client_timestamp": "equal",
}


class Exchange:
    """One account at one exchange."""

    def __init__(self, markets, balances, clock, ledger, settings=None):
        self.lock, self.markets, self.clock, self.ledger = threading.RLock(), markets, clock, ledger
        self.settings = {**SETTINGS, **(settings or {})}
        self.total, self.held = {}, {}
        self.orders, self.active, self.by_client, self.fills = {}, {}, {}, []
        self.numbers, self.over = itertools.count(1), itertools.count(FIRST_OVER)
        self.timers, self.timer_numbers, self.dead_man = [], itertools.count(), None
        for currency, amount in balances.items():
            self.set_balance(currency, amount)

    # ---- accounts ----

    def set_balance(self, currency, amount):
        """Put it there, whatever was."""
        self.total[currency] = Decimal(amount)
        self.ledger.write("balance", self.clock.now(), currency=currency, amount=text(self.total[currency]))

    def available(self, currency):
        """What is there and not held."""
        return self.total.get(currency, ZERO) - self.held.get(currency, ZERO)

    def hold(self, order, amount):
        """An order holds so much from now on: of the quote when it buys, of the base when it sells."""
        currency = order.market.quote if order.side == "buy" else order.market.base
        self.held[currency] = self.held.get(currency, ZERO) + amount - order.hold
        order.hold = amount

    def move(self, currency, amount):
        """Into the account, or out of it."""
        self.total[currency] = self.total.get(currency, ZERO) + amount

    # ---- time ----

    def rate(self, name):
        """A setting that is a number."""
        return Decimal(self.settings[name])

    def after(self, milliseconds, function, *arguments):
        """Call it then, by the real clock."""
        heapq.heappush(self.timers, (time.monotonic() + milliseconds / 1000, next(self.timer_numbers), function, arguments))

    def advance(self):
        """All that time does: timers, the dead man's switch, and what candles say of prices."""
        while self.timers and self.timers[0][0] <= time.monotonic():
            _, _, function, arguments = heapq.heappop(self.timers)
            function(*arguments)
        if self.dead_man and self.clock.now() // 1000 >= self.dead_man["triggerTime"]:
            markets, self.dead_man = self.dead_man["symbols"], None
            for order in [each for each in self.active.values() if not markets or each.market.name in markets.split(",")]:
                self.cancel_now(order, "dead man")
        for market in self.markets.values():
            for moment, price in market.walk(self.clock.now() // 1000):
                self.price(market, price, moment * 1000)

    def price(self, market, price, moment=None):
        """The market has this price now: what crosses it fills, the oldest first."""
        market.price = price
        for order in list(self.active.values()):
            if order.market is market and order.in_book and self.crosses(order):
                self.fill_some(order, order.price, "maker", moment)

    def ask(self, market):
        """What a buyer pays at once; a seller gets the price."""
        return market.price + self.rate("spread")

    def crosses(self, order):
        """Whether a limit order can fill."""
        return order.price >= self.ask(order.market) if order.side == "buy" else order.price <= order.market.price

    # ---- placing ----

    def place(self, body, faults, test=False):
        """Check and take an order; a test is checked alone."""
        try:
            order = self.accepted(body, test)
        except Refusal as refusal:
            if not test:
                self.ledger.write("refused", self.clock.now(), clientOid=body.get("clientOid"), code=refusal.code, text=refusal.text)
            raise
        if not test:
            self.enter(order, faults)
        return order

    def accepted(self, body, test=False):
        """A new order that keeps all rules, with what it holds."""
        now = self.clock.now()
        market, request = checks.order_request(body, self.markets)
        checks.time_window(body, now)
        checks.open_for_trade(market, self.settings["status"], True)
        checks.increments(market, request)
        checks.duplicate(request["clientOid"], self.by_client.get(request["clientOid"]), self.settings["duplicates"])
        checks.room(market, self.active.values())
        order = Order(f"{now // 1000:08x}{0x7000000000 + next(self.numbers):016x}", market, request, now)
        needed = self.needed(order)
        if needed > self.available(market.quote if order.side == "buy" else market.base):
            raise Refusal("balance")
        if not test:
            self.hold(order, needed)
        return order

    def needed(self, order):
        """What it has to hold; a buyer holds the taker's fee too."""
        if order.side == "sell":
            return order.size or floor_to(order.funds / order.market.price, order.market.rule["baseIncrement"])
        funds = order.funds or order.size * self.ask(order.market)
        return funds * (ONE + self.rate("taker_fee"))

    def enter(self, order, faults):
        """It is the exchange's now."""
        self.orders[order.id] = self.active[order.id] = order
        self.by_client.setdefault(order.client, []).append(order)
        self.ledger.write("accepted", order.created, order=order.json())
        if "absent" in faults:
            order.visible_from = time.monotonic() + int(faults["absent"].get("ms", 1000)) / 1000
        order.partial = faults.get("partial")
        order.late_fills = int(faults["late-fills"].get("ms", 1000)) if "late-fills" in faults else 0
        if "late-match" in faults:
            self.after(int(faults["late-match"].get("ms", 1000)), self.match, order)
        else:
            self.match(order)

    def match(self, order):
        """Try it against the price for the first time."""
        if not order.active:
            return
        if order.kind == "market":
            self.fill_market(order)
        elif self.crosses(order) and order.echoed["postOnly"]:
            self.cancel_now(order, "post only")
        else:
            if self.crosses(order):
                self.fill_some(order, self.ask(order.market) if order.side == "buy" else order.market.price, "taker")
            self.rest(order)

    def rest(self, order):
        """What has not filled at once stays in the book, as long as it may."""
        if not order.active:
            return
        if order.echoed["timeInForce"] in ("IOC", "FOK"):
            self.cancel_now(order, order.echoed["timeInForce"])
            return
        order.in_book = True
        if order.echoed["timeInForce"] == "GTT":
            self.after(int(order.echoed["cancelAfter"]) * 1000, self.cancel_now, order, "GTT")

    # ---- filling ----

    def fill_market(self, order):
        """A market order fills as far as its funds go; dust of an order by funds, and what cannot be paid, is cancelled."""
        market, increment = order.market, order.market.rule["baseIncrement"]
        price = self.ask(market) if order.side == "buy" else market.price
        size = order.size - order.filled if order.size else floor_to((order.funds - order.cost) / price, increment)
        if order.side == "buy":
            size = min(size, floor_to((self.available(market.quote) + order.hold) / (price * (ONE + self.rate("taker_fee"))), increment))
        part = self.part(order, size)
        if part:
            self.trade(order, price, part, "taker")
        rest = size - part
        if rest and order.active:
            if order.partial.get("rest", "fill") == "cancel":
                self.cancel_now(order, "price protection")
                return
            self.trade(order, price, rest, "taker")
        if order.active:
            self.finish(order, "dust" if order.by_funds else "funds")

    def fill_some(self, order, price, liquidity, moment=None):
        """A limit order fills, or a part of it where a fault says so."""
        part = self.part(order, order.remaining)
        if part:
            self.trade(order, price, part, liquidity, moment)

    def part(self, order, size):
        """How much of it fills now: all, or by the fault a fraction, so many times."""
        fault = order.partial
        if not fault or int(fault.get("times", 1)) <= 0:
            return size
        fault.values["times"] = int(fault.get("times", 1)) - 1
        return floor_to(size * Decimal(str(fault.get("fraction", "0.5"))), order.market.rule["baseIncrement"])

    def trade(self, order, price, size, liquidity, moment=None):
        """One fill, and the money that it moves."""
        place = len(self.fills)
        fill = Fill(FIRST_FILL + place, FIRST_TRADE + place, order, price, size, self.rate(f"{liquidity}_fee"), liquidity, moment or self.clock.now())
        fill.visible_from = time.monotonic() + order.late_fills / 1000
        self.charge(fill)
        self.book(order, fill)
        done = bool(order.size) and order.filled == order.size
        self.ledger.write("fill", fill.moment, clientOid=order.client, fill=fill.json(), done=done)
        if done:
            self.finish(order, None, fill.moment)

    def charge(self, fill):
        """The fee is the quote's, or is paid in another currency while there is enough of it."""
        other = self.settings["fee_currency"]
        if other:
            amount = (fill.fee / self.rate("fee_currency_price")).quantize(Decimal("1e-8"), ROUND_UP)
            if amount <= self.available(other):
                fill.fee, fill.fee_currency = amount, other

    def book(self, order, fill):
        """Move money and size, and hold less."""
        market, sign = order.market, 1 if order.side == "buy" else -1
        order.filled, order.cost, order.fee = order.filled + fill.size, order.cost + fill.funds, order.fee + fill.fee
        order.fee_currency, order.updated = fill.fee_currency, fill.moment
        if order.kind == "market":
            keep = max(order.hold - (fill.funds * (ONE + fill.rate) if sign > 0 else fill.size), ZERO)
        else:
            keep = order.remaining * (order.price * (ONE + self.rate("taker_fee")) if sign > 0 else ONE)
        self.hold(order, keep)
        self.move(market.base, sign * fill.size)
        self.move(market.quote, -sign * fill.funds)
        self.move(fill.fee_currency, -fill.fee)
        self.fills.append(fill)

    def finish(self, order, reason, moment=None):
        """It is over; with a reason, because what is left of it is cancelled. An order by funds that has spent them all is filled."""
        left = order.funds - order.cost if order.by_funds else order.size - order.filled
        cancelled = reason is not None and left > 0
        self.hold(order, ZERO)
        order.close(moment or self.clock.now(), next(self.over), cancelled)
        self.active.pop(order.id, None)
        if cancelled:
            self.ledger.write("canceled", order.updated, clientOid=order.client, orderId=order.id, reason=reason,
                              cancelledSize=text(order.cancelled_size), cancelledFunds=text(order.cancelled_funds))
        elif order.by_funds:
            self.ledger.write("filled", order.updated, clientOid=order.client, orderId=order.id)

    # ---- cancelling ----

    def cancel_now(self, order, reason):
        """What is left of it, unless it is over by now."""
        if order.active:
            self.finish(order, reason)

    def cancel(self, order, faults):
        """A request to; `late-cancel` does it later, and then it may be too late."""
        checks.open_for_trade(order.market, self.settings["status"], False)
        if "late-cancel" in faults:
            self.after(int(faults["late-cancel"].get("ms", 500)), self.cancel_now, order, "request")
        else:
            self.cancel_now(order, "request")
