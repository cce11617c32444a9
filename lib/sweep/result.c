#include "lib/sweep/result.h"

#include <inttypes.h>

#include "lib/base/hash.h"
#include "lib/base/io.h"
#include "lib/json/json.h"
#include "lib/sweep/figure.h"

/* ---- writing ---- */

void r3_sweep_id(char out[R3_SWEEP_ID_SIZE], const struct r3_sweep_pipeline *pipeline,
                 const struct r3_sweep_space *space, const char *where) {
    uint64_t hash = r3_hash(where ? where : "", where ? strlen(where) + 1 : 0, 0);
    for (size_t i = 0; i < space->count; i++) {
        const struct r3_sweep_parameter *parameter = &space->parameters[i];
        hash = r3_hash(parameter->name, strlen(parameter->name) + 1, hash);
        for (size_t k = 0; k < parameter->count; k++)
            hash = r3_hash(parameter->values[k].text, strlen(parameter->values[k].text) + 1, hash);
    }
    snprintf(out, R3_SWEEP_ID_SIZE, "%016" PRIx64 "-%016" PRIx64, r3_sweep_pipeline_hash(pipeline), hash);
}

static void write_text(struct r3_buffer *out, const char *text) {
    r3_json_write_text(out, text, strlen(text));
}

void r3_sweep_parameters_write(struct r3_buffer *out, const struct r3_sweep_space *space, uint64_t number) {
    uint32_t indices[R3_SWEEP_PARAMETERS_MAX];
    r3_sweep_space_combination(space, number, indices);
    r3_buffer_append_text(out, "{");
    for (size_t i = 0; i < space->count; i++) {
        r3_buffer_printf(out, "%s\"%s\":", i ? "," : "", space->parameters[i].name);
        write_text(out, space->parameters[i].values[indices[i]].text);
    }
    r3_buffer_append_text(out, "}");
}

void r3_sweep_job_write(struct r3_buffer *out, const char *sweep, uint64_t number, const struct r3_sweep_space *space) {
    r3_buffer_printf(out, "{\"type\":\"job\",\"sweep\":\"%s\",\"job\":%" PRIu64 ",\"parameters\":", sweep, number);
    r3_sweep_parameters_write(out, space, number);
    r3_buffer_append_text(out, "}\n");
}

void r3_sweep_result_write(struct r3_buffer *out, const char *sweep, const struct r3_sweep_run *run) {
    r3_buffer_printf(out, "{\"type\":\"result\",\"sweep\":\"%s\",\"job\":%" PRIu64, sweep, run->number);
    if (run->from != R3_TIME_ABSENT)
        r3_buffer_printf(out, ",\"from\":%" PRId64, run->from);
    if (run->to != R3_TIME_ABSENT)
        r3_buffer_printf(out, ",\"to\":%" PRId64, run->to);
    if (run->data)
        r3_buffer_printf(out, ",\"data\":\"%016" PRIx64 "\"", run->data);
    r3_buffer_printf(out, ",\"parameters\":%s,\"status\":%d", run->parameters.data, run->status);
    if (run->status) {
        r3_buffer_append_text(out, ",\"message\":");
        write_text(out, run->message.length ? run->message.data : "failed");
    } else {
        r3_buffer_append_text(out, ",\"statistics\":");
        r3_buffer_append(out, run->statistics.data, run->statistics.length);
    }
    r3_buffer_append_text(out, "}\n");
}

/* ---- reading ---- */

/* The whole line as an object of this type: 1; 0: an object of another type; -1. */
static int open_record(struct r3_json_document **out, const char *type, const char *line, size_t length,
                       struct r3_error *error) {
    if (r3_json_parse(out, line, length, R3_LINE_MAX, error) != 0)
        return -1;
    const char *text = r3_json_text(r3_json_member(r3_json_root(*out), "type"), NULL);
    if (!text)
        return r3_fail(error, R3_DATA, "type is missing");
    return strcmp(text, type) == 0;
}

static int read_sweep(char out[R3_SWEEP_ID_SIZE], const struct r3_json *record, struct r3_error *error) {
    size_t length;
    const char *text = r3_json_text(r3_json_member(record, "sweep"), &length);
    if (!text || length != R3_SWEEP_ID_SIZE - 1 || strspn(text, "0123456789abcdef-") != length ||
        text[R3_SWEEP_HASH_LENGTH] != '-')
        return r3_fail(error, R3_DATA, "sweep: missing, or not two hashes");
    memcpy(out, text, length + 1);
    return 0;
}

/* An integer of 0 or more; *out stays as it is where an optional one is missing. */
static int read_integer(int64_t *out, const struct r3_json *record, const char *name, bool optional,
                        struct r3_error *error) {
    const struct r3_json *value = r3_json_member(record, name);
    if (!value && optional)
        return 0;
    if (!value || r3_json_kind(value) != R3_JSON_INTEGER || r3_json_integer(value) < 0)
        return r3_fail(error, R3_DATA, "%s: missing, or no integer of 0 or more", name);
    *out = r3_json_integer(value);
    return 0;
}

/* The parameters as they stand, all of them texts. */
static int check_text(void *context, const char *name, const struct r3_json *value) {
    size_t length;
    const char *text = r3_json_text(value, &length);
    if (text && strlen(text) == length)
        return 0;
    return r3_fail(context, R3_DATA, "parameters: %.64s: not a text", name);
}

static int read_parameters(struct r3_buffer *out, const struct r3_json_document *document, struct r3_error *error) {
    const struct r3_json *parameters = r3_json_member(r3_json_root(document), "parameters");
    if (!parameters || r3_json_kind(parameters) != R3_JSON_OBJECT)
        return r3_fail(error, R3_DATA, "parameters: missing, or no object");
    if (r3_json_each(parameters, check_text, error) != 0)
        return -1;
    r3_json_write(out, document, parameters);
    return 0;
}

static int count_member(void *context, const char *name, const struct r3_json *value) {
    (void)name;
    (void)value;
    ++*(size_t *)context;
    return 0;
}

/* Each placeholder of the pipeline has its value, and there is none besides. */
static int read_values(struct r3_sweep_run *run, const struct r3_json *record, const struct r3_sweep_pipeline *pipeline,
                       struct r3_error *error) {
    const struct r3_json *parameters = r3_json_member(record, "parameters");
    size_t count = 0;
    for (size_t i = 0; i < pipeline->text.name_count; i++) {
        size_t length;
        const struct r3_json *member = r3_json_member(parameters, pipeline->text.names[i]);
        const char *value = r3_json_text(member, &length);
        if (!value)
            return r3_fail(error, R3_DATA, "parameters: the pipeline's {%s} is missing", pipeline->text.names[i]);
        r3_buffer_append(&run->values, value, length + 1);
    }
    r3_json_each(parameters, count_member, &count);
    if (count != pipeline->text.name_count)
        return r3_fail(error, R3_DATA, "parameters: %zu of them, but the pipeline has %zu", count,
                       pipeline->text.name_count);
    return 0;
}

int r3_sweep_job_read(struct r3_sweep_run *run, char sweep[R3_SWEEP_ID_SIZE], const char *line, size_t length,
                      const struct r3_sweep_pipeline *pipeline, struct r3_error *error) {
    struct r3_json_document *document = NULL;
    char text_hash[R3_SWEEP_HASH_LENGTH + 1];
    int64_t number = 0;
    int result = open_record(&document, "job", line, length, error);
    if (result <= 0)
        goto out;
    const struct r3_json *record = r3_json_root(document);
    result = -1;
    if (read_sweep(sweep, record, error) != 0 || read_integer(&number, record, "job", false, error) != 0 ||
        read_parameters(&run->parameters, document, error) != 0)
        goto out;
    snprintf(text_hash, sizeof text_hash, "%016" PRIx64, r3_sweep_pipeline_hash(pipeline));
    if (strncmp(sweep, text_hash, R3_SWEEP_HASH_LENGTH) != 0) {
        r3_fail(error, R3_DATA, "a job of another pipeline: the text is not the one that it was made for");
        goto out;
    }
    run->number = (uint64_t)number;
    result = read_values(run, record, pipeline, error) == 0 ? 1 : -1;
out:
    r3_json_free(document);
    return result < 0 ? r3_error_at(error, "job: ") : result;
}

static int read_hash(uint64_t *out, const struct r3_json *record, struct r3_error *error) {
    const struct r3_json *value = r3_json_member(record, "data");
    size_t length;
    const char *text = value ? r3_json_text(value, &length) : NULL;
    if (!value)
        return 0;
    if (!text || length != R3_SWEEP_HASH_LENGTH || strspn(text, "0123456789abcdef") != length)
        return r3_fail(error, R3_DATA, "data: not a hash");
    *out = strtoull(text, NULL, 16);
    return 0;
}

/* All that r3-report --json writes: what is ranked, written as columns and shown is looked for by name, and would be undefined. */
static int check_statistics(const struct r3_json *statistics, struct r3_error *error) {
    static const char *const others[] = { "session", "currency",       "markets", "timeframe",
                                          "exits",   "open_positions", "months",  NULL };
    if (!statistics || r3_json_kind(statistics) != R3_JSON_OBJECT)
        return r3_fail(error, R3_DATA, "statistics: missing, or no object");
    for (const struct r3_sweep_figure *figure = r3_sweep_figures; figure->name; figure++) {
        const struct r3_json *value = r3_json_member(statistics, figure->name);
        enum r3_json_kind kind = value ? r3_json_kind(value) : R3_JSON_TEXT;
        if (kind != R3_JSON_INTEGER && kind != R3_JSON_REAL && kind != R3_JSON_NULL)
            return r3_fail(error, R3_DATA, "statistics: %s: missing, or neither a number nor null", figure->name);
    }
    for (size_t i = 0; others[i]; i++)
        if (!r3_json_member(statistics, others[i]))
            return r3_fail(error, R3_DATA, "statistics: %s: missing", others[i]);
    return 0;
}

static int read_outcome(struct r3_sweep_run *run, const struct r3_json_document *document, struct r3_error *error) {
    const struct r3_json *record = r3_json_root(document), *statistics = r3_json_member(record, "statistics");
    int64_t status = 0;
    if (read_hash(&run->data, record, error) != 0 || read_integer(&status, record, "status", false, error) != 0 ||
        read_parameters(&run->parameters, document, error) != 0)
        return -1;
    run->status = (int)status;
    const char *message = r3_json_text(r3_json_member(record, "message"), NULL);
    if (run->status) {
        if (!message)
            return r3_fail(error, R3_DATA, "message: missing, or not a text");
        r3_buffer_append_text(&run->message, message);
        return 0;
    }
    if (check_statistics(statistics, error) != 0)
        return -1;
    r3_json_write(&run->statistics, document, statistics);
    return 0;
}

int r3_sweep_result_read(struct r3_sweep_result_key *key, struct r3_sweep_run *run, const char *line, size_t length,
                         struct r3_error *error) {
    struct r3_json_document *document = NULL;
    int64_t number = 0;
    int result = open_record(&document, "result", line, length, error);
    if (result <= 0)
        goto out;
    const struct r3_json *record = r3_json_root(document);
    key->from = key->to = R3_TIME_ABSENT;
    result = read_sweep(key->sweep, record, error) != 0 || read_integer(&number, record, "job", false, error) != 0 ||
                     read_integer(&key->from, record, "from", true, error) != 0 ||
                     read_integer(&key->to, record, "to", true, error) != 0
                 ? -1
                 : 1;
    key->number = (uint64_t)number;
    if (result > 0 && run) {
        run->number = key->number;
        run->from = key->from;
        run->to = key->to;
        result = read_outcome(run, document, error) == 0 ? 1 : -1;
    }
out:
    r3_json_free(document);
    return result < 0 ? r3_error_at(error, "result: ") : result;
}
