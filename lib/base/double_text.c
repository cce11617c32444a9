#include "lib/base/double_text.h"

#include <float.h>

size_t r3_double_format(char out[R3_DOUBLE_TEXT_SIZE], double value) {
    int length = 0;
    for (int precision = DBL_DIG; precision <= DBL_DECIMAL_DIG; precision++) {
        length = snprintf(out, R3_DOUBLE_TEXT_SIZE, "%.*g", precision, value == 0 ? 0.0 : value);
        if (strtod(out, NULL) == value)
            break;
    }
    return (size_t)length;
}
