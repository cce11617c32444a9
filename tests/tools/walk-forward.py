#!/usr/bin/env python3
"""A walk-forward done by hand: r3-backtest once for each window and set, and nothing else of r3. What r3-sweep --train says must be this.

usage: walk-forward.py [--anchored] --train DAYS --test DAYS --rank NAME [--cash CASH] --vary NAME=A,B,... [--where PYTHON] PIPELINE

PIPELINE has {collect}, {strategy}, {track}, {order} and {report} where the options of a window go, and {NAME} for each parameter:

    r3-collect {collect} btc.csv | r3-strategy sma-cross {strategy} --set fast={fast} | r3-track {track} | r3-size | r3-order --paper {order} | r3-report {report}

Prints a JSON object a window, then one for the whole, with the members of r3-sweep's that it can compute. The files trades.csv, equity.csv
of the test windows are joined in the working directory as walk-trades.csv, walk-equity.csv.
"""
import argparse
import csv
import itertools
import json
import shlex
import subprocess

DAY = 86400000


def backtest(text):
    done = subprocess.run(['r3-backtest', text], stdout=subprocess.PIPE, check=True)
    return done.stdout.decode()


def fill(template, values, **options):
    words = {'collect': '', 'strategy': '', 'track': '', 'order': '', 'report': ''} | options | values
    for name, value in words.items():
        template = template.replace('{' + name + '}', value)
    return template


def time(milliseconds):
    return str(milliseconds).rjust(11, '0')  # of 11 digits or more: ms


def span(template):
    """Open of the first candle and close of the last: what r3-collect says without the options of a window."""
    words = shlex.split(template.split('|')[0].replace('{collect}', ''))
    lines = subprocess.run(words, stdout=subprocess.PIPE, check=True).stdout.decode().splitlines()
    opens = [record['time'] for record in map(json.loads, lines) if record['type'] == 'candle']
    return opens[0], opens[-1] + min(b - a for a, b in zip(opens, opens[1:]))


def windows(first, end, train, test, anchored):
    at = first + train
    while at < end:
        yield (first if anchored else at - train), at, min(at + test, end)
        at += test


def best_set(template, sets, start, split, rank):
    """(number, values, report) of the highest rank, the first among equals; None where none has one."""
    best = None
    for number, values in sets:
        report = json.loads(backtest(fill(template, values, collect=f'--from {time(start)} --to {time(split)}', report='--json')))
        if report[rank] is not None and (best is None or report[rank] > best[2][rank]):
            best = number, values, report
    return best


def join(bars, peak):
    """Append the window's trades.csv and equity.csv to the joined ones, its bars counted on; how many there are then, and the highest equity."""
    with open('trades.csv', newline='') as file:
        head, *trades = csv.reader(file)
    with open('walk-trades.csv', 'a' if bars else 'w', newline='') as file:
        out = csv.writer(file, lineterminator='\n')
        if not bars:
            out.writerow(head)
        for trade in trades:
            out.writerow(trade[:-2] + [str(int(bar) + bars) for bar in trade[-2:]])
    with open('equity.csv') as file:
        head, *lines = file
    with open('walk-equity.csv', 'a' if bars else 'w') as file:
        if not bars:
            file.write(head)
        for line in lines:
            stamp, equity, _, close, _ = line.split(',')
            peak = max(peak, float(equity))
            file.write(f'{stamp},{equity},{float(equity) / peak - 1!r},{close},{close}\n')  # buy and hold goes with the close
    return bars + len(lines), peak


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--anchored', action='store_true')
    parser.add_argument('--train', type=float, required=True)
    parser.add_argument('--test', type=float, required=True)
    parser.add_argument('--rank', required=True)
    parser.add_argument('--cash', default='10000')
    parser.add_argument('--vary', action='append', required=True)
    parser.add_argument('--where', default='')
    parser.add_argument('pipeline')
    asked = parser.parse_args()
    names = [vary.split('=')[0] for vary in asked.vary]
    axes = [vary.split('=')[1].split(',') for vary in asked.vary]
    sets = [(number, dict(zip(names, values))) for number, values in enumerate(itertools.product(*axes))]
    sets = [(number, values) for number, values in sets if not asked.where or eval(asked.where, {n: float(v) for n, v in values.items()})]
    train, test = round(asked.train * DAY), round(asked.test * DAY)
    cash, bars, peak, sums = asked.cash, 0, 0, [0, 0, 0, 0]
    for number, (start, split, end) in enumerate(windows(*span(asked.pipeline), train, test, asked.anchored), 1):
        best = best_set(asked.pipeline, sets, start, split, asked.rank)
        values = best[1] if best else sets[0][1]
        text = fill(asked.pipeline, values, collect=f'--from {time(start)} --to {time(end)}',
                    strategy=f'--from {time(split if best else end)}', track='--close-at-end', order=f'--cash {cash}',
                    report=f'--json --from {time(split)} --trades trades.csv --equity equity.csv')
        printed = backtest(text)
        report = json.loads(printed)
        cash = printed.split('"equity_final":')[1].split(',')[0]  # with all its digits
        bars, peak = join(bars, peak)
        inside = best[2]['return'] if best else 0
        for i, value in enumerate((inside, (split - start) / DAY / 365, report['return'], (end - split) / DAY / 365)):
            sums[i] += value
        print(json.dumps({'window': number, 'train_from': start, 'train_to': split, 'test_to': end, 'job': best[0] if best else None,
                          'parameters': best[1] if best else None,
                          'efficiency': report['return'] / (end - split) / (inside / (split - start)) if inside > 0 else None,
                          'in_sample': best[2] if best else None, 'out_of_sample': report}))
    print(json.dumps({'windows': number, 'return_ann_in_sample': sums[0] / sums[1], 'return_ann_out_of_sample': sums[2] / sums[3],
                      'efficiency': sums[2] / sums[3] / (sums[0] / sums[1]) if sums[0] > 0 else None, 'equity_final': cash}))


main()
