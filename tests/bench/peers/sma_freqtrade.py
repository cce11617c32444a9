"""sma_freqtrade.py FILE.csv [DIRECTORY]: the benchmark's job in freqtrade. Prints one line of JSON.

It reads candles from its own data directory. With DIRECTORY this only makes that directory from FILE, which is not counted.
Without the network the exchange has one market, written down here. Its averages are running floating-point sums.
"""
import os
import sys
import tempfile

from job import CASH, COINS, FAST, FEE, SLOW, Laps, say

laps = Laps()

import json
import logging

import freqtrade
import pandas as pd
from freqtrade.configuration import Configuration
from freqtrade.enums import RunMode
from freqtrade.exchange import Exchange
from freqtrade.optimize.backtesting import Backtesting

laps.end("import")

MARKET = {"id": "BTCUSDT", "symbol": "BTC/USDT", "base": "BTC", "quote": "USDT", "baseId": "BTC", "quoteId": "USDT", "spot": True,
          "margin": True, "swap": False, "future": False, "option": False, "contract": False, "active": True, "type": "spot",
          "settle": None, "settleId": None, "linear": None, "inverse": None, "contractSize": None, "taker": FEE, "maker": FEE,
          "precision": {"amount": 1e-8, "price": 0.1}, "info": {},
          "limits": {"amount": {"min": 1e-8, "max": 9000}, "price": {"min": 0.1, "max": 1e6}, "cost": {"min": 1e-9, "max": 9e9},
                     "leverage": {}}}
PRICING = {"price_side": "other", "use_order_book": False, "order_book_top": 1}
STRATEGY = f"""
import talib
from freqtrade.strategy import IStrategy
class SmaCross(IStrategy):
    INTERFACE_VERSION = 3
    timeframe = "1m"
    can_short = False
    minimal_roi = {{}}
    stoploss = -0.99
    startup_candle_count = 0
    def populate_indicators(self, frame, metadata):
        frame["short"], frame["long"] = talib.SMA(frame["close"], {FAST}), talib.SMA(frame["close"], {SLOW})
        return frame
    def populate_entry_trend(self, frame, metadata):
        short, long = frame["short"], frame["long"]
        frame.loc[(short > long) & (short.shift() <= long.shift()), "enter_long"] = 1
        return frame
    def populate_exit_trend(self, frame, metadata):
        short, long = frame["short"], frame["long"]
        frame.loc[(short < long) & (short.shift() >= long.shift()), "exit_long"] = 1
        return frame
    def custom_stake_amount(self, pair, current_time, current_rate, *rest, **more):
        return current_rate * {COINS} * (1 + 1e-9)
"""


def offline(exchange, reload=False):
    exchange._api_async.set_markets([MARKET])
    return {}


def data_directory(path):
    return os.path.join(os.path.dirname(os.path.abspath(path)), "freqtrade", os.path.basename(path))


def convert(path, directory):
    frame = pd.read_csv(path)
    frame.insert(0, "date", pd.to_datetime(frame.pop("time"), unit="s", utc=True).astype("datetime64[ms, UTC]"))
    os.makedirs(directory, exist_ok=True)
    frame.to_feather(os.path.join(directory, "BTC_USDT-1m.feather"), compression="lz4")


def main():
    if len(sys.argv) == 3:
        convert(*sys.argv[1:])
        return
    Exchange._load_async_markets = offline
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as scratch:
        with open(os.path.join(scratch, "sma_cross.py"), "w", encoding="ascii") as file:
            file.write(STRATEGY)
        settings = {"dry_run": True, "dry_run_wallet": CASH, "stake_currency": "USDT", "stake_amount": "unlimited",
                    "max_open_trades": 1, "trading_mode": "spot", "fee": FEE, "timeframe": "1m", "dataformat_ohlcv": "feather",
                    "exchange": {"name": "binance", "pair_whitelist": ["BTC/USDT"], "pair_blacklist": [], "key": "", "secret": ""},
                    "entry_pricing": {**PRICING, "price_last_balance": 0.0}, "exit_pricing": PRICING,
                    "pairlists": [{"method": "StaticPairList"}], "telegram": {"enabled": False, "token": "", "chat_id": ""},
                    "unfilledtimeout": {"entry": 10, "exit": 10, "unit": "minutes"}, "internals": {}, "bot_name": "benchmark"}
        name = os.path.join(scratch, "settings.json")
        with open(name, "w", encoding="ascii") as file:
            json.dump(settings, file)
        arguments = {"config": [name], "strategy": "SmaCross", "strategy_path": scratch, "datadir": data_directory(sys.argv[1]),
                     "user_data_dir": scratch, "timerange": "", "export": "none", "backtest_cache": "none", "verbosity": 0,
                     "logfile": None, "print_colorized": False}
        engine = Backtesting(Configuration(arguments, RunMode.BACKTEST).get_config())
        candles, span = engine.load_bt_data()
        laps.end("load")
        engine.backtest_one_strategy(engine.strategylist[0], candles, span)
        result = engine.all_bt_content["SmaCross"]
        laps.end("engine")
        say("freqtrade", freqtrade.__version__, result["final_balance"], len(result["results"]), laps)


main()
