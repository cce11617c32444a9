#!/usr/bin/env python3
"""The statistics of r3-report once more, from its own CSV files with pandas: a second opinion that shares no code.

usage: statistics.py TRADES.csv EQUITY.csv REPORT.json     (365 days a year: candles below a week)

Prints each figure that differs by more than 1e-9 (relative) and ends with status 1; prints `N figures agree` otherwise.
"""
import json
import math
import sys

import numpy as np
import pandas as pd

DAYS = 365


def drawdowns(depth):
    """(deepest, duration) of each drawdown with a bar below the peak between its ends."""
    ends = [i for i in range(len(depth)) if depth.iloc[i] == 0 or i == len(depth) - 1]
    found = []
    for before, after in zip(ends, ends[1:]):
        if after > before + 1:
            found.append((depth.iloc[before:after + 1].max(), depth.index[after] - depth.index[before]))
    return found


def milliseconds(delta):
    return delta.total_seconds() * 1000


def moment(values, power):
    """A standardised moment over n, as scipy.stats.skew and kurtosis(fisher=False) have it."""
    about = values - values.mean()
    spread = math.sqrt((about ** 2).mean())
    return (about ** power).mean() / spread ** power if spread > 0 else None


def ceiling(values, unit):
    return math.ceil(sum(values) / len(values) / unit - 1e-9) * unit if values else None


def compute(trades, equity, start, still_open):
    e, c = equity.equity, equity.benchmark
    depth = 1 - e / e.cummax()
    found = drawdowns(depth)
    step = milliseconds(equity.index.to_series().diff().median())
    unit = 86400000 if step % 86400000 == 0 else 3600000 if step % 3600000 == 0 else 60000
    exposed = np.zeros(len(e), dtype=bool)
    for trade in trades.itertuples():
        exposed[trade.entry_bar:trade.exit_bar + 1] = True
    for position in still_open:
        exposed[position['entry_bar']:] = True
    daily = e.resample('D').last().dropna().pct_change().dropna()
    rate = math.exp(np.log1p(daily).mean()) - 1 if len(daily) else float('nan')
    annual = (1 + rate) ** DAYS - 1
    spread = math.sqrt((1 + rate) ** (2 * DAYS) * math.expm1(DAYS * math.log1p(daily.var(ddof=1) / (1 + rate) ** 2)))
    years = (e.index[-1] - e.index[0]) / pd.Timedelta(days=365.25)
    x, y = np.diff(np.log(e)), np.diff(np.log(c))
    covariance = np.cov(x, y)
    beta = covariance[0, 1] / covariance[1, 1]
    hold = c.iloc[-1] / c.iloc[0] - 1
    total = (e.iloc[-1] - start) / start
    out = {
        'start': e.index[0].value // 10**6, 'end': e.index[-1].value // 10**6, 'duration': milliseconds(e.index[-1] - e.index[0]),
        'candles': len(e), 'exposure_time': exposed.mean(), 'equity_final': e.iloc[-1], 'equity_peak': e.max(), 'return': total,
        'buy_and_hold_return': hold, 'return_ann': annual, 'volatility_ann': spread, 'cagr': (e.iloc[-1] / start) ** (1 / years) - 1,
        'sharpe_ratio': annual / spread if spread else None,
        'sortino_ratio': annual / (math.sqrt((daily.clip(upper=0) ** 2).mean()) * math.sqrt(DAYS)) if (daily < 0).any() else None,
        'calmar_ratio': annual / depth.max() if depth.max() else None, 'returns': len(daily),
        'sharpe_ratio_period': daily.mean() / daily.std(ddof=1) if daily.std(ddof=1) > 0 else None,
        'skewness': moment(daily, 3), 'kurtosis': moment(daily, 4), 'alpha': total - beta * hold, 'beta': beta,
        'max_drawdown': -depth.max(), 'avg_drawdown': -np.mean([d for d, _ in found]) if found else None,
        'max_drawdown_duration': max((milliseconds(t) for _, t in found), default=None),
        'avg_drawdown_duration': ceiling([milliseconds(t) for _, t in found], unit), 'trades': len(trades),
    }
    if not still_open:
        out['commissions'] = trades.fees.sum()
    if len(trades):
        r, pnl = trades['return'], trades.pnl
        gross = (trades.exit_price / trades.entry_price - 1) * np.where(trades.side == 'LONG', 1, -1)
        assert np.allclose(r, gross - trades.fees / (trades['size'] * trades.entry_price), rtol=1e-9, atol=1e-12)
        spans = pd.to_timedelta(trades.duration)
        assert ((equity.index[trades.exit_bar] - equity.index[trades.entry_bar]) == pd.TimedeltaIndex(spans)).all()
        spans = [milliseconds(t) for t in spans]
        run = longest = 0
        for lost in pnl < 0:
            run = run + 1 if lost else 0
            longest = max(longest, run)
        won, lost = pnl[pnl > 0], pnl[pnl < 0]
        deviation = pnl.std(ddof=1)
        out |= {
            'win_rate': (pnl > 0).mean(), 'best_trade': r.max(), 'worst_trade': r.min(), 'avg_trade': math.exp(np.log1p(r).mean()) - 1,
            'max_trade_duration': max(spans), 'avg_trade_duration': ceiling(spans, unit),
            'profit_factor': r[r > 0].sum() / -r[r < 0].sum() if (r < 0).any() else None, 'expectancy': r.mean(),
            'sqn': math.sqrt(len(trades)) * pnl.mean() / deviation if deviation > 0 else None,
            'kelly_criterion': (pnl > 0).mean() - (1 - (pnl > 0).mean()) / (won.mean() / -lost.mean()) if len(won) and len(lost) else None,
            'longest_losing_run': longest,
        }
    ends = e.resample('MS').last().dropna()
    for month, value, before in zip(ends.index.strftime('%Y-%m'), ends, [start, *ends]):
        out |= {'month ' + month: value, 'return of ' + month: value / before - 1, 'trades of ' + month: 0}
    for bar in trades.exit_bar:
        out['trades of ' + e.index[bar].strftime('%Y-%m')] += 1
    out |= {'exits ' + role: (trades.exit == role).sum() for role in ('EXIT', 'TP', 'SL', 'MO')}
    assert np.allclose(equity.drawdown, -depth, rtol=1e-9, atol=1e-12)
    return out


def main():
    trades, equity = pd.read_csv(sys.argv[1]), pd.read_csv(sys.argv[2])
    equity.index = pd.to_datetime(equity.pop('time')).dt.tz_localize(None)
    with open(sys.argv[3]) as file:
        report = json.load(file)
    for month in report['months']:
        name = month['month']
        report |= {'month ' + name: month['equity'], 'return of ' + name: month['return'], 'trades of ' + name: month['trades']}
    report |= {'exits ' + role: count for role, count in report['exits'].items()}
    want = compute(trades, equity, report['equity_start'], report['open_positions'])
    bad = 0
    for name, value in want.items():
        got = report[name]
        same = got is None if value is None or value != value else got is not None and abs(got - value) <= 1e-9 * max(abs(value), 1e-3)
        if not same:
            print(f'{name}: r3-report says {got!r}, pandas {value!r}')
            bad += 1
    if bad == 0:
        print(f'{len(want)} figures agree')
    sys.exit(bad > 0)


main()
