"""sma_nautilus.py FILE.csv: the benchmark's job in nautilus_trader. Prints one line of JSON.

Its engine fills a market order at the close that caused it, and a quarter of the candle's volume at a price, the rest one tick
worse, so the result differs.
"""
import sys
from decimal import Decimal

from job import CASH, COINS, FAST, FEE, SLOW, Laps, say

laps = Laps()

import nautilus_trader
import pandas as pd
from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.config import LoggingConfig
from nautilus_trader.indicators import SimpleMovingAverage
from nautilus_trader.model.currencies import BTC, USDT
from nautilus_trader.model.data import BarType
from nautilus_trader.model.enums import AccountType, OmsType, OrderSide
from nautilus_trader.model.identifiers import InstrumentId, Symbol, Venue
from nautilus_trader.model.instruments import CurrencyPair
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.persistence.wranglers import BarDataWrangler
from nautilus_trader.trading.strategy import Strategy

laps.end("import")

VENUE = Venue("SIM")
PAIR = CurrencyPair(InstrumentId(Symbol("BTCUSDT"), VENUE), Symbol("BTCUSDT"), BTC, USDT, 1, 8, Price(0.1, 1), Quantity(1e-8, 8),
                    ts_event=0, ts_init=0, maker_fee=Decimal(str(FEE)), taker_fee=Decimal(str(FEE)),
                    margin_init=Decimal(0), margin_maint=Decimal(0))
BARS = BarType.from_str("BTCUSDT.SIM-1-MINUTE-LAST-EXTERNAL")


class SmaCross(Strategy):
    def on_start(self):
        self.quick, self.calm = SimpleMovingAverage(FAST), SimpleMovingAverage(SLOW)
        self.above = None  # where the averages were last unequal
        self.closed = 0
        self.register_indicator_for_bars(BARS, self.quick)
        self.register_indicator_for_bars(BARS, self.calm)
        self.subscribe_bars(BARS)

    def on_bar(self, _):
        if not self.calm.initialized or self.quick.value == self.calm.value:
            return
        before, self.above = self.above, self.quick.value > self.calm.value
        if before is None or before == self.above:
            return
        if self.above:
            self.submit_order(self.order_factory.market(PAIR.id, OrderSide.BUY, PAIR.make_qty(COINS)))
        else:
            for position in self.cache.positions_open(strategy_id=self.id):
                self.close_position(position)

    def on_position_closed(self, _):
        self.closed += 1


def main():
    frame = pd.read_csv(sys.argv[1])
    frame.index = pd.to_datetime(frame.pop("time"), unit="s", utc=True)
    bars = BarDataWrangler(BARS, PAIR).process(frame)
    laps.end("load")
    engine = BacktestEngine(BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True), run_analysis=False))
    engine.add_venue(VENUE, OmsType.HEDGING, AccountType.CASH, [Money(CASH, USDT), Money(0, BTC)])
    engine.add_instrument(PAIR)
    engine.add_data(bars)
    strategy = SmaCross()
    engine.add_strategy(strategy)
    engine.run()
    laps.end("engine")
    account = engine.portfolio.account(VENUE)
    coins = account.balance_total(BTC)
    equity = account.balance_total(USDT).as_double() + (coins.as_double() if coins else 0) * bars[-1].close.as_double()
    say("nautilus_trader", nautilus_trader.__version__, equity, strategy.closed, laps)


if __name__ == "__main__":
    main()
