"""Exact decimals: money and sizes never pass through a float."""
import decimal
import re
from decimal import ROUND_FLOOR, Decimal

from refusals import Refusal

# Threads copy the default context when they begin.
decimal.DefaultContext.prec = 60
decimal.setcontext(decimal.DefaultContext.copy())

ZERO, ONE = Decimal(0), Decimal(1)
PLAIN = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def text(value):
    """As the exchange writes it: no exponent, no needless zeros."""
    return format(value.normalize(), "f") if value else "0"


def number(value):
    """A decimal of a request: text or a JSON number."""
    if isinstance(value, Decimal):
        return value
    if isinstance(value, bool) or not PLAIN.fullmatch(str(value)):
        raise Refusal("parameter")
    return Decimal(str(value))


def floor_to(value, increment):
    """The greatest multiple of increment that is not above value."""
    return (value / increment).to_integral_value(ROUND_FLOOR) * increment


def is_multiple(value, increment):
    """Whether value lies on the grid of increment."""
    return value % increment == 0
