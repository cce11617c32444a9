#!/usr/bin/env python3
"""Write tests/data/damaged/: streams that are good up to one damaged line. A file is named WHAT.LINE.ndjson; LINE is the number
of the damaged line. Each program that reads records must refuse each file with status 65 (`newer-version`: 76) and that number.

The damage follows r3-records(5), BAD INPUT. usage: damaged.py DIRECTORY"""

import pathlib
import sys

STREAM = '{"type":"stream","version":1}'
INSTRUMENT = (
    '{"type":"instrument","platform":"csv","market":"BTC-USD","base":"BTC","quote":"USD","price_increment":"0.01",'
    '"base_increment":"0.00000001","quote_increment":"0.01","minimum_size":"0","minimum_funds":"0","fee_currency":"USD"}'
)


def candle(hour, close="101", **other):
    members = {"time": str(1385337600000 + hour * 3600000), "open": '"100"', "high": '"102.5"', "low": '"99.25"', "volume": '"12.5"'}
    members["close"] = f'"{close}"'
    members.update(other)
    numbers = ",".join(f'"{name}":{members[name]}' for name in ("time", "open", "high", "low", "close", "volume") if members[name])
    return '{"type":"candle","platform":"csv","market":"BTC-USD","timeframe":"1H",' + numbers + "}"


GOOD = [STREAM, INSTRUMENT, candle(0), candle(1)]
NEXT = candle(2)

LINES = {
    "not-json": "hello",
    "empty-line": "",
    "spaces-alone": "   ",
    "two-values": NEXT + NEXT,
    "text-behind": NEXT + " x",
    "cut-off": NEXT[:-20],
    "no-closing-brace": NEXT[:-1],
    "comma-at-end": NEXT[:-1] + ",}",
    "single-quotes": NEXT.replace('"', "'"),
    "comment": NEXT[:-1] + "/* */}",
    "array": '["type","candle"]',
    "number": "42",
    "null": "null",
    "duplicate-key": NEXT[:-1] + ',"close":"101"}',
    "duplicate-key-escaped": NEXT[:-1] + ',"clos\\u0065":"101"}',
    "duplicate-key-inside": NEXT[:-1] + ',"x":{"a":1,"a":1}}',
    "duplicate-type": NEXT[:-1] + ',"type":"candle"}',
    "invalid-utf8": NEXT[:-1].encode() + b',"x":"\xff"}',
    "overlong-utf8": NEXT[:-1].encode() + b',"x":"\xc0\xaf"}',
    "surrogate-utf8": NEXT[:-1].encode() + b',"x":"\xed\xa0\x80"}',
    "lone-surrogate": NEXT[:-1] + ',"x":"\\ud800"}',
    "latin1": NEXT.replace("csv", "b\u00f6rse").encode("latin-1"),
    "nul-byte": NEXT.encode().replace(b"csv", b"c\0v"),
    "nul-between": NEXT.encode() + b"\0",
    "nul-escaped": NEXT[:-1] + ',"x":"\\u0000"}',
    "bom": b"\xef\xbb\xbf" + NEXT.encode(),
    "control-character": NEXT[:-1] + ',"x":"a\tb"}',
    "too-deep": NEXT[:-1] + ',"x":' + "[" * 16 + "]" * 16 + "}",
    "very-deep": "[" * 60000 + "]" * 5000,
    "too-long": NEXT[:-1] + ',"x":"' + "y" * 65536 + '"}',
    "nan": candle(2, close="NaN"),
    "nan-bare": candle(2).replace('"101"', "NaN"),
    "infinity": candle(2).replace('"101"', "Infinity"),
    "overflow": NEXT[:-1] + ',"x":1e999}',
    "huge-integer": candle(2, time="9223372036854775808"),
    "leading-zeros": candle(2, close="0101"),
    "leading-zeros-bare": candle(2).replace('"101"', "0101"),
    "no-digits-behind-point": candle(2, close="101."),
    "no-digits-before-point": candle(2, close=".5"),
    "plus-sign": candle(2, close="+101"),
    "exponent": candle(2, close="1.01e2"),
    "hexadecimal": candle(2, close="0x65"),
    "comma-for-point": candle(2, close="101,5"),
    "space-in-number": candle(2, close=" 101"),
    "word-for-number": candle(2, close="abc"),
    "empty-number": candle(2, close=""),
    "too-many-decimals": candle(2, close="101.0000000000000000001"),
    "too-many-digits": candle(2, close="1" * 35),
    "inexact-number": candle(2).replace('"101"', "101.12345678901234"),
    "boolean-for-number": candle(2).replace('"101"', "true"),
    "null-for-number": candle(2).replace('"101"', "null"),
    "time-as-text": candle(2, time='"1385344800000"'),
    "time-with-point": candle(2, time="1385344800000.0"),
    "time-negative": candle(2, time="-1"),
    "time-too-late": candle(2, time="253402300800000"),
    "no-close": candle(2, close="101").replace(',"close":"101"', ""),
    "no-market": NEXT.replace('"market":"BTC-USD",', ""),
    "empty-market": NEXT.replace("BTC-USD", ""),
    "market-with-space": NEXT.replace("BTC-USD", "BTC USD"),
    "long-market": NEXT.replace("BTC-USD", "B" * 33),
    "market-as-number": NEXT.replace('"BTC-USD"', "7"),
    "unknown-timeframe": NEXT.replace('"1H"', '"7m"'),
    "timeframe-in-other-case": NEXT.replace('"1H"', '"1h"'),
    "high-below-low": candle(2, high='"99"'),
    "high-below-close": candle(2, close="103"),
    "low-above-open": candle(2, open='"99"'),
    "price-zero": candle(2, low='"0"'),
    "price-negative": candle(2, low='"-1"'),
    "volume-negative": candle(2, volume='"-0.1"'),
    "no-type": NEXT.replace('"type":"candle",', ""),
    "type-not-first": '{"platform":"csv","type":"candle",' + NEXT[len('{"type":"candle","platform":"csv",') :],
    "type-as-number": NEXT.replace('"candle"', "3"),
    "unknown-type-not-json": '{"type":"orderbook","bids":[1,}',
    "newer-version": '{"type":"stream","version":2}',
    "signal-wrong-direction": '{"type":"signal","id":"a-L","session":"main","strategy":"x","platform":"csv","market":"BTC-USD",'
    '"timeframe":"1H","time":1385344800000,"direction":"BUY","reference":"101"}',
    "order-size-and-funds": '{"type":"order","id":"main-1-ENTRY-1","session":"main","platform":"csv","market":"BTC-USD",'
    '"time":1385344800000,"role":"ENTRY","side":"BUY","kind":"MARKET","size":"1","funds":"100"}',
    "order-size-zero": '{"type":"order","id":"main-1-ENTRY-1","session":"main","platform":"csv","market":"BTC-USD",'
    '"time":1385344800000,"role":"ENTRY","side":"BUY","kind":"MARKET","size":"0"}',
    "order-id-too-long": '{"type":"order","id":"' + "m" * 41 + '","session":"main","platform":"csv","market":"BTC-USD",'
    '"time":1385344800000,"role":"ENTRY","side":"BUY","kind":"MARKET","size":"1"}',
    "session-with-minus": '{"type":"tick","session":"a-b","every":300000,"time":1385344800000,"missed":0}',
    "end-negative": '{"type":"end","source":"r3-collect","records":-1}',
}


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    directory = pathlib.Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    for old in directory.glob("*.ndjson"):
        old.unlink()

    def write(what, lines, newline=b"\n"):
        data = b"\n".join(line if isinstance(line, bytes) else line.encode() for line in lines) + newline
        (directory / f"{what}.{len(lines)}.ndjson").write_bytes(data)

    for what, line in LINES.items():
        write(what, GOOD + [line])
    write("first-line-not-json", ["\x1f\x8b\x08"])
    write("first-line-csv", ["timestamp,open,high,low,close,volume"])
    write("last-line-without-newline", GOOD + [NEXT], newline=b"")
    write("cut-in-the-middle", GOOD + [NEXT[:40]], newline=b"")
    write("behind-the-end", GOOD + ['{"type":"end","source":"r3-collect","records":4}', NEXT])


main()
