#include "lib/base/base64.h"

#include "tests/unit/check.h"

static struct r3_error error;

/* RFC 4648, section 10. */
static void check_vectors(void) {
    static const char *const vectors[][2] = { { "", "" },
                                              { "f", "Zg==" },
                                              { "fo", "Zm8=" },
                                              { "foo", "Zm9v" },
                                              { "foob", "Zm9vYg==" },
                                              { "fooba", "Zm9vYmE=" },
                                              { "foobar", "Zm9vYmFy" } };
    struct r3_buffer text = R3_BUFFER_INIT, bytes = R3_BUFFER_INIT;
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        r3_buffer_reset(&text);
        r3_buffer_reset(&bytes);
        r3_base64_append(&text, vectors[i][0], strlen(vectors[i][0]));
        CHECK_TEXT(text.data, vectors[i][1]);
        CHECK(r3_base64_parse(&bytes, vectors[i][1], strlen(vectors[i][1]), &error) == 0);
        CHECK_TEXT(bytes.data, vectors[i][0]);
    }
    r3_buffer_release(&text);
    r3_buffer_release(&bytes);
}

static void check_round_trip(void) {
    unsigned char data[256];
    struct r3_buffer text = R3_BUFFER_INIT, bytes = R3_BUFFER_INIT;
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (unsigned char)(i * 167 + 13);
    for (size_t length = 0; length <= sizeof data; length++) {
        r3_buffer_reset(&text);
        r3_buffer_reset(&bytes);
        r3_base64_append(&text, data, length);
        CHECK(r3_base64_parse(&bytes, text.data, text.length, &error) == 0);
        CHECK(bytes.length == length && memcmp(bytes.data, data, length) == 0);
    }
    r3_buffer_release(&text);
    r3_buffer_release(&bytes);
}

static void refuse(const char *text, const char *why) {
    struct r3_buffer bytes = R3_BUFFER_INIT;
    r3_buffer_append_text(&bytes, "before");
    CHECK(r3_base64_parse(&bytes, text, strlen(text), &error) == -1);
    CHECK_INT(error.status, R3_DATA);
    CHECK_TEXT(error.text, why);
    CHECK_INT(bytes.length, 6);
    r3_buffer_release(&bytes);
}

int main(void) {
    check_vectors();
    check_round_trip();
    refuse("Zg=", "not base64: 3 bytes");
    refuse("Zg==Zg==", "not base64 at byte 3"); /* padding, and more behind it */
    refuse("Zm9v\nA==", "not base64 at byte 5");
    refuse("Zm9-", "not base64 at byte 4"); /* of another alphabet */
    refuse("====", "not base64 at byte 1");
    refuse("Zh==", "not base64 at byte 2"); /* bits that are not read */
    refuse("Zm9=", "not base64 at byte 3");
    refuse("Zg=A", "not base64 at byte 3");
    return check_done();
}
