"""sweep_vectorbt.py FILE.csv: the sweep's 1,000 sets in vectorbt, 100 at a time (all at once take 5 GiB and no less time).
Prints one line of JSON."""
import sys

from job import say, sets
from sma_vectorbt import laps, load, portfolio

import vectorbt

AT_ONCE = 100


def main():
    frame = load(sys.argv[1])
    laps.end("load")
    pairs, best, trades = sets(), (-1.0, None), 0
    for start in range(0, len(pairs), AT_ONCE):
        fast, slow = map(list, zip(*pairs[start:start + AT_ONCE]))
        result = portfolio(frame, fast, slow)
        equity = result.final_value().values
        top = int(equity.argmax())
        trades += int(result.trades.closed.count().sum())
        best = max(best, (float(equity[top]), (fast[top], slow[top])))
    laps.end("engine")
    say("vectorbt", vectorbt.__version__, best[0], trades, laps, best=best[1])


main()
