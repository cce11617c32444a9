# r3-size: lines in, lines out. The amounts of each method and limit are worked out in tests/unit/sizer.c.
load helper

setup() { cd "$BATS_TEST_TMPDIR"; }

instrument='{"type":"instrument","platform":"kucoin","market":"BTC-USDT","base":"BTC","quote":"USDT","price_increment":"0.1","base_increment":"0.00001","quote_increment":"0.01","minimum_size":"0.0001","minimum_funds":"1","taker_fee":"0.001","fee_currency":"USDT"}'

# raworder ROLE SIDE MEMBERS: 10,000 of equity, all available, the price at 50,000.
raworder() {
    printf '{"type":"raworder","id":"main-1-%s-1","session":"main","platform":"kucoin","market":"BTC-USDT","time":1385341200000,"role":"%s","side":"%s","kind":"MARKET","reference":"50000"%s,"equity":"10000","available":"10000","exposure":"0","day_pnl":"0","wins":0,"losses":0,"average_win":"0","average_loss":"0"}\n' "$1" "$1" "$2" "${3-}"
}

# What r3-size adds to the instrument and the raw order.
added() {
    { echo "$instrument"; cat; } | r3-size -q "$@"
}

@test "each method, on the market's increments" {
    [ "$(raworder ENTRY BUY | added | jq -r .funds)" = 9990 ] # 10000 / 1.001, down to a cent
    [ "$(raworder ENTRY BUY | added --fraction 50% | jq -r .funds)" = 4995 ]
    [ "$(raworder ENTRY BUY | added --fraction 0.5 --fee 1% | jq -r .funds)" = 4950.49 ]
    [ "$(raworder ENTRY BUY | added --quote 100 | jq -r .funds)" = 99.9 ]
    [ "$(raworder ENTRY BUY | added --base 0.0123456 | jq -r .size)" = 0.01234 ]
    [ "$(raworder ENTRY BUY ',"stop":"49000"' | added --risk 1% | jq -r .size)" = 0.1 ]
    [ "$(raworder ENTRY BUY ',"volatility":"640"' | added --volatility 1% | jq -r .size)" = 0.15625 ]
    [ "$(raworder ENTRY BUY | added --kelly 0.5 | jq -r .funds)" = 999 ]
    [ "$(raworder ENTRY SELL | added | jq -r .funds)" = 9990 ]
}

@test "the order takes over the members of the raw order, its prices on the increment" {
    raworder ENTRY BUY ',"stop":"49000.04","target":"51000.06","trail":"0.04","break_even":"99.99","expiry":1385344800000' | added --base 0.1 >got
    echo '{"type":"order","id":"main-1-ENTRY-1","session":"main","platform":"kucoin","market":"BTC-USDT","time":1385341200000,"role":"ENTRY","side":"BUY","kind":"MARKET","stop":"49000","target":"51000.1","trail":"0.1","break_even":"100","expiry":1385344800000,"size":"0.1"}' >want
    diff want got
}

@test "a market order that what is available cuts goes by funds, and is paid for at a higher open" {
    [ "$(raworder ENTRY BUY ',"stop":"49900"' | added --risk 2% | jq -r .funds)" = 9990 ]
    [ "$(raworder ENTRY BUY ',"stop":"49900"' | added --risk 2% --max-exposure 95% | jq -r .size)" = 0.19 ]
    cat >mine.rules <<'EOF'
long = crossover(sma(close, 10), sma(close, 30))
flat = crossunder(sma(close, 10), sma(close, 30))
stop = close - 2 * atr(14)
EOF
    backtest "r3-collect $DATA/btcusd-bitstamp-2013_5m.csv | r3-strategy ./mine.rules | r3-track | r3-size --risk 2% | r3-order --paper" >out
    jq -r 'select(.type == "order" and .role == "ENTRY").id' out | sort >asked
    jq -r 'select(.type == "trade" and .role == "ENTRY").order' out | sort -u >filled
    [ "$(wc -l <asked)" -gt 20 ]
    diff asked filled
}

@test "a refusal is an update with the reason" {
    raworder ENTRY BUY | added --volatility 1% >got
    echo '{"type":"update","order":"main-1-ENTRY-1","session":"main","time":1385341200000,"status":"CANCELED","execution":"NOT_EXECUTED","event":"REJECTED","filled":"0","cost":"0","fee":"0","reason":"no volatility: --volatility sizes by it"}' >want
    diff want got
}

@test "limits cut an entry, and a lost day refuses it" {
    [ "$(raworder ENTRY BUY | added --max-order 500 | jq -r .funds)" = 500 ]
    [ "$(raworder ENTRY BUY | added --max-position 400 | jq -r .funds)" = 400 ]
    [ "$(raworder ENTRY BUY | sed 's/"exposure":"0"/"exposure":"1000"/' | added --max-exposure 30% | jq -r .funds)" = 2000 ]
    run -0 bash -c "$(declare -f raworder added); instrument='$instrument'; raworder ENTRY BUY | sed 's/\"day_pnl\":\"0\"/\"day_pnl\":\"-250\"/' | added --max-daily-loss 2%"
    [ "$(jq -r .reason <<<"$output")" = 'daily loss: 250 lost today, 205 allowed' ]
    [ "$(raworder EXIT SELL ',"size":"0.5"' | sed 's/"day_pnl":"0"/"day_pnl":"-250"/' | added --max-daily-loss 2% --max-order 1 --max-exposure 1% | jq -r .size)" = 0.5 ]
}

@test "dust is refused, and a notice says that the position counts as closed" {
    raworder EXIT SELL ',"size":"0.00009"' | added >got
    [ "$(sed -n 1p got | jq -r .reason)" = 'dust: below the minimum size 0.0001' ]
    [ "$(sed -n 2p got | jq -r '.type + " " + .level + " " + .text')" = 'notice WARNING BTC-USDT: 0.00009 held, the position counts as closed: dust: below the minimum size 0.0001' ]
}

@test "what it read is passed on byte for byte, what it adds follows the line" {
    {
        echo '{"type":"stream","version":1}'
        echo '{ "type": "whatever", "x": [1, 2] }'
        echo "$instrument"
        raworder ENTRY BUY
        echo '{"type":"end","source":"test","records":4}'
    } >in
    r3-size <in >out
    diff in <(grep -v '"type":"order"' out)
    [ "$(sed -n 5p out | jq -r .type)" = order ]
}

@test "two instruments, and a market that has none" {
    {
        echo "$instrument"
        raworder ENTRY BUY
        raworder ENTRY BUY | sed 's/BTC-USDT/ETH-USDT/'
    } | r3-size -q >got
    [ "$(jq -r .funds got | tr '\n' ' ')" = '9990 9990.00999 ' ]
}

@test "usage: two methods, nothing to size by, Kelly's options alone, an operand" {
    run -64 --separate-stderr r3-size --fraction 1 --quote 100
    [[ $stderr == *"--fraction and --quote: give one method"* ]]
    run -64 --separate-stderr r3-size --base 0
    [[ $stderr == *"--base"* ]]
    run -64 --separate-stderr r3-size --max-order 0
    [[ $stderr == *"--max-order"* ]]
    run -64 --separate-stderr r3-size --kelly-after 5
    [[ $stderr == *"--kelly"* ]]
    run -64 --separate-stderr r3-size --risk lots
    [[ $stderr == *"--risk"* ]]
    run -64 --separate-stderr r3-size file
    [[ $stderr == *"file"* ]]
}

@test "a raw order that breaks the rules stops it with the line's number" {
    run -65 --separate-stderr bash -c "$(declare -f raworder); { raworder ENTRY BUY; raworder EXIT SELL; } | r3-size"
    [[ $stderr == *"r3-size: standard input:2: "*"needs a size"* ]]
    [ "$(grep -c '"type":"order"' <<<"$output")" -eq 1 ]
}

@test "a share above 100% is a slip of the hand" {
    for method in fraction risk volatility kelly; do
        run -64 r3-size --$method 50 </dev/null
        [[ $output == *"--$method: wants at most 1, which is 100%, not \"50\" (50% or 0.5 is half)"* ]]
    done
    run -0 r3-size --quote 50 </dev/null
}
