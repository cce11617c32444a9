"""Which method and path is which endpoint, from which pool of the rate limits it takes how much, and what permission it needs."""
import private
import public

PUBLIC, SPOT, MANAGEMENT = "Public", "Spot", "Management"
READ, TRADE = "General", "Spot"


class Endpoint:
    """One row of the table."""

    def __init__(self, name, method, path, pool, weight, permission, function):
        self.name, self.method, self.parts = name, method, path.strip("/").split("/")
        self.pool, self.weight, self.permission, self.function = pool, weight, permission, function

    def match(self, method, parts):
        """What stands for the {} of the path, or None if this is not it."""
        if method != self.method or len(parts) != len(self.parts):
            return None
        values = []
        for mine, given in zip(self.parts, parts):
            if mine == "{}":
                values.append(given)
            elif mine != given:
                return None
        return values


# Fixed paths stand before those with a {} that would take them.
TABLE = [Endpoint(*row) for row in (
    ("time", "GET", "/api/v1/timestamp", PUBLIC, 3, None, public.server_time),
    ("status", "GET", "/api/v1/status", PUBLIC, 3, None, public.status),
    ("symbols", "GET", "/api/v2/symbols", PUBLIC, 4, None, public.symbols),
    ("symbol", "GET", "/api/v2/symbols/{}", PUBLIC, 4, None, public.symbol),
    ("currencies", "GET", "/api/v3/currencies", PUBLIC, 3, None, public.currencies),
    ("candles", "GET", "/api/v1/market/candles", PUBLIC, 3, None, public.candles),
    ("ticker", "GET", "/api/v1/market/orderbook/level1", PUBLIC, 2, None, public.ticker),
    ("book", "GET", "/api/v1/market/orderbook/level2_20", PUBLIC, 2, None, public.book),
    ("book", "GET", "/api/v1/market/orderbook/level2_100", PUBLIC, 4, None, public.book),
    ("tickers", "GET", "/api/v1/market/allTickers", PUBLIC, 15, None, public.tickers),
    ("stats", "GET", "/api/v1/market/stats", PUBLIC, 15, None, public.statistics),
    ("contracts", "GET", "/api/v1/contracts/active", PUBLIC, 3, None, public.nothing),
    ("margin-symbols", "GET", "/api/v3/margin/symbols", SPOT, 3, READ, public.no_items),
    ("isolated-symbols", "GET", "/api/v1/isolated/symbols", SPOT, 20, READ, public.nothing),
    ("accounts", "GET", "/api/v1/accounts", MANAGEMENT, 5, READ, private.accounts),
    ("opened", "GET", "/api/v1/hf/accounts/opened", SPOT, 30, READ, private.opened),
    ("account-mode", "GET", "/api/ua/v1/account/mode", MANAGEMENT, 30, READ, private.account_mode),
    ("key", "GET", "/api/v1/user/api-key", MANAGEMENT, 20, READ, private.key),
    ("base-fee", "GET", "/api/v1/base-fee", SPOT, 3, READ, private.base_fee),
    ("fees", "GET", "/api/v1/trade-fees", SPOT, 3, READ, private.fees),
    ("place", "POST", "/api/v1/hf/orders", SPOT, 1, TRADE, private.place),
    ("place-sync", "POST", "/api/v1/hf/orders/sync", SPOT, 1, TRADE, private.place_sync),
    ("test", "POST", "/api/v1/hf/orders/test", SPOT, 1, TRADE, private.test),
    ("multi", "POST", "/api/v1/hf/orders/multi", SPOT, 1, TRADE, private.multi),
    ("multi-sync", "POST", "/api/v1/hf/orders/multi/sync", SPOT, 1, TRADE, private.multi_sync),
    ("dead-man", "POST", "/api/v1/hf/orders/dead-cancel-all", SPOT, 2, TRADE, private.dead_man),
    ("dead-man-query", "GET", "/api/v1/hf/orders/dead-cancel-all/query", SPOT, 2, TRADE, private.dead_man_query),
    ("active", "GET", "/api/v1/hf/orders/active", SPOT, 2, READ, private.active),
    ("active-page", "GET", "/api/v1/hf/orders/active/page", SPOT, 2, READ, private.active_page),
    ("active-symbols", "GET", "/api/v1/hf/orders/active/symbols", SPOT, 2, TRADE, private.active_symbols),
    ("done", "GET", "/api/v1/hf/orders/done", SPOT, 2, READ, private.done),
    ("fills", "GET", "/api/v1/hf/fills", SPOT, 2, READ, private.fills),
    ("order-client", "GET", "/api/v1/hf/orders/client-order/{}", SPOT, 2, READ, private.order_by_client),
    ("order", "GET", "/api/v1/hf/orders/{}", SPOT, 2, READ, private.order_by_id),
    ("cancel-all", "DELETE", "/api/v1/hf/orders/cancelAll", SPOT, 30, TRADE, private.cancel_all),
    ("cancel-symbol", "DELETE", "/api/v1/hf/orders", SPOT, 2, TRADE, private.cancel_symbol),
    ("cancel-client-sync", "DELETE", "/api/v1/hf/orders/sync/client-order/{}", SPOT, 1, TRADE, private.cancel_client_sync),
    ("cancel-sync", "DELETE", "/api/v1/hf/orders/sync/{}", SPOT, 1, TRADE, private.cancel_sync),
    ("cancel-client", "DELETE", "/api/v1/hf/orders/client-order/{}", SPOT, 1, TRADE, private.cancel_client),
    ("cancel", "DELETE", "/api/v1/hf/orders/{}", SPOT, 1, TRADE, private.cancel),
    ("classic", "POST", "/api/v1/orders", SPOT, 2, TRADE, private.gone),
    ("classic", "GET", "/api/v1/orders", SPOT, 2, READ, private.gone),
    ("classic", "DELETE", "/api/v1/orders", SPOT, 20, TRADE, private.gone),
    ("classic", "GET", "/api/v1/fills", SPOT, 10, READ, private.gone),
)]


def find(method, path):
    """The endpoint and what stands for the {} of its path; (None, []) where there is none."""
    parts = path.strip("/").split("/")
    for endpoint in TABLE:
        values = endpoint.match(method, parts)
        if values is not None:
            return endpoint, values
    return None, []
