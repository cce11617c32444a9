#!/bin/bash
# store-2.ndjson: the dump of a store of version 2 with sessions at work, as the release made it whose r3 programs are first on the path (commit
# 35bfcb8 made the one that is here). A limit order works, an entry is filled in part, a position is watched. The source is written as FEED.
#
#   PATH=…/build/gcc:…/pipelines:$PATH tests/vectors/store-2.bash >tests/vectors/store-2.ndjson
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$(mktemp -d)"
trap 'rm -r "$PWD"' EXIT
export LC_ALL=C R3_DB=$PWD/r3.db
cp "$top/tests/data/btcusd-bitstamp-2013_5m.csv" feed.csv
r3-session init
start() {
    R3_NOW=2013-11-26 r3-session start sma-cross-Kucoin-BTCUSD-15m-refresh5mn --paper --cash 10000 --source feed.csv --set fast=3 --set slow=8 "$@" >&2
}
start --stop-loss 1% --take-profit 3% --risk 1%
start --limit 0.2% --limit-candles 4 --stop-loss 2% --fraction 0.3 --fee 0.2%
start --trailing-stop 1% --break-even 1% --max-duration 6h --volume-share 2% --fraction 0.9 --cooldown 30m --stop-guard 2
R3_NOW=2013-11-26T03:00 run-due >&2
r3-session dump | sed "s|$PWD/feed.csv|FEED|g"
