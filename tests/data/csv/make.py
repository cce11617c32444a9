#!/usr/bin/env python3
"""The same 24 candles, the first of btcusd-bitstamp-2013_1H.csv, as every source that r3-collect knows spells them.

Run it here to write the files again. The layouts follow the sources' own downloads; only the candles are shared, so that
r3-collect must print the same records for each file. bitstamp.csv.zst was made by `zstd -19 bitstamp.csv`, not here.
"""

import gzip
from datetime import datetime, timezone
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCE = HERE.parent / "btcusd-bitstamp-2013_1H.csv"
ROWS = [line.split(",") for line in SOURCE.read_text().splitlines()[1:25]]
ROWS = [(int(time), o, h, l, c, v) for time, o, h, l, c, v in ROWS]


def iso(time, form="%Y-%m-%d %H:%M:%S"):
    return datetime.fromtimestamp(time, timezone.utc).strftime(form)


def write(name, lines, end="\n", mark=""):
    (HERE / name).write_bytes((mark + "".join(line + end for line in lines)).encode())


def binance(unit):
    for t, o, h, l, c, v in ROWS:
        close_time = (t + 3600) * unit - 1
        yield f"{t * unit},{o},{h},{l},{c},{v},{close_time},12345.67800000,321,6.50000000,6172.83900000,0"


write("bitstamp.csv", ["time,open,high,low,close,volume"] + [f"{t},{o},{h},{l},{c},{v}" for t, o, h, l, c, v in ROWS])
plain = (HERE / "bitstamp.csv").read_bytes()
half = len(plain) // 2
# Two members, as `cat a.gz b.gz` makes.
(HERE / "bitstamp.csv.gz").write_bytes(gzip.compress(plain[:half], mtime=0) + gzip.compress(plain[half:], mtime=0))

write("binance-ms.csv", binance(1000))
write("binance-us.csv", binance(1000000))
write("binance-header.csv", ["open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,"
                             "taker_buy_quote_volume,ignore"] + list(binance(1000)))
write("kucoin.csv", [f"{t},{o},{c},{h},{l},{v},54321.00000001" for t, o, h, l, c, v in ROWS])
write("kraken.csv", [f"{t},{o},{h},{l},{c},{v},42" for t, o, h, l, c, v in ROWS])
write("bitfinex.csv", [f"{t * 1000},{o},{c},{h},{l},{v}" for t, o, h, l, c, v in reversed(ROWS)])
write("coinbase.csv", [f"{t},{l},{h},{o},{c},{v}" for t, o, h, l, c, v in reversed(ROWS)])
write("freqtrade.csv", ["date,open,high,low,close,volume"] +
      [f"{iso(t)}+00:00,{o},{h},{l},{c},{v}" for t, o, h, l, c, v in ROWS])
# A day that the source does not know is a row of the word null.
yahoo = [f"{iso(t)},{o},{h},{l},{c},{c},{v}" for t, o, h, l, c, v in ROWS]
yahoo.append("2013-11-26 00:00:00,null,null,null,null,null,null")
write("yahoo.csv", ["Date,Open,High,Low,Close,Adj Close,Volume"] + yahoo)
write("cryptodatadownload.csv", ["https://www.CryptoDataDownload.com",
                                 "unix,date,symbol,open,high,low,close,Volume BTC,Volume USD"] +
      [f"{t},{iso(t)},BTC/USD,{o},{h},{l},{c},{v},1234.5" for t, o, h, l, c, v in reversed(ROWS)])
write("pandas.csv", [",Open,High,Low,Close,Volume"] +
      [f"{iso(t)},{float(o)!r},{float(h)!r},{float(l)!r},{float(c):.10e},{v}" for t, o, h, l, c, v in ROWS])
write("kaggle.csv", ["Timestamp,Open,High,Low,Close,Volume_(BTC),Volume_(Currency),Weighted_Price"] +
      [f"{t}.0,{o},{h},{l},{c},{v},1.5,2.5" for t, o, h, l, c, v in ROWS])
write("nanoseconds.csv", ["ts,o,h,l,c,v"] + [f"{t}000000000,{o},{h},{l},{c},{v}" for t, o, h, l, c, v in ROWS])
write("offset.csv", ["datetime,open,high,low,close,volume"] +
      [f"{iso(t + 5400, '%Y-%m-%dT%H:%M:%S')}+01:30,{o},{h},{l},{c},{v}" for t, o, h, l, c, v in ROWS])
write("semicolons.csv", ['"Close";"LOW";"High";"open";"Volume";"Open Time"'] +
      [f'"{c}";"{l}";"{h}";"{o}";"{v}";"{t * 1000}"' for t, o, h, l, c, v in ROWS], end="\r\n", mark="\ufeff")
write("tabs.csv", ["# made by hand", "time\topen\thigh\tlow\tclose\tvolume"] +
      [f"{t}\t{o}\t{h}\t{l}\t{c}\t{v}" for t, o, h, l, c, v in ROWS])
write("named.csv", [f"x,{v},{c},{l},{h},{o},{iso(t, '%Y-%m-%dT%H:%MZ')},y" for t, o, h, l, c, v in ROWS])
