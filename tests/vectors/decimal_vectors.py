#!/usr/bin/env python3
"""Write tests/vectors/decimal.txt: what lib/base/decimal.c must answer.

The source is Python's decimal module (an implementation of the General Decimal Arithmetic Specification, Cowlishaw) at a
precision that makes every operation exact before the one rounding, and Python's float for binary values.
Usage: python3 tests/vectors/decimal_vectors.py > tests/vectors/decimal.txt

One case a line, fields by spaces; the last is the answer, `error` where the value needs more than 34 digits or scale 18.
"""

import decimal
import random
from decimal import Decimal

decimal.getcontext().prec = 400
decimal.getcontext().Emax = decimal.MAX_EMAX
decimal.getcontext().Emin = decimal.MIN_EMIN

MODES = {
    "FLOOR": decimal.ROUND_FLOOR,
    "CEILING": decimal.ROUND_CEILING,
    "DOWN": decimal.ROUND_DOWN,
    "UP": decimal.ROUND_UP,
    "HALF_EVEN": decimal.ROUND_HALF_EVEN,
    "HALF_UP": decimal.ROUND_HALF_UP,
}
LIMIT = 10**34
chance = random.Random(20261123)


def canonical(value):
    """The spelling that r3 writes, or `error`."""
    if value == 0:
        return "0"
    value = value.normalize()
    scale = max(0, -value.as_tuple().exponent)
    if scale > 18 or abs(value.scaleb(scale)) >= LIMIT:
        return "error"
    return format(value, "f")


def rounded(value, scale, mode):
    return value.quantize(Decimal(1).scaleb(-scale), rounding=MODES[mode])


def quotient(a, b, scale, mode):
    """a / b rounded once: from the exact quotient of integers, as no precision makes 1/3 exact."""
    a_n, a_d = a.as_integer_ratio()
    b_n, b_d = b.as_integer_ratio()
    numerator, denominator = a_n * b_d * 10**scale, a_d * b_n
    if denominator < 0:
        numerator, denominator = -numerator, -denominator
    whole, rest = divmod(abs(numerator), denominator)
    # Two digits more than a half needs: exactly the half, or above or below it.
    twice = 2 * rest
    tail = Decimal(0) if rest == 0 else Decimal("0.5") if twice == denominator else Decimal("0.6" if twice > denominator else "0.4")
    value = (whole + tail) * (-1 if numerator < 0 else 1)
    return rounded(value, 0, mode).scaleb(-scale)


def number():
    """Like a price, like a ledger's sum, of any width, or at an edge."""
    kind = chance.randrange(6)
    sign = chance.choice(("", "", "", "-"))
    if kind <= 1:
        value = Decimal(chance.randrange(10 ** chance.randrange(1, 12))).scaleb(-chance.randrange(9))
    elif kind <= 3:
        digits = chance.randrange(1, 35)
        value = Decimal(chance.randrange(10 ** (digits - 1), 10**digits)).scaleb(-chance.randrange(19))
    elif kind == 4:
        value = Decimal(chance.choice((1, 5, 25, 15, 9, 99, LIMIT - 1, LIMIT // 2, 2**53, 2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1, 2**64,
                                       10**17, 10**18, 10**19))).scaleb(-chance.randrange(19))
    else:
        value = Decimal(chance.randrange(1, 10**6)) * 10 + 5
        value = value.scaleb(-chance.randrange(1, 10))
    return Decimal(sign + format(value, "f"))


def spell(value):
    return format(value, "f")


def say(*fields):
    print(*fields)


def exact_cases(count):
    for _ in range(count):
        a, b = number(), number()
        say("add", spell(a), spell(b), canonical(a + b))
        say("subtract", spell(a), spell(b), canonical(a - b))
        say("multiply", spell(a), spell(b), canonical(a * b))
        say("compare", spell(a), spell(b), (a > b) - (a < b))


def rounded_cases(count):
    for _ in range(count):
        for mode in MODES:
            a, b, scale = number(), number(), chance.randrange(19)
            say("round", mode, scale, spell(a), canonical(rounded(a, scale, mode)))
            say("multiply_round", mode, scale, spell(a), spell(b), canonical(rounded(a * b, scale, mode)))
            if b:
                say("divide_round", mode, scale, spell(a), spell(b), canonical(quotient(a, b, scale, mode)))
            step = abs(chance.choice((b, Decimal("0.01"), Decimal("0.00000001"), Decimal("0.5"), Decimal("0.25"), Decimal("10"))))
            if step:
                say("round_to", mode, spell(a), spell(step), canonical(quotient(a, step, 0, mode) * step))
                multiple = a % step == 0
                say("is_multiple", spell(a), spell(step), int(multiple))


def tie_cases():
    for mode in MODES:
        for text in ("0.5", "1.5", "2.5", "-0.5", "-1.5", "-2.5", "0.4", "0.6", "-0.4", "-0.6", "0.05", "0.25", "0.35", "9.95",
                     "0.000000000000000001", "-0.000000000000000001", "9999999999999999999999999999999999", "99999999999999999.5"):
            for scale in (0, 1):
                say("round", mode, scale, text, canonical(rounded(Decimal(text), scale, mode)))
        for a, b in (("1", "3"), ("-1", "3"), ("1", "2"), ("3", "2"), ("-5", "2"), ("1", "8"), ("2", "3"), ("10", "-4"),
                     ("9999999999999999999999999999999999", "0.000000000000000001"), ("0.000000000000000001", "9999999999999999999999999999999999")):
            for scale in (0, 2, 18):
                say("divide_round", mode, scale, a, b, canonical(quotient(Decimal(a), Decimal(b), scale, mode)))


def binary_cases(count):
    for _ in range(count):
        a = number()
        say("to_double", spell(a), float(a).hex())
    # Halfway between two doubles, and just beside it.
    for _ in range(count // 4):
        whole = (1 << 53) + 2 * chance.randrange(1 << 50) + 1
        for text in (str(whole), str(whole) + ".000000000000001", str(whole - 1) + ".999999999999999"):
            say("to_double", text, float(Decimal(text)).hex())
    for _ in range(count):
        mode, scale = chance.choice(list(MODES)), chance.randrange(19)
        value = chance.choice((chance.uniform(-1e5, 1e5), chance.gauss(0, 1) * 10 ** chance.randrange(-30, 34), chance.randrange(10**6) / 2**chance.randrange(1, 20),
                               float(chance.randrange(1 << 53)), chance.uniform(0, 1) * 2.0**-chance.randrange(140)))
        say("from_double", mode, scale, value.hex(), canonical(rounded(Decimal(value), scale, mode)))


def text_cases(count):
    for _ in range(count):
        a = number()
        zeros = "0" * chance.randrange(25)
        text = spell(a)
        say("parse", text, canonical(a))
        if "." in text:
            say("parse", text + zeros, canonical(a))
        text = chance.choice(("", "+", "000")) + spell(abs(a))
        say("parse_number", text, canonical(abs(a)))
        exponent = chance.randrange(-20, 20)
        say("parse_number", f"{spell(a)}{chance.choice('eE')}{exponent:+d}", canonical(a.scaleb(exponent)))


def main():
    print("# Made by tests/vectors/decimal_vectors.py from Python's decimal module. Fields: operation, its arguments, the answer.")
    exact_cases(300)
    rounded_cases(60)
    tie_cases()
    binary_cases(300)
    text_cases(200)


main()
