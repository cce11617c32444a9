#include "lib/stage/signals.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t stop_asked;

static void on_stop(int signal_number) {
    (void)signal_number;
    stop_asked = 1;
}

/* A signal that the caller had us ignore stays ignored, as everywhere: a shell script's background jobs ignore the INT that is meant
 * for its foreground, and a run that stopped there would look complete. */
static void take_signal(int signal_number, const struct sigaction *action) {
    struct sigaction before;
    if (sigaction(signal_number, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
        sigaction(signal_number, action, NULL);
}

void r3_signals_prepare(bool source) {
    struct sigaction action = {
        .sa_handler = on_stop,
        .sa_flags = (int)SA_RESETHAND | (source ? 0 : SA_RESTART), /* a source leaves a read that waits */
    };
    sigemptyset(&action.sa_mask);
    take_signal(SIGINT, &action);
    take_signal(SIGTERM, &action);
}

bool r3_signals_stop_asked(void) {
    return stop_asked != 0;
}
