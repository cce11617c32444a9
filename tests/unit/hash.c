#include "lib/base/hash.h"

#include "tests/unit/check.h"

/* XXH64: the wanted values are those of the Python package xxhash 4.1.0 over the bytes (i² + 3i) mod 256. */

static void test_hash(void) {
    static const struct {
        size_t length;
        uint64_t seed, want;
    } rows[] = {
        { 0, UINT64_C(0), UINT64_C(0xef46db3751d8e999) },
        { 1, UINT64_C(0), UINT64_C(0xe934a84adb052768) },
        { 3, UINT64_C(0), UINT64_C(0xbac8dcc55508a777) },
        { 4, UINT64_C(1), UINT64_C(0x17abd3d26225c62e) },
        { 8, UINT64_C(0), UINT64_C(0x0bf592071b5692a5) },
        { 31, UINT64_C(7), UINT64_C(0x95882e96acee019d) },
        { 32, UINT64_C(0), UINT64_C(0xdef5cfb69a982426) },
        { 33, UINT64_C(0), UINT64_C(0xe88af4b4d455f8b7) },
        { 63, UINT64_C(2), UINT64_C(0x7d05efb829d5cb63) },
        { 200, UINT64_C(18446744073709551615), UINT64_C(0xcba33066fa43c091) },
    };
    uint8_t data[201];
    for (unsigned i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * i + 3 * i);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK(r3_hash(data, rows[i].length, rows[i].seed) == rows[i].want);
        memmove(data + 1, data, 200); /* the address does not matter */
        CHECK(r3_hash(data + 1, rows[i].length, rows[i].seed) == rows[i].want);
        memmove(data, data + 1, 200);
    }
    CHECK(r3_hash("abc", 3, 0) == UINT64_C(0x44bc2cf5ad770999));
    CHECK(r3_hash(NULL, 0, 0) == UINT64_C(0xef46db3751d8e999));
}

int main(void) {
    test_hash();
    return check_done();
}
