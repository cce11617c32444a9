"""The tracker and the money manager, as r3-track(1) and r3-size(1) state them; see exchange.py."""
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal as D

from limits import Limits
from exchange import DAY, HOUR, ONE, ZERO, Order, cost_of, grid, places


class Position:
    """What the tracker knows of a market."""

    def __init__(self, market):
        self.market = market
        self.entry = self.exit = self.levels = None
        self.dust = False
        self.number, self.attempts, self.size, self.net = 0, {}, ZERO, ZERO
        self.seen = (None, set())

    def held(self):
        return bool(self.market.size) and not self.dust


def working(order):
    return order is not None and not order.done


class Tracker:
    """r3-track, and what r3-size makes of its raw orders."""

    def __init__(self, options, exchange):
        self.o, self.x = options, exchange
        self.positions = {m.name: Position(m) for m in exchange.markets.values()}
        self.known = []  # positions, in the order of their first signals
        self.number = self.now = self.booked = 0
        self.paused = self.stopped = self.ending = False
        self.midnight, self.results = None, []
        self.limits = Limits(options)

    def learn(self):
        """What a sync tells."""
        for trade in self.x.trades[self.booked:]:
            p = self.positions[trade["market"]]
            sign = 1 if trade["side"] == "BUY" else -1
            p.net -= sign * cost_of(trade["price"], trade["size"]) + trade["fee"]
            p.size += sign * trade["size"]
            if trade["role"] == "ENTRY":
                p.dust = False
            if not p.size:
                self.results.append(p.net)
                self.limits.close(p.market.name, trade["time"], trade["role"], p.net)
                p.net = ZERO
        self.booked = len(self.x.trades)
        for p in self.positions.values():
            e = p.entry
            if e and e.opened and p.market.size and p.number != e.number:
                p.number, p.attempts = e.number, {}
                time, price = e.opened
                stop = e.wanted["stop"]
                if stop is None and e.wanted["trail"] is not None:
                    stop = price - e.sign * e.wanted["trail"]
                p.levels = dict(e.wanted, stop=stop, opened=time, sign=e.sign, entry=e)
            if not p.market.size:
                p.levels = None
            if p.exit and p.exit.done and (not p.held() or p.exit.number != p.number):
                p.exit = None

    def levels(self, signal):
        o, r, up = self.o, signal["reference"], 1 if signal["direction"] == "LONG" else -1
        part = lambda name: None if o[name] is None else places(r * o[name], 14, ROUND_HALF_EVEN)
        stop, target = signal.get("stop"), signal.get("target")
        if stop is None and o["stop_loss"] is not None:
            stop = r - up * part("stop_loss")
        if target is None and o["take_profit"] is not None:
            target = r + up * part("take_profit")
        return {"stop": stop, "target": target, "trail": part("trailing_stop"), "even": part("break_even"),
                "expiry": None if o["max_duration"] is None else signal["time"] + o["max_duration"]}

    def enter(self, p, signal, reversal, again=None):
        if self.paused or self.stopped or self.limits.met(self.now, self.x.equity()):
            return False
        if again is None and self.limits.blocks(p.market.name, self.now, reversal):
            return False
        up = 1 if signal["direction"] == "LONG" else -1
        wanted, r = self.levels(signal), signal["reference"]
        price = None if self.o["limit"] is None else r - up * places(r * self.o["limit"], 14, ROUND_HALF_EVEN)
        at = r if price is None else price
        if (wanted["stop"] is not None and (wanted["stop"] - at) * up >= 0) or \
                (wanted["target"] is not None and (wanted["target"] - r) * up <= 0):
            return False
        number, attempt = (again.number, again.attempt + 1) if again else (self.number + 1, 1)
        self.number = max(self.number, number)
        order = Order(id="main-%d-ENTRY-%d" % (number, attempt), role="ENTRY", side="BUY" if up > 0 else "SELL",
                      kind="MARKET" if price is None else "LIMIT")
        order.number, order.attempt, order.wanted, order.asked, order.candles = number, attempt, wanted, self.now, 0
        order.by_signal = True
        p.entry = order
        if not p.market.size:
            p.levels = None
        if not self.size_entry(p, order, signal, price, wanted, reversal) or self.x.place(p.market, order):
            order.done = True
        self.learn()
        return True

    def size_entry(self, p, order, signal, price, wanted, reversal):
        o, rules, buys = self.o, p.market.rules, order.sign > 0
        equity, available = self.x.equity(), max(self.x.available(), ZERO)
        exposure = sum((cost_of(m.price, abs(m.size)) for m in self.x.markets.values() if m.size), ZERO)
        if reversal:
            value = cost_of(p.market.price, abs(p.market.size))
            available += value
            exposure -= value
        step = rules["price_increment"]
        down = lambda v: places(v, 14, ROUND_FLOOR)
        near = lambda v: None if v is None else grid(v, step, ROUND_HALF_EVEN)
        unrounded = signal["reference"] if price is None else price
        if price is not None:
            price = order.price = grid(price, step, ROUND_FLOOR if buys else ROUND_CEILING)
        if o["protect"] == "exchange":
            order.stop, order.target = near(wanted["stop"]), near(wanted["target"])
            order.trail, order.even = (None if wanted[k] is None else near(wanted[k]) or step for k in ("trail", "even"))
            order.expiry = wanted["expiry"]
        at = price if price is not None else signal["reference"]
        if at <= 0 or equity <= 0:
            return False
        if o["max_daily_loss"] is not None:
            loss = -(equity - self.midnight)
            if loss > 0 and loss >= down((equity + loss) * o["max_daily_loss"]):
                return False
        with_fee = 1 + o["size_fee"]
        method, amount = o["size"]
        value = size = None
        if method == "fraction":
            value = down(down(equity * amount) / with_fee)
        elif method == "quote":
            value = down(amount / with_fee)
        elif method == "base":
            size = amount
        elif method == "risk":
            if o["protect"] == "exchange":
                distance = None if order.stop is None else (at - order.stop) * order.sign
            else:
                distance = None if wanted["stop"] is None else abs(unrounded - wanted["stop"])
            if distance is None and order.sign > 0:
                distance = at
            if not distance or distance <= 0:
                return False
            size = down(down(equity * amount) / distance)
        elif method == "kelly":
            wins = [r for r in self.results if r > 0]
            losses = [-r for r in self.results if r < 0]
            n = len(wins) + len(losses)
            if n < o["kelly_after"]:
                value = down(down(equity * D("0.1")) / with_fee)
            else:
                mean = lambda l: places(sum(l, ZERO) / len(l), 14, ROUND_HALF_EVEN) if l else ZERO
                edge = len(wins) * mean(wins) - len(losses) * mean(losses)
                if edge <= 0:
                    return False
                k = min(down(down(edge / (n * mean(wins))) * amount), ONE)
                value = down(down(equity * k) / with_fee)
        cuts = [c for c in (o["max_order"],) if c is not None]
        if o["max_exposure"] is not None:
            room = down(equity * o["max_exposure"]) - max(exposure, equity - available)
            if room <= 0:
                return False
            cuts.append(room)
        if available <= 0:
            return False
        for most in cuts:
            if value is not None:
                value = min(value, most)
            else:
                size = min(size, down(most / at))
        most = down(available / with_fee)
        if value is not None:
            value = min(value, most)
        elif size > down(most / at):
            value, size = (most, None) if price is None else (None, down(most / at))
        if value is not None and price is None:
            order.funds = grid(value, rules["quote_increment"], ROUND_FLOOR)
            return order.funds > 0 and order.funds >= rules["minimum_funds"]
        order.size = grid(down(value / at) if value is not None else size, rules["base_increment"], ROUND_FLOOR)
        return order.size > 0 and order.size >= rules["minimum_size"] and down(order.size * at) >= rules["minimum_funds"]

    def leave(self, p, role, reference, by_signal=False):
        m, rules = p.market, p.market.rules
        p.attempts[role] = p.attempts.get(role, 0) + 1
        order = Order(id="main-%d-%s-%d" % (p.number, role, p.attempts[role]), role=role,
                      side="SELL" if m.size > 0 else "BUY", size=grid(abs(m.size), rules["base_increment"], ROUND_FLOOR))
        order.asked, order.number, order.by_signal = self.now, p.number, by_signal
        order.ending = self.ending
        if order.size <= 0 or order.size < rules["minimum_size"] or order.size * reference < rules["minimum_funds"]:
            p.dust = True
            return
        p.exit = order
        self.x.place(m, order)
        self.learn()

    def cancel_entry(self, p):
        self.x.cancel(p.entry)
        self.learn()

    def ask_leave(self, p, role, reference, by_signal=False):
        """FLAT, a stop, protection."""
        if working(p.exit):
            if working(p.entry):
                self.cancel_entry(p)
            return
        if working(p.entry):
            self.cancel_entry(p)
        if p.held():
            self.leave(p, role, reference, by_signal)

    def signal(self, signal):
        p = self.positions[signal["market"]]
        if p not in self.known:
            self.known.append(p)
        self.now = max(self.now, signal["time"])
        self.learn()
        time, seen = p.seen
        if time is not None and signal["time"] < time:
            return
        seen = set() if time != signal["time"] else seen
        before = set(seen)
        direction = signal["direction"]
        p.seen = (signal["time"], seen | {direction})
        if direction in before or (direction != "FLAT" and "FLAT" in before):
            return
        if direction != "FLAT" and before:
            return self.contradict(p, signal)
        if direction == "FLAT" or (direction == "SHORT" and not self.o["short"]):
            return self.ask_leave(p, "EXIT", signal["reference"], True)
        up = 1 if direction == "LONG" else -1
        side = (1 if p.market.size > 0 else -1) if p.held() else p.entry.sign if working(p.entry) else 0
        if side and side != up and (self.paused or self.stopped):
            return self.ask_leave(p, "EXIT", signal["reference"], True)
        if working(p.exit):
            if side != up and not working(p.entry):
                self.enter(p, signal, True)
            return
        if working(p.entry):
            if side == up:
                if p.entry.kind == "LIMIT" and not self.paused and not self.stopped:
                    self.cancel_entry(p)
                    if not p.held():
                        self.enter(p, signal, False, again=p.entry)
                return
            self.cancel_entry(p)
        if not p.held():
            self.enter(p, signal, False)
        elif side != up:
            self.leave(p, "EXIT", signal["reference"], True)
            if working(p.exit):
                self.enter(p, signal, True)
            elif not p.held():
                self.enter(p, signal, False)

    def contradict(self, p, signal):
        for order in (p.entry, p.exit):
            if working(order) and order.asked == signal["time"] and order.by_signal:
                self.x.cancel(order)
                if order is p.exit:
                    p.exit = None
        self.learn()

    def candle(self, market, candle):
        p = self.positions[market.name]
        self.now = candle["time"] + HOUR
        self.learn()
        if p.exit and p.exit.done and p.held() and p.exit.asked < self.now:  # the rest of an exit
            self.cancel_entry(p)
            self.leave(p, p.exit.role, market.price)
        if working(p.entry) and p.entry.kind == "LIMIT":
            p.entry.candles += 1
            if p.entry.candles >= self.o["limit_candles"]:
                self.cancel_entry(p)
        if self.o["protect"] == "tracker":
            self.protect(p, candle)

    def protect(self, p, candle):
        l, m = p.levels, p.market
        if not p.held() or l is None:
            return
        close, sign, role = candle["time"] + HOUR, l["sign"], None
        worst, best = (candle["low"], candle["high"]) if sign > 0 else (candle["high"], candle["low"])
        if l["opened"] > candle["time"]:
            best = candle["close"]
        if l["opened"] < close or l["entry"].kind == "LIMIT":
            if l["stop"] is not None and (worst - l["stop"]) * sign <= 0:
                role = "SL"
            elif l["target"] is not None and (best - l["target"]) * sign >= 0:
                role = "TP"
        if role is None and l["expiry"] is not None and close >= l["expiry"]:
            role = "MO"
        if role and not working(p.exit):
            self.ask_leave(p, role, m.price)
        if l["even"] is not None and p.held():
            e = l["entry"].cost / l["entry"].filled
            if (candle["close"] - e) * sign >= l["even"]:
                l["even"] = None
                if l["stop"] is None or (e - l["stop"]) * sign > 0:
                    l["stop"] = e
        if l["trail"] is not None:
            level = candle["close"] - sign * l["trail"]
            if l["stop"] is None or (level - l["stop"]) * sign > 0:
                l["stop"] = level

    def command(self, action):
        if action in ("pause", "resume"):
            self.paused = action == "pause"
            for p in self.known if self.paused else ():
                if working(p.entry):
                    self.cancel_entry(p)
        else:
            self.stopped = action == "stop"
        if self.stopped:
            for p in self.known:
                self.ask_leave(p, "EXIT", p.market.price)

    def judge(self):
        """The end conditions, when a record is done."""
        if self.stopped or not self.limits.met(self.now, self.x.equity()):
            return
        self.limits.ended.append(self.now)
        self.command("stop")

    def end(self):
        if not self.o["close_at_end"]:
            return
        self.ending = True
        for p in self.known:
            for order in (p.entry, p.exit):
                self.x.cancel(order)
        self.learn()
        for p in sorted(self.known, key=lambda p: p.exit is None):  # the rest of an exit goes first
            if p.held():
                self.leave(p, p.exit.role if p.exit else "EXIT", p.market.price)

    def midnight_equity(self, closes):
        """Equity at 00:00 UTC of this moment's day: from trades before it, at the last closes until then."""
        day = self.now - self.now % DAY
        total = self.x.o["cash"]
        for name, list_ in closes.items():
            size = ZERO
            for t in self.x.trades:
                if t["market"] == name and t["time"] < day:
                    sign = 1 if t["side"] == "BUY" else -1
                    size += sign * t["size"]
                    total -= sign * cost_of(t["price"], t["size"]) + t["fee"]
            before = [c for t, c in list_ if t <= day]
            if size and before:
                total += cost_of(before[-1], size)
        return total
