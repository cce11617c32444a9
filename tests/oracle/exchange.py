"""The paper exchange, as r3-order(1) states it, in plain Decimal: no line of it comes from lib/.

One session, any number of markets, candles of one hour. Everything happens in the order of the calls.
"""
from decimal import Decimal as D, ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, getcontext

getcontext().prec = 80
HOUR, DAY = 3600000, 86400000
ZERO, ONE = D(0), D(1)


def grid(value, step, rounding):
    """On a multiple of step."""
    return (value / step).to_integral_value(rounding) * step


def places(value, count, rounding):
    return value.quantize(D(1).scaleb(-count), rounding)


def cost_of(price, size):
    return places(price * size, 14, ROUND_HALF_EVEN)


def fee_of(cost, rate):
    return places(cost * rate, 14, ROUND_HALF_UP)


class Order:
    """One order of either kind of program."""

    def __init__(self, **members):
        self.price = self.stop = self.target = self.trail = self.even = self.expiry = self.size = self.funds = None
        self.kind, self.done, self.filled, self.cost, self.count = "MARKET", False, ZERO, ZERO, 0
        self.at_close = self.leg = self.against = False
        self.dust = ZERO  # held against an entry when it came, too little to be sold
        self.reserved, self.bracket, self.opened, self.by_signal, self.ending = ZERO, None, None, False, False
        self.__dict__.update(members)
        self.sign = 1 if self.side == "BUY" else -1  # of what it does to the position


class Bracket:
    """The protection of what one entry bought."""

    def __init__(self, entry, price, inside):
        self.entry, self.sign, self.price, self.inside = entry, entry.sign, price, inside
        self.size = self.bought = self.cost = ZERO
        self.stop = self.target = self.timed = None
        self.trail, self.even, self.expiry = entry.trail, entry.even, entry.expiry
        self.attempts = {"SL": 0, "TP": 0, "MO": 0}
        self.ended = False


class Market:
    """A market of the exchange, and what its one session holds there."""

    def __init__(self, name, rules):
        self.name, self.rules = name, rules
        self.orders, self.brackets = [], []
        self.count, self.price, self.size, self.taken = 0, None, ZERO, ZERO
        self.candle = None
        self.turned = None


class Exchange:
    """r3-order --paper."""

    def __init__(self, options):
        self.o = options
        self.cash = options["cash"]
        self.markets = {}
        self.trades = []

    # Money
    def equity(self):
        return self.cash + sum((cost_of(m.price, m.size) for m in self.markets.values() if m.size), ZERO)

    def available(self):
        reserved = sum((o.reserved for m in self.markets.values() for o in m.orders if not o.done), ZERO)
        shorts = sum((cost_of(m.price, -m.size) for m in self.markets.values() if m.size < 0), ZERO)
        return self.cash - reserved - 2 * shorts

    def rate(self, maker):
        return self.o["maker_fee"] if maker else self.o["fee"]

    def rest(self, order):
        return order.funds - order.cost if order.funds is not None else order.size - order.filled

    def reserve(self, order):
        order.reserved = ZERO
        if not order.done and order.role == "ENTRY" and not (order.against and order.filled):
            rest = self.rest(order)
            cost = rest if order.funds is not None else cost_of(order.estimate, rest)
            need = cost + fee_of(cost, max(self.o["fee"], self.o["maker_fee"]))
            if order.against:  # what its exit frees is left out
                need -= cost_of(order.market.price, max(-order.market.size * order.sign, ZERO))
            order.reserved = max(min(need, self.available()), ZERO)

    # Orders
    def place(self, market, order):
        """None, or why it is refused."""
        m = market
        order.market = m
        order.at_close = order.kind == "MARKET" and (self.o["fill"] == "close" or order.ending)
        wait = 0 if order.ending else self.o["latency"]
        order.first = m.count + wait + (0 if order.at_close else 1)
        order.estimate = order.price if order.price is not None else m.price
        order.touch = None
        self.set_touch(order)
        if order.role == "ENTRY":
            order.against = m.size * order.sign < 0 or (order.at_close and m.turned == (m.count, order.sign))
            held = max(-m.size * order.sign, ZERO)
            if held < m.rules["minimum_size"] or cost_of(order.estimate if m.price is None else m.price,
                                                         held) < m.rules["minimum_funds"]:
                order.dust = held
            if order.stop is not None and order.target is not None and (order.stop - order.target) * order.sign >= 0:
                return "the stop is on the target's side"
            if order.size is not None:
                if order.size < m.rules["minimum_size"]:
                    return "size"
                if cost_of(order.estimate, order.size) < m.rules["minimum_funds"]:
                    return "funds"
            elif order.funds < m.rules["minimum_funds"]:
                return "funds"
            if not order.against:
                cost = order.funds if order.funds is not None else cost_of(order.estimate, order.size)
                if cost + fee_of(cost, max(self.o["fee"], self.o["maker_fee"])) > self.available():
                    return "insufficient funds"
        elif m.size * order.sign >= 0 and not any(o.role == "ENTRY" and not o.done and o.sign != order.sign
                                                  for o in m.orders):
            order.done = True
            return None
        m.orders.append(order)
        self.reserve(order)
        if order.at_close and order.first <= m.count:
            held = m.size
            self.fill(order, m.price, "close", m.candle["time"] + HOUR, False)
            if order.role != "ENTRY" and held and not m.size:
                m.turned = (m.count, order.sign)
        return None

    def set_touch(self, order):
        if order.kind == "LIMIT":
            order.touch = order.price - order.sign * self.o["through"]
        elif order.kind == "STOP":
            order.touch = order.price

    def cancel(self, order):
        if order and not order.done:
            order.done = True
            if order.leg:
                self.forget(order)

    def forget(self, leg):
        b = leg.bracket
        if b.stop is leg:
            b.stop = b.trail = b.even = None
        elif b.target is leg:
            b.target = None
        elif b.timed is leg:
            b.timed = b.expiry = None

    def leg(self, market, bracket, role, kind, price):
        bracket.attempts[role] += 1
        name = "%s-%s-%d" % (bracket.entry.id.rsplit("-", 2)[0], role, bracket.attempts[role])
        order = Order(id=name, role=role, side="SELL" if bracket.sign > 0 else "BUY", kind=kind, price=price)
        order.market, order.leg, order.bracket, order.first = market, True, bracket, market.count
        self.set_touch(order)
        market.orders.append(order)
        return order

    # One fill
    def fill(self, order, price, when, time, maker):
        m, rules = order.market, order.market.rules
        if order.kind != "LIMIT" and self.o["worse"]:
            price = grid(price * (1 + order.sign * self.o["worse"]), rules["price_increment"],
                         ROUND_CEILING if order.sign > 0 else ROUND_FLOOR)
            price = max(price, rules["price_increment"])
        rate = self.rate(maker)
        step = rules["base_increment"]
        reduced = capped = False
        if order.role == "ENTRY":
            if -m.size * order.sign > order.dust:
                return self.cancel(order)
            rest = self.rest(order)
            if order.against:
                budget = max(self.available() + order.reserved, ZERO) / (1 + rate)
                budget = grid(budget, rules["quote_increment"], ROUND_FLOOR)
                if order.funds is not None:
                    rest = min(rest, budget)
                elif grid(budget / price, step, ROUND_FLOOR) < rest:
                    rest, reduced = grid(budget / price, step, ROUND_FLOOR), True
            size = grid(rest / price, step, ROUND_FLOOR) if order.funds is not None else rest
            if not order.filled and (size <= 0 or size < rules["minimum_size"]):
                return self.cancel(order)
            if size <= 0:
                order.done = True
                return None
        else:
            if m.size * order.sign >= 0:
                return self.cancel(order)
            size = min(order.bracket.size if order.leg else self.rest(order), abs(m.size))
        if self.o["volume_share"] is not None:
            left = grid(m.candle["volume"] * self.o["volume_share"] - m.taken, step, ROUND_FLOOR)
            if left < size:
                size, capped = left, True
        if size <= 0:
            return self.go_on(order)
        cost = cost_of(price, size)
        fee = fee_of(cost, rate)
        if order.role == "ENTRY" and cost + fee > self.available() + order.reserved:
            return self.cancel(order)
        dust = min(size, max(-m.size * order.sign, ZERO)) if order.role == "ENTRY" else ZERO
        if dust:
            self.book(order, "EXIT", price, dust, rate, time, maker)
            size -= dust
            if not m.size:
                self.closed(m, order)
        if size:
            cost = self.book(order, order.role, price, size, rate, time, maker)
        if reduced and not capped:
            order.done = True
        elif order.leg or order.funds is not None:
            order.done = not capped
        else:
            order.done = order.filled == order.size
        self.reserve(order)
        if order.role == "ENTRY":
            if size and order.opened is None:
                order.opened = (time, price)
            if size:
                self.entered(order, price, size, cost, when)
        elif not m.size:
            return self.closed(m)
        elif order.leg:
            b = order.bracket
            b.size -= size
            if b.size <= 0:
                return self.end(b)
        return None if order.done else self.go_on(order)

    def book(self, order, role, price, size, rate, time, maker):
        """One trade; its cost."""
        m, cost = order.market, cost_of(price, size)
        fee = fee_of(cost, rate)
        m.taken += size
        m.size += order.sign * size
        self.cash -= order.sign * cost + fee
        order.filled += size
        order.cost += cost
        order.count += 1
        self.trades.append({"id": "%s-t%d" % (order.id, order.count), "market": m.name, "time": time, "side": order.side,
                            "role": role, "price": price, "size": size, "fee": fee,
                            "liquidity": "MAKER" if maker else "TAKER"})
        return cost

    def go_on(self, order):
        if order.kind != "STOP":
            return
        b, m = order.bracket, order.market
        order.done = True
        b.stop = self.leg(m, b, "SL", "MARKET", None)
        b.stop.first = m.count + 1
        for other in (b.target, b.entry):
            if other:
                other.done = True
        b.target = None

    def entered(self, order, price, size, cost, when):
        if all(x is None for x in (order.stop, order.target, order.trail, order.even, order.expiry)):
            return
        m, b = order.market, order.bracket
        if not b:
            b = order.bracket = Bracket(order, price, m.count if when == "inside" else None)
            m.brackets.append(b)
            stop = order.stop
            if stop is None and order.trail is not None:
                stop = self.behind(m, price - order.sign * order.trail, order.sign)
            if stop is not None and stop > 0:
                b.stop = self.leg(m, b, "SL", "STOP", stop)
            if order.target is not None and order.target > 0:
                b.target = self.leg(m, b, "TP", "LIMIT", order.target)
        b.size += size
        b.bought += size
        b.cost += cost

    def behind(self, market, level, sign):
        return grid(level, market.rules["price_increment"], ROUND_FLOOR if sign > 0 else ROUND_CEILING)

    def end(self, bracket):
        bracket.ended = True
        for order in (bracket.stop, bracket.target, bracket.timed, bracket.entry):
            if order:
                order.done = True

    def closed(self, market, but=None):
        for bracket in market.brackets:
            self.end(bracket)
        for order in market.orders:
            if order is not but and (order.role != "ENTRY" or order.filled):
                order.done = True

    # One candle
    def step(self, market, candle):
        m, o = market, self.o
        m.count += 1
        m.candle, m.taken = candle, ZERO
        m.price = candle["open"]
        at = candle["time"]
        self.market_orders(m, False, True, at)
        for b in m.brackets:
            if not b.ended and b.expiry is not None and b.expiry <= at:
                b.expiry = None
                if not (b.stop and b.stop.kind == "MARKET"):
                    b.timed = self.leg(m, b, "MO", "MARKET", None)
                    self.fill(b.timed, candle["open"], "open", at, False)
        self.market_orders(m, False, False, at)
        self.gap(m, False)
        self.gap(m, True)
        self.gap(m, False)
        self.inside(m, False)
        self.inside(m, True)
        self.inside(m, False)
        m.price = candle["close"]
        for b in m.brackets:
            self.move(m, b)
        self.market_orders(m, True, True, at + HOUR)
        self.market_orders(m, True, False, at + HOUR)
        m.orders = [x for x in m.orders if not x.done]
        m.brackets = [x for x in m.brackets if not x.ended]

    def live(self, m, kind, entry):
        return [x for x in list(m.orders) if not x.done and x.first <= m.count and x.kind == kind and
                (x.role == "ENTRY") == entry]

    def market_orders(self, m, closing, exits, time):
        for order in self.live(m, "MARKET", not exits):
            if order.at_close == closing and not order.done:
                self.fill(order, m.candle["close" if closing else "open"], "close" if closing else "open", time, False)

    def crossed(self, order, low, high):
        falling = (order.kind == "STOP") == (order.sign < 0)
        return low <= order.touch if falling else high >= order.touch

    def at_or_beyond(self, order, start):
        falling = (order.kind == "STOP") == (order.sign < 0)
        return min(order.price, start) if falling else max(order.price, start)

    def gap(self, m, entry):
        for kind in ("STOP", "LIMIT"):
            for x in self.live(m, kind, entry):
                start = m.candle["open"]
                if not x.done and self.crossed(x, start, start):
                    self.fill(x, self.at_or_beyond(x, start), "open", m.candle["time"],
                              kind == "LIMIT" and x.first != m.count)

    def inside(self, m, entry):
        c = m.candle
        for kind in ("STOP", "LIMIT"):
            for x in self.live(m, kind, entry):
                fresh = x.leg and x.bracket.inside == m.count
                start = x.bracket.price if fresh else c["open"]
                low, high = (c["close"], c["close"]) if fresh and kind == "LIMIT" else (c["low"], c["high"])
                if not x.done and self.crossed(x, low, high):
                    self.fill(x, self.at_or_beyond(x, start), "inside", c["time"] + HOUR, kind == "LIMIT")

    def move(self, m, b):
        if b.ended or (b.stop and b.stop.kind == "MARKET"):
            return
        wanted = []
        if b.trail is not None:
            wanted.append(self.behind(m, m.price - b.sign * b.trail, b.sign))
        if b.even is not None:
            average = b.cost / b.bought
            if (m.price - average) * b.sign >= b.even:
                wanted.append(self.behind(m, average, b.sign))
        for level in wanted:
            if level <= 0:
                continue
            if not b.stop:
                b.stop = self.leg(m, b, "SL", "STOP", level)
                b.stop.first = m.count + 1
            elif (level - b.stop.price) * b.sign > 0:
                b.stop.price = b.stop.touch = level
