/* The words for the store as a whole: init, check, dump, restore. */
#include <inttypes.h>
#include <unistd.h>

#include "lib/base/buffer.h"
#include "lib/session/words.h"
#include "lib/store/check.h"
#include "lib/store/dump.h"

static int initialize(const struct r3_session_call *call, struct r3_error *error) {
    return r3_store_upgrade(call->store, error);
}

static void say(void *context, const char *text) {
    const struct r3_session_call *call = context;
    call->say(text);
}

static int check(const struct r3_session_call *call, struct r3_error *error) {
    struct r3_session_call copy = *call;
    struct r3_store_findings findings = { .say = say, .context = &copy };
    struct r3_buffer text = R3_BUFFER_INIT;
    int result = r3_store_check(call->store, &findings, error);
    if (result == 0 && findings.problems)
        result = r3_fail(error, R3_DATA, "%s: %" PRId64 " thing%s wrong", r3_store_name(call->store), findings.problems,
                         findings.problems == 1 ? "" : "s");
    if (result == 0) {
        r3_buffer_printf(&text, "%s: sessions %" PRId64 ", orders %" PRId64 ", trades %" PRId64 ", nothing wrong\n",
                         r3_store_name(call->store), findings.sessions, findings.orders, findings.trades);
        result = r3_writer_put(call->out, text.data, text.length, error);
    }
    r3_buffer_release(&text);
    return result;
}

static int dump(const struct r3_session_call *call, struct r3_error *error) {
    return r3_store_dump(call->store, call->out, error);
}

static int restore(const struct r3_session_call *call, struct r3_error *error) {
    struct r3_reader in;
    uint64_t rows;
    r3_reader_init_limit(&in, STDIN_FILENO, "standard input", R3_DUMP_LINE_MAX);
    int result = r3_store_restore(call->store, &in, &rows, error);
    r3_reader_release(&in);
    return result;
}

const struct r3_session_word r3_session_init_word = { .name = "init",
                                                      .synonyms = "",
                                                      .operands = "",
                                                      .summary = "make the tables, or bring them up to date",
                                                      .store = R3_SESSION_STORE_OPENED,
                                                      .run = initialize };
const struct r3_session_word r3_session_check_word = {
    .name = "check", .synonyms = "", .operands = "", .summary = "verify all that must hold in the store", .run = check
};
const struct r3_session_word r3_session_dump_word = {
    .name = "dump", .synonyms = "", .operands = "", .summary = "write the whole store out as lines of JSON", .run = dump
};
const struct r3_session_word r3_session_restore_word = { .name = "restore",
                                                         .synonyms = "",
                                                         .operands = "",
                                                         .summary = "read what dump wrote into an empty store",
                                                         .store = R3_SESSION_STORE_OPENED,
                                                         .run = restore };
