"""What a new order has to keep before anything of it is done."""
import re

from money import ZERO, is_multiple, number
from refusals import Refusal, Told, too_little

CLIENT = re.compile(r"[0-9A-Za-z_-]{0,40}")
ACTIVE_ORDERS = 200  # of one pair
SHORT_TEXT = 20      # of remark and tags


def order_request(body, markets):
    """The order of a request, its numbers exact: price, size and funds are zero where it has none."""
    market = markets.get(body.get("symbol") or "")
    if market is None:
        raise Refusal("symbol")
    side, kind, client = body.get("side"), body.get("type", "limit"), body.get("clientOid") or ""
    if side not in ("buy", "sell") or kind not in ("limit", "market") or not CLIENT.fullmatch(str(client)):
        raise Refusal("parameter")
    if body.get("timeInForce", "GTC") not in ("GTC", "GTT", "IOC", "FOK") or any(len(body.get(name) or "") > SHORT_TEXT for name in ("remark", "tags")):
        raise Refusal("parameter")
    numbers = {name: number(body[name]) if body.get(name) not in (None, "") else ZERO for name in ("price", "size", "funds")}
    if kind == "limit":
        numbers["funds"] = numbers["price"] * numbers["size"]
    else:
        numbers["price"] = ZERO
    return market, {**body, "side": side, "type": kind, "clientOid": client, **numbers}


def time_window(body, now):
    """The request has come in time by its own words."""
    window, sent = body.get("allowMaxTimeWindow"), body.get("clientTimestamp")
    if window is None:
        return
    if sent is None:
        raise Refusal("parameter")
    if int(sent) + int(window) < now:
        raise Refusal("window")


def increments(market, request):
    """Increments, minimums and maximums of the pair, and the price band."""
    rule, size, funds = market.rule, request["size"], request["funds"]
    if request["type"] == "limit":
        limit_price(market, request)
    elif bool(size) == bool(funds):
        raise Refusal("parameter")
    if size or request["type"] == "limit":
        if size <= 0 or not is_multiple(size, rule["baseIncrement"]):
            raise Refusal("size increment")
        if size < rule["baseMinSize"]:
            raise Refusal("size minimum")
        if size > rule["baseMaxSize"]:
            raise Refusal("size maximum")
    else:
        if funds <= 0 or not is_multiple(funds, rule["quoteIncrement"]):
            raise Refusal("funds increment")
        if funds < rule["quoteMinSize"]:
            raise Refusal("funds minimum")
    if (funds or size * market.price) < rule["minFunds"]:
        raise too_little(market.listed["minFunds"], market.quote)


def limit_price(market, request):
    """The price of a limit order: its increment and the band."""
    price, (highest, lowest) = request["price"], market.limits()
    if price <= 0 or not is_multiple(price, market.rule["priceIncrement"]):
        raise Refusal("price increment")
    if (request["side"] == "buy" and price > highest) or (request["side"] == "sell" and price < lowest):
        raise Refusal("price range")


def duplicate(client, orders, mode):
    """A client id that was used before is refused, or taken once the order that had it is over (`accept-done`), as the mode says."""
    if not client or not orders or mode == "accept":
        return
    if mode == "accept-done" and not any(order.active for order in orders):
        return
    raise Refusal("duplicate 102426" if mode == "102426" else "duplicate")


def open_for_trade(market, status, placing):
    """The exchange is open, and the pair is traded. Cancelling goes on while it is `cancelonly`."""
    if status == "close" or (placing and status == "cancelonly"):
        raise Refusal("creation suspended" if placing else "cancel suspended")
    if placing and not market.listed["enableTrading"]:
        raise Refusal("symbol halted")


def room(market, active):
    """Not too many orders of the pair."""
    if sum(1 for order in active if order.market is market) >= ACTIVE_ORDERS:
        raise Refusal("orders")


def told(code, words, status):
    """A refusal that a test makes up."""
    return Told(str(code), words, int(status))
