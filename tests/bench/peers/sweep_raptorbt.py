"""sweep_raptorbt.py FILE.csv: the sweep's 1,000 sets in raptorbt, with all cash a trade. Prints one line of JSON.

Each average is computed once, as a user would; the engine has no call for many sets, so it is called for each.
"""
import sys

from job import say, sets
from sma_raptorbt import crosses, laps, load, run

import numpy as np
import raptorbt


def main():
    candles = load(sys.argv[1])
    laps.end("load")
    averages = {length: np.asarray(raptorbt.sma(candles[4], length)) for pair in sets() for length in pair}
    best, trades = (-1.0, None), 0
    for fast, slow in sets():
        result = run(candles, *crosses(averages[fast], averages[slow]))
        trades += result.total_closed_trades
        best = max(best, (result.end_value, (fast, slow)))
    laps.end("engine")
    say("raptorbt", raptorbt.__version__, best[0], trades, laps, best=best[1])


main()
