"""What the exchange says when it refuses: HTTP status, code and text of each case.

Facts from public reports and KuCoin's documentation; `window` and `symbol missing` are assumptions, since no report shows them.
"""

REFUSALS = {
    "header": (400, "400001", "Please check the header of your request for KC-API-KEY, KC-API-SIGN, KC-API-TIMESTAMP, KC-API-PASSPHRASE"),
    "timestamp": (400, "400002", "Invalid KC-API-TIMESTAMP"),
    "key": (401, "400003", "KC-API-KEY not exists"),
    "passphrase": (401, "400004", "Invalid KC-API-PASSPHRASE"),
    "sign": (401, "400005", "Invalid KC-API-SIGN"),
    "permission": (403, "400007", "Access denied, require more permission."),
    "key version": (400, "400009", "Invalid KC-API-KEY-VERSION."),
    "gone": (200, "400100", "order_not_exist_or_not_allow_to_cancel"),
    "unknown order": (200, "400100", "The order does not exist."),
    "order_not_exist": (200, "order_not_exist", "order_not_exist"),
    "duplicate": (200, "400100", "validation.createOrder.clientOidDuplicated"),
    "duplicate 102426": (200, "102426", "Duplicate user-defined unique order ID"),
    "size increment": (200, "400100", "Order size increment invalid."),
    "size minimum": (200, "400100", "Order size below the minimum requirement."),
    "size maximum": (200, "300000", "Order size invalid."),
    "price increment": (200, "400100", "Price increment invalid."),
    "funds increment": (200, "400100", "Funds increment invalid."),
    "funds minimum": (200, "600100", "Funds below the minimum requirement."),
    "price range": (200, "400100", "price not in the given range!"),
    "pair": (200, "400100", "Unsupported trading pair."),
    "symbol missing": (200, "400100", "Unsupported trading pair."),
    "symbol": (200, "900001", "symbol not exists"),
    "symbol halted": (200, "400600", "validation.createOrder.symbolNotAvailable"),
    "page": (200, "400100", "pageSize should not greater than 500"),
    "duration": (200, "400100", "The duration between the start time and the end time should not exceed 7 days."),
    "balance": (200, "200004", "Balance insufficient!"),
    "creation suspended": (200, "200001", "Order creation for this pair suspended"),
    "cancel suspended": (200, "200002", "Order cancel for this pair suspended"),
    "orders": (200, "200003", "Number of orders breached the limit"),
    "parameter": (200, "102411", "Parameter error"),
    "window": (200, "400100", "The order has exceeded allowMaxTimeWindow."),
    "url": (404, "404000", "Url Not Found"),
    "media type": (415, "415000", "Unsupported Media Type"),
    "rate": (429, "429000", "Too Many Requests"),
    "system rate": (429, "429000", "Too many requests. System-level rate limit exceeded."),
    "busy": (200, "230005", "The system is busy, please try again later"),
    "500": (500, "500000", "Internal Server Error"),
    "502": (502, "502000", "Bad Gateway"),
    "503": (503, "503000", "Service Unavailable"),
    "504": (504, "504000", "Gateway timeout."),
}


class Refusal(Exception):
    """An answer other than 200000."""

    def __init__(self, name):
        super().__init__(name)
        self.status, self.code, self.text = REFUSALS[name]


class Told(Refusal):
    """A refusal whose words are made for the occasion."""

    def __init__(self, code, words, status=200):
        Exception.__init__(self, words)
        self.status, self.code, self.text = status, code, words


def too_little(minimum, currency):
    """An order is worth less than the pair's least."""
    return Told("600101", f"The order funds should more then {minimum} {currency}.")
