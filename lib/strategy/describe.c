#include "lib/strategy/functions.h"
#include "lib/strategy/program.h"

#include "lib/json/json.h"

void r3_rules_describe(const struct r3_rules *rules, struct r3_buffer *out) {
    if (rules->parameter_count)
        r3_buffer_append_text(out, "Parameters:\n");
    for (int32_t i = 0; i < rules->parameter_count; i++) {
        const struct r3_parameter *parameter = &rules->parameters[i];
        char value[R3_JSON_REAL_SIZE];
        r3_json_format_real(value, parameter->value);
        r3_buffer_printf(out, "  %-16s %s%s\n", parameter->name, value, parameter->set ? "  (set)" : "");
    }
    r3_buffer_append_text(out, "Answers:\n");
    for (int i = 0; i < R3_RULES_OUTPUTS; i++)
        if (rules->outputs[i] >= 0)
            r3_buffer_printf(out, "  %s\n", r3_rules_output_names[i]);
    for (int32_t i = 0; i < rules->plot_count; i++)
        r3_buffer_printf(out, "  plot %s\n", rules->plots[i].name);
    r3_buffer_append_text(out, "Warm-up:\n");
    r3_buffer_printf(out, "  %d candles\n", rules->frames[0].warm_up);
    for (int32_t i = 1; i < rules->frame_count; i++)
        r3_buffer_printf(out, "  %d candles of %s\n", rules->frames[i].warm_up + 1,
                         r3_timeframe_name(rules->frames[i].timeframe));
    r3_buffer_printf(out, "State:\n  %u bytes\nFunctions:\n", rules->size);
    for (const struct r3_function *row = r3_functions; row->name; row++) {
        if (!rules->functions_used[row - r3_functions])
            continue;
        r3_buffer_printf(out, *row->parameters ? "  %s(%s)\n      %s\n" : "  %s%s\n      %s\n", row->name,
                         row->parameters, row->summary);
    }
}
