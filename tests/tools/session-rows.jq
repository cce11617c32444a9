# The rows that a stream of records stands for, as the store has them: what the runs of a session have to leave where they are the same
# as one backtest. Called with jq -s. What the end of the backtest cancels still works in the session. The account without what is
# available, which depends on that. Members that are absent are null; columns come in the order of their names.
def row(table; names): . as $record | [table, (reduce names[] as $name ({}; .[$name] = $record[$name]))];
def last_of(f): map(select(f)) | last;

. as $all
| (map(select(.type == "order") | .signal // empty) | map({(.): true}) | add // {}) as $acted
| (map(select(.type == "update" and .reason != "end of stream")) | group_by(.order) | map({(.[0].order): .}) | add // {}) as $updates
| [ ($all[] | select(.type == "signal") | .state = (if $acted[.id] then "ACTED" else "IGNORED" end)
     | row("signals"; ["id", "session", "strategy", "platform", "market", "timeframe", "time", "direction", "reference",
                       "confidence", "stop", "target", "volatility", "reason", "state"])),
    ($all[] | select(.type == "order" or (.type == "raworder" and ($updates[.id] | length > 0 and .[0].event == "REJECTED")))
     | (if .type == "raworder" then .size //= "0" | .funds = null else . end)
     | ($updates[.id] // [{}] | last) as $last
     | .status = ($last.status // "OPENED") | .execution = ($last.execution // "NOT_EXECUTED")
     | .filled = ($last.filled // "0") | .cost = ($last.cost // "0") | .fee = ($last.fee // "0")
     | .reason = $last.reason | .exchange_id = $last.exchange_id | .updated = ($last.time // .time)
     | row("orders"; ["id", "session", "signal", "platform", "market", "time", "role", "side", "kind", "fill", "price",
                      "stop", "target", "trail", "break_even", "expiry", "size", "funds", "status", "execution",
                      "filled", "cost", "fee", "reason", "exchange_id", "updated"])),
    ($all[] | select(.type == "trade") | .order_id = .order
     | row("trades"; ["id", "order_id", "session", "market", "time", "side", "role", "price", "size", "fee",
                      "fee_currency", "liquidity"])),
    ($all | last_of(.type == "account") | row("accounts"; ["session", "time", "currency", "equity"])) ]
| sort | .[]
