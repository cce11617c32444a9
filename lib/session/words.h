#ifndef R3_SESSION_WORDS_H
#define R3_SESSION_WORDS_H

#include <stdbool.h>

#include "lib/base/buffer.h"
#include "lib/base/error.h"
#include "lib/base/io.h"
#include "lib/base/option.h"
#include "lib/store/store.h"

/* The words of r3-session: `r3-session WORD [options] OPERANDS`. Each has one struct here, which its own file fills in;
 * bin/r3-session.c finds it by name, parses, opens the store and calls `run`. */

/* What a word is run with. All is borrowed. */
struct r3_session_call {
    const struct r3_arguments *arguments; /* operand 0 is what stands behind the word */
    struct r3_store *store;
    struct r3_writer *out; /* standard output; flushed and closed by the caller */
    bool colour;           /* that is a terminal, whose user has nothing against colour */
    bool inner;            /* feed and keep within `run --execute`, which notes how the run ends */
    /* A sentence for people, on standard error with the program's name ahead. */
    void (*say)(const char *text);
};

/* Say each line of a text, which is used up. */
void r3_session_say_lines(const struct r3_session_call *call, struct r3_buffer *lines);

/* What of the store has to be there before `run` is called. */
enum r3_session_store {
    R3_SESSION_STORE_READY,  /* all, ready for use */
    R3_SESSION_STORE_MADE,   /* the same; where there is nothing yet it is made */
    R3_SESSION_STORE_OPENED, /* nothing: the database may be new, the tables are not looked at */
};

struct r3_session_word {
    const char *name, *synonyms; /* synonyms: "OFF halt", "" for none */
    const char *operands;        /* "ID…", "" for none */
    const char *summary;
    const struct r3_option *options; /* its own; NULL: none. --help and the like are added */
    /* Options of other programs that it takes too, not listed by --help; NULL: none. `more` says whose. */
    const struct r3_option *(*more_options)(void);
    const char *more;
    int (*explain)(struct r3_error *error); /* an error of the command line in better words; returns -1. NULL: none */
    size_t least, most;                     /* operands */
    enum r3_session_store store;
    int (*run)(const struct r3_session_call *call, struct r3_error *error);
};

extern const struct r3_session_word r3_session_init_word, r3_session_check_word, r3_session_dump_word,
    r3_session_restore_word, r3_session_create_word, r3_session_start_word, r3_session_pause_word,
    r3_session_resume_word, r3_session_stop_word, r3_session_delete_word, r3_session_list_word, r3_session_show_word,
    r3_session_run_word, r3_session_feed_word, r3_session_keep_word, r3_session_warm_word;

/* All of them, in the order of --help; NULL-ended. */
extern const struct r3_session_word *const r3_session_words[];
/* By its name or a synonym; NULL: there is none. */
const struct r3_session_word *r3_session_find_word(const char *name);

#endif
