/* What a new session is, from the command line that asks for it. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/json/json.h"
#include "lib/market/market_name.h"
#include "lib/session/create.h"
#include "lib/session/label.h"
#include "lib/session/options.h"
#include "lib/stage/strategy_library.h"

enum { PIPELINE_MAX = 16384 }; /* so that the record of a start stays a line */

const struct r3_option r3_session_create_options[] = {
    { .name = "paper", .kind = R3_OPTION_FLAG, .help = "fill on paper, from the candles" },
    { .name = "live", .kind = R3_OPTION_FLAG, .help = "send its orders to the exchange: real money" },
    { .name = "cash",
      .kind = R3_OPTION_DECIMAL,
      .argument = "AMOUNT",
      .fallback = "10000",
      .help = "what the session begins with" },
    { .name = "source", .kind = R3_OPTION_TEXT, .argument = "FILE", .help = "its candles (else the exchange's)" },
    { .name = "strategy", .kind = R3_OPTION_TEXT, .argument = "NAME|FILE", .help = "in place of the label's" },
    { .name = "platform", .kind = R3_OPTION_TEXT, .argument = "NAME", .help = "without LABEL (else Kucoin)" },
    { .name = "market", .kind = R3_OPTION_TEXT, .argument = "MARKET", .help = "without LABEL" },
    { .name = "timeframe", .kind = R3_OPTION_TEXT, .argument = "TF", .help = "without LABEL" },
    { .name = "refresh", .kind = R3_OPTION_DURATION, .argument = "DURATION", .help = "without LABEL (else 5m)" },
    { .name = NULL },
};

bool r3_session_create_options_given(const struct r3_arguments *arguments) {
    for (const struct r3_option *option = r3_session_create_options; option->name; option++)
        if (r3_arguments_given(arguments, option->name))
            return true;
    return r3_session_stage_options_given(arguments);
}

/* ---- label ---- */

/* The parts that options say; `strategy` is the name in the label that is made of them. */
static int take_named(struct r3_session_label *out, const struct r3_arguments *arguments, const char *strategy,
                      struct r3_error *error) {
    static const char platform[] = "Kucoin";
    const char *timeframe = r3_arguments_text(arguments, "timeframe"), *market = r3_arguments_text(arguments, "market");
    const char *chosen = r3_arguments_text(arguments, "platform");
    const struct r3_argument *refresh = r3_arguments_get(arguments, "refresh", 0);
    if (!strategy || !market || !timeframe)
        return r3_fail(error, R3_USAGE, "wants a LABEL, or --strategy, --market and --timeframe");
    if (r3_market_parse(out->market, market, error) < 0)
        return r3_error_at(error, "--market: ");
    if (r3_timeframe_parse(&out->timeframe, timeframe, strlen(timeframe), error) < 0) {
        error->status = R3_USAGE;
        return r3_error_at(error, "--timeframe: ");
    }
    chosen = chosen ? chosen : platform;
    if (r3_session_platform(out->platform, chosen, strlen(chosen), error) < 0)
        return r3_error_at(error, "--platform: ");
    out->refresh = refresh ? refresh->integer : 5 * (int64_t)R3_MINUTE;
    r3_copy_text(out->strategy, sizeof out->strategy, strategy, strlen(strategy));
    return 0;
}

static int refuse_beside_label(const struct r3_arguments *arguments, struct r3_error *error) {
    static const char *const names[] = { "platform", "market", "timeframe", "refresh" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (r3_arguments_given(arguments, names[i]))
            return r3_fail(error, R3_USAGE, "--%s: the label says it already", names[i]);
    return 0;
}

/* ---- files ---- */

static int absolute(char **out, const char *path, struct r3_error *error) {
    *out = realpath(path, NULL);
    if (!*out)
        return r3_fail_errno(error, errno == ENOENT ? R3_USAGE : R3_IO, "%s", path);
    return r3_json_is_utf8(*out, strlen(*out)) ? 0 : r3_fail(error, R3_USAGE, "a path that is not UTF-8");
}

/* What the pipeline is to name, so that it means the same wherever the session runs later: the path of a file, or a bundled strategy. A
 * directory in R3_STRATEGIES is one of this command. New in *out. */
static int find_strategy(char **out, const char *name, struct r3_error *error) {
    const char *directory = getenv("R3_STRATEGIES");
    struct r3_buffer path = R3_BUFFER_INIT;
    size_t length = strlen(name), end = strlen(".rules");
    int result = 0;
    if (strchr(name, '/') || (length >= end && strcmp(name + length - end, ".rules") == 0))
        return absolute(out, name, error) < 0 ? r3_error_at(error, "--strategy: ") : 0;
    if (directory && *directory) {
        r3_buffer_printf(&path, "%s/%s.rules", directory, name);
        if (access(path.data, F_OK) == 0)
            result = absolute(out, path.data, error);
    }
    if (result == 0 && !*out)
        *out = r3_duplicate(name);
    r3_buffer_release(&path);
    return result;
}

static int find_source(char **out, const char *path, struct r3_error *error) {
    struct stat status;
    if (!path) {
        *out = r3_duplicate("");
        return 0;
    }
    if (absolute(out, path, error) < 0)
        return r3_error_at(error, "--source: ");
    if (stat(*out, &status) < 0 || access(*out, R_OK) < 0)
        return r3_fail_errno(error, R3_IO, "--source: %s", *out);
    return S_ISREG(status.st_mode) ? 0 : r3_fail(error, R3_USAGE, "--source: %s is no file", *out);
}

/* The name that r3-strategy will give it in signals, and whether it can be read. */
static int name_strategy(char out[R3_NAME_SIZE], const char *strategy, struct r3_error *error) {
    struct r3_buffer text = R3_BUFFER_INIT, file = R3_BUFFER_INIT;
    int result = r3_strategy_read(&text, &file, out, strategy, error);
    if (result < 0 && error->status == R3_USAGE)
        r3_fail(error, R3_USAGE,
                "no strategy %.80s: `r3-strategy --list` shows the bundled ones, --strategy ./mine.rules names a file",
                strategy);
    r3_buffer_release(&text);
    r3_buffer_release(&file);
    return result;
}

/* ---- the whole ---- */

/* What KuCoin's stand-in of a test may be fed with: nothing else without TLS is talked to. */
static bool is_exchange_here(void) {
    static const char plain[] = "http:";
    const char *url = getenv("R3_KUCOIN_URL");
    return url && strncmp(url, plain, strlen(plain)) == 0;
}

static int check_live(const struct r3_arguments *arguments, struct r3_error *error) {
    if (!r3_arguments_given(arguments, "cash"))
        return r3_fail(error, R3_USAGE, "--live wants --cash: what the session may trade with");
    if (r3_arguments_given(arguments, "short"))
        return r3_fail(error, R3_USAGE, "--short: nothing is sold short with --live, the market is spot");
    if (r3_arguments_given(arguments, "source") && !is_exchange_here())
        return r3_fail(error, R3_USAGE, "--source: a live session trades on the exchange's candles alone");
    return 0;
}

static int check_mode(const struct r3_arguments *arguments, struct r3_error *error) {
    bool paper = r3_arguments_given(arguments, "paper"), live = r3_arguments_given(arguments, "live");
    if (paper == live)
        return r3_fail(error, R3_USAGE,
                       live ? "--paper or --live, one of them"
                            : "say --paper, or --live for a session with real money");
    if (r3_decimal_sign(&r3_arguments_get(arguments, "cash", 0)->decimal) <= 0)
        return r3_fail(error, R3_USAGE, "--cash wants an amount above 0");
    return live ? check_live(arguments, error) : 0;
}

static int write_pipeline(struct r3_session *out, const struct r3_arguments *arguments, const char *strategy,
                          struct r3_error *error) {
    struct r3_buffer text = R3_BUFFER_INIT;
    char cash[R3_DECIMAL_TEXT_SIZE];
    r3_decimal_format(cash, &out->cash);
    int result = r3_session_write_pipeline(&text, arguments, strategy, out->market, out->timeframe,
                                           r3_session_is_live(out), cash, error);
    if (result == 0 && !r3_json_is_utf8(text.data, text.length))
        result = r3_fail(error, R3_USAGE, "an option that is not UTF-8");
    if (result == 0 && text.length > PIPELINE_MAX)
        result = r3_fail(error, R3_USAGE, "options of more than %d bytes", PIPELINE_MAX);
    if (result == 0)
        out->pipeline = r3_duplicate(text.data);
    r3_buffer_release(&text);
    return result;
}

static int write_label(struct r3_session *out, const struct r3_session_label *label, const char *typed,
                       struct r3_error *error) {
    struct r3_buffer text = R3_BUFFER_INIT;
    r3_session_label_write(&text, label);
    out->label = r3_duplicate(typed ? typed : text.data);
    r3_buffer_release(&text);
    char base[R3_CURRENCY_SIZE];
    if (r3_market_split(base, out->currency, label->market) < 0)
        return r3_fail(error, R3_USAGE, "not a market: %s", label->market);
    return 0;
}

int r3_session_describe(struct r3_session *out, const struct r3_arguments *arguments, struct r3_error *error) {
    const char *typed = r3_arguments_operand(arguments, 0), *chosen = r3_arguments_text(arguments, "strategy");
    struct r3_session_label label = { 0 };
    char *strategy = NULL, named[R3_NAME_SIZE] = "inline"; /* as r3-strategy calls rules of the command line */
    bool text = r3_arguments_given(arguments, "expression");
    bool live = r3_arguments_given(arguments, "live");
    int result = -1;
    if (check_mode(arguments, error) < 0 ||
        (typed && (r3_session_label_parse(&label, typed, error) < 0 || refuse_beside_label(arguments, error) < 0)))
        return -1;
    if (text && chosen)
        return r3_fail(error, R3_USAGE, "--strategy or -e, one of them");
    if (!typed && !chosen && !text)
        return r3_fail(error, R3_USAGE, "wants a LABEL, or --strategy, --market and --timeframe");
    if (!text && (find_strategy(&strategy, chosen ? chosen : label.strategy, error) < 0 ||
                  name_strategy(named, strategy, error) < 0))
        goto out;
    if ((!typed && take_named(&label, arguments, named, error) < 0) ||
        find_source(&out->source, r3_arguments_text(arguments, "source"), error) < 0)
        goto out;
    if (live && strcmp(label.platform, "kucoin") != 0) {
        r3_fail(error, R3_USAGE, "--live: orders go to kucoin alone, not to %s", label.platform);
        goto out;
    }
    memcpy(out->strategy, named, sizeof named);
    memcpy(out->platform, label.platform, sizeof label.platform);
    memcpy(out->market, label.market, sizeof label.market);
    r3_copy_text(out->mode, sizeof out->mode, live ? "live" : "paper", strlen(live ? "live" : "paper"));
    out->timeframe = label.timeframe;
    out->refresh = label.refresh;
    out->cash = r3_arguments_get(arguments, "cash", 0)->decimal;
    r3_decimal_normalize(&out->cash);
    if (write_label(out, &label, typed, error) == 0)
        result = write_pipeline(out, arguments, strategy, error);
out:
    free(strategy);
    return result;
}
