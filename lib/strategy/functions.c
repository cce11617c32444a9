#include "lib/strategy/functions.h"

#include <string.h>

const struct r3_function r3_functions[] = {
    /* the candle */
    { "open", "", "@open()", "first price" },
    { "high", "", "@high()", "highest price" },
    { "low", "", "@low()", "lowest price" },
    { "close", "", "@close()", "last price" },
    { "volume", "", "@volume()", "volume, in the base currency" },
    { "hl2", "", "(high + low) / 2", "middle of the candle" },
    { "hlc3", "", "(high + low + close) / 3", "typical price" },
    { "ohlc4", "", "(open + high + low + close) / 4", "mean of the four prices" },
    { "minute", "", "@minute()", "0 to 59, of the candle's open, UTC" },
    { "hour", "", "@hour()", "0 to 23, of the candle's open, UTC" },
    { "weekday", "", "@weekday()", "1 (Monday) to 7, of the candle's open, UTC" },
    { "day", "", "@day()", "1 to 31, of the candle's open, UTC" },
    { "month", "", "@month()", "1 to 12, of the candle's open, UTC" },
    { "tr", "", "@true_range(high, low, close)", "true range (Wilder)" },

    /* averages */
    { "sma", "number x, length n", "@sma(x, n)", "simple moving average, exact" },
    { "ema", "number x, length n", "@ema(x, n, 0)", "exponential moving average, 2 / (n + 1)" },
    { "rma", "number x, length n", "@rma(x, n)", "Wilder's moving average, 1 / n" },
    { "wma", "number x, length n", "@wma(x, n)", "linearly weighted moving average" },
    { "vwma", "number x, length n", "sum(x * volume, n) / sum(volume, n)", "volume-weighted moving average" },
    { "hma", "number x, length n", "wma(2 * wma(x, max(1, floor(n / 2))) - wma(x, n), max(1, floor(sqrt(n))))",
      "Hull's moving average" },
    { "dema", "number x, length n", "2 * ema(x, n) - ema(ema(x, n), n)", "double exponential moving average (Mulloy)" },
    { "tema", "number x, length n", "3 * ema(x, n) - 3 * ema(ema(x, n), n) + ema(ema(ema(x, n), n), n)",
      "triple exponential moving average (Mulloy)" },

    /* windows */
    { "sum", "number x, length n", "@sum(x, n)", "sum of the last n, exact" },
    { "variance", "number x, length n", "@variance(x, n)", "population variance" },
    { "stdev", "number x, length n", "sqrt(variance(x, n))", "population standard deviation" },
    { "linreg", "number x, length n", "@regression(x, n)", "end of the least-squares line" },
    { "slope", "number x, length n", "@regression.1(x, n)", "slope of that line, a candle" },
    { "highest", "number x, length n", "@highest(x, n)", "highest of the last n" },
    { "lowest", "number x, length n", "@lowest(x, n)", "lowest of the last n" },
    { "highestbars", "number x, length n", "@highest_place(x, n)", "where it was: 0 now, -1 the candle before" },
    { "lowestbars", "number x, length n", "@lowest_place(x, n)", "where it was: 0 now, -1 the candle before" },

    /* momentum */
    { "change", "number x, length n = 1", "x - x[n]", "difference from n candles ago" },
    { "mom", "number x, length n", "x - x[n]", "momentum: the same" },
    { "roc", "number x, length n", "100 * (x / x[n] - 1)", "rate of change, percent" },
    { "rsi", "number x, length n",
      "100 * rma(max(x - x[1], 0), n) / (rma(max(x - x[1], 0), n) + rma(-min(x - x[1], 0), n))",
      "relative strength index (Wilder)" },
    { "stoch", "number x, number h, number l, length n", "100 * (x - lowest(l, n)) / (highest(h, n) - lowest(l, n))",
      "place of x between the lowest l and the highest h, percent" },
    { "stoch_k", "length n = 14, length k = 3, length d = 3",
      "@when(sma(stoch(close, high, low, n), k), stoch_d(n, k, d))", "slow %K of the stochastic (Lane)" },
    { "stoch_d", "length n = 14, length k = 3, length d = 3", "sma(sma(stoch(close, high, low, n), k), d)",
      "slow %D of the stochastic" },
    { "cci", "number x, length n", "(x - sma(x, n)) / (0.015 * @deviation(x, n))",
      "commodity channel index (Lambert)" },
    { "mfi", "length n = 14",
      "100 * sum(hlc3 > hlc3[1] ? hlc3 * volume : 0, n) / (sum(hlc3 > hlc3[1] ? hlc3 * volume : 0, n) + "
      "sum(hlc3 < hlc3[1] ? hlc3 * volume : 0, n))",
      "money flow index (Quong, Soudack)" },
    { "willr", "length n = 14", "-100 * (highest(high, n) - close) / (highest(high, n) - lowest(low, n))",
      "Williams' %R" },
    { "macd", "number x, length fast = 12, length slow = 26, length signal = 9",
      "@when(@ema(x, fast, max(0, slow - fast)) - @ema(x, slow, max(0, fast - slow)), macd_signal(x, fast, slow, signal))",
      "fast average less slow average (Appel)" },
    { "macd_signal", "number x, length fast = 12, length slow = 26, length signal = 9",
      "ema(@ema(x, fast, max(0, slow - fast)) - @ema(x, slow, max(0, fast - slow)), signal)",
      "average of the MACD line" },
    { "macd_hist", "number x, length fast = 12, length slow = 26, length signal = 9",
      "macd(x, fast, slow, signal) - macd_signal(x, fast, slow, signal)", "MACD line less its signal" },

    /* bands and ranges */
    { "bollinger_upper", "number x, length n = 20, constant factor = 2", "sma(x, n) + factor * stdev(x, n)",
      "upper Bollinger band" },
    { "bollinger_middle", "number x, length n = 20, constant factor = 2", "sma(x, n)", "middle Bollinger band" },
    { "bollinger_lower", "number x, length n = 20, constant factor = 2", "sma(x, n) - factor * stdev(x, n)",
      "lower Bollinger band" },
    { "donchian_upper", "length n = 20", "highest(high, n)", "highest high" },
    { "donchian_middle", "length n = 20", "(highest(high, n) + lowest(low, n)) / 2", "middle of the channel" },
    { "donchian_lower", "length n = 20", "lowest(low, n)", "lowest low" },
    { "keltner_upper", "number x, length n = 20, constant factor = 2", "ema(x, n) + factor * ema(tr, n)",
      "upper Keltner band" },
    { "keltner_middle", "number x, length n = 20, constant factor = 2", "ema(x, n)", "middle of the Keltner channel" },
    { "keltner_lower", "number x, length n = 20, constant factor = 2", "ema(x, n) - factor * ema(tr, n)",
      "lower Keltner band" },
    { "atr", "length n = 14", "rma(tr, n)", "average true range (Wilder)" },
    { "natr", "length n = 14", "100 * atr(n) / close", "average true range, percent of the close" },

    /* trend */
    { "plus_di", "length n = 14", "100 * @directional(high, low, close, n) / @directional.2(high, low, close, n)",
      "plus directional indicator (Wilder)" },
    { "minus_di", "length n = 14", "100 * @directional.1(high, low, close, n) / @directional.2(high, low, close, n)",
      "minus directional indicator (Wilder)" },
    { "adx", "length n = 14", "rma(100 * abs(plus_di(n) - minus_di(n)) / (plus_di(n) + minus_di(n)), n)",
      "average directional index (Wilder)" },
    { "aroon_up", "length n = 14", "100 * (n + highestbars(high, n + 1)) / n", "Aroon up (Chande)" },
    { "aroon_down", "length n = 14", "100 * (n + lowestbars(low, n + 1)) / n", "Aroon down" },
    { "supertrend", "constant factor = 3, length n = 10", "@supertrend(hl2, atr(n), close, factor)",
      "supertrend line (Seban)" },
    { "supertrend_direction", "constant factor = 3, length n = 10", "@supertrend.1(hl2, atr(n), close, factor)",
      "1 while it rises (line under the price), -1 while it falls" },
    { "psar", "constant step = 0.02, constant maximum = 0.2", "@psar(high, low, step, maximum)",
      "parabolic stop and reverse (Wilder)" },

    /* volume */
    { "obv", "", "@obv(close, volume)", "on-balance volume (Granville)" },
    { "vwap", "number x = hlc3", "@vwap(x, volume, @date())", "volume-weighted average price since 00:00 UTC" },

    /* events */
    { "crossover", "number a, number b", "@cross(a, b)", "a > b now, and a <= b one candle before" },
    { "crossunder", "number a, number b", "@cross.1(a, b)", "a < b now, and a >= b one candle before" },
    { "cross", "number a, number b", "crossover(a, b) or crossunder(a, b)", "either" },
    { "rising", "number x, length n", "x > highest(x[1], n)", "x is above each of its n values before" },
    { "falling", "number x, length n", "x < lowest(x[1], n)", "x is below each of its n values before" },
    { "barssince", "truth c", "@barssince(c)", "candles since c was true, 0 on that candle" },
    { "valuewhen", "truth c, number x, count k = 0", "@valuewhen(x, c, k)", "x when c was true, k occurrences back" },
    { "since", "truth a, truth b", "@latch(a, b)", "whether a has been true since b last was" },

    /* numbers */
    { "min", "number x, number y, …", "@min(x, y)", "smallest" },
    { "max", "number x, number y, …", "@max(x, y)", "greatest" },
    { "abs", "number x", "@abs(x)", "size without sign" },
    { "sqrt", "number x", "@sqrt(x)", "square root" },
    { "log", "number x", "@log(x)", "natural logarithm" },
    { "exp", "number x", "@exp(x)", "e to the power x" },
    { "pow", "number x, number y", "@pow(x, y)", "x to the power y" },
    { "round", "number x", "@round(x)", "nearest whole number, halves away from zero" },
    { "floor", "number x", "@floor(x)", "whole number at or below" },
    { "ceil", "number x", "@ceil(x)", "whole number at or above" },
    { "sign", "number x", "@sign(x)", "-1, 0 or 1" },
    { "nz", "any x, any y = 0", "@nz(x, y)", "x, or y while x is not ready" },
    { "ready", "any x", "@ready(x)", "whether x is ready" },
    { 0 },
};

const struct r3_function *r3_function_find(const char *name, size_t length) {
    for (const struct r3_function *row = r3_functions; row->name; row++)
        if (strlen(row->name) == length && memcmp(row->name, name, length) == 0)
            return row;
    return NULL;
}
