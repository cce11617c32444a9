/* What a user or another machine gives to r3-sweep: values, conditions, jobs and results. Any text is taken or refused with a message; what
 * is taken is taken again the same. The first byte says which of the four it is. */
#include "lib/sweep/result.h"
#include "lib/sweep/where.h"
#include "tests/fuzz/fuzz.h"

static const char pipeline_text[] =
    "r3-collect btc.csv | r3-strategy sma-cross --set fast={fast} | r3-size --fraction {part} | r3-report";

static void add(struct r3_sweep_space *space, const char *text) {
    struct r3_error error;
    if (r3_sweep_space_add(space, text, &error) != 0)
        abort();
}

static void try_values(const char *text) {
    struct r3_sweep_space space;
    struct r3_error error;
    r3_sweep_space_init(&space);
    int result = r3_sweep_space_add(&space, text, &error);
    if (result == 0 ? space.count != 1 || space.combinations != space.parameters[0].count || space.combinations < 1
                    : error.status != R3_USAGE || space.count != 0)
        abort();
    r3_sweep_space_release(&space);
}

static void try_condition(const char *text) {
    struct r3_sweep_space space;
    struct r3_sweep_where *where = NULL;
    struct r3_error error;
    uint32_t indices[R3_SWEEP_PARAMETERS_MAX];
    r3_sweep_space_init(&space);
    add(&space, "a=-1:3:0.5");
    add(&space, "b=0.5%,7,word");
    if (r3_sweep_where_parse(&where, text, &space, &error) == 0) {
        for (uint64_t number = 0; number < space.combinations; number++) {
            r3_sweep_space_combination(&space, number, indices);
            int holds = r3_sweep_where_holds(where, indices, &error);
            if (holds < -1 || holds > 1 || (holds < 0 && error.status != R3_USAGE))
                abort();
        }
    } else if (error.status != R3_USAGE) {
        abort();
    }
    r3_sweep_where_free(where);
    r3_sweep_space_release(&space);
}

static void try_job(const char *line, size_t length) {
    struct r3_sweep_pipeline pipeline = { .text = R3_PIPELINE_TEXT_INIT };
    struct r3_sweep_run run = { .number = 0 };
    struct r3_error error;
    char sweep[R3_SWEEP_ID_SIZE];
    if (r3_sweep_pipeline_init(&pipeline, pipeline_text, sizeof pipeline_text - 1, NULL, &error) != 0)
        abort();
    int result = r3_sweep_job_read(&run, sweep, line, length, &pipeline, &error);
    if (result < 0 && error.status != R3_DATA)
        abort();
    if (result > 0 && run.values.length < 2) /* two texts with their NULs */
        abort();
    r3_sweep_run_release(&run);
    r3_sweep_pipeline_release(&pipeline);
}

/* What was read, written and read again is the same line. */
static void try_result(const char *line, size_t length) {
    struct r3_sweep_run run = { .number = 0 }, again = { .number = 0 };
    struct r3_sweep_result_key key, same;
    struct r3_error error;
    struct r3_buffer first = R3_BUFFER_INIT, second = R3_BUFFER_INIT;
    int result = r3_sweep_result_read(&key, &run, line, length, &error);
    if (result < 0 && error.status != R3_DATA)
        abort();
    if (result > 0) {
        r3_sweep_result_write(&first, key.sweep, &run);
        if (r3_sweep_result_read(&same, &again, first.data, first.length - 1, &error) <= 0)
            abort();
        r3_sweep_result_write(&second, same.sweep, &again);
        if (first.length != second.length || memcmp(first.data, second.data, first.length) != 0)
            abort();
    }
    r3_buffer_release(&first);
    r3_buffer_release(&second);
    r3_sweep_run_release(&run);
    r3_sweep_run_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1 || size > 4096)
        return 0;
    char *text = r3_allocate(size);
    memcpy(text, data + 1, size - 1);
    switch (data[0]) {
    case 'v':
        try_values(text);
        break;
    case 'w':
        try_condition(text);
        break;
    case 'j':
        try_job(text, size - 1);
        break;
    default:
        try_result(text, size - 1);
    }
    free(text);
    return 0;
}
