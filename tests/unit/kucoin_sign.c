/* Signatures: RFC 4231, KuCoin's own example, and tests/vectors/kucoin/signing.json, with the encoding of addresses on the wire. */
#include "lib/kucoin/sign.h"

#include "lib/base/base64.h"
#include "lib/kucoin/client.h"
#include "tests/unit/kucoin_vectors.h"

static void sign_text(struct r3_buffer *out, const char *key, const char *const *texts) {
    struct r3_kucoin_secret secret;
    unsigned char digest[R3_KUCOIN_DIGEST_SIZE];
    struct r3_error error = { 0 };
    r3_buffer_reset(out);
    CHECK_INT(r3_kucoin_secret_set(&secret, key, strlen(key), &error), 0);
    CHECK_INT(r3_kucoin_sign(digest, &secret, texts, &error), 0);
    r3_base64_append(out, digest, sizeof digest);
}

static void check_rfc4231(void) {
    static const struct {
        unsigned char key_byte;
        size_t key_length;
        const char *key, *data, *hex;
    } cases[] = {
        { 0x0b, 20, NULL, "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
        { 0, 4, "Jefe", "what do ya want for nothing?",
          "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
        { 0xaa, 131, NULL, "Test Using Larger Than Block-Size Key - Hash Key First",
          "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
        { 0xaa, 131, NULL,
          "This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being "
          "used by the HMAC algorithm.",
          "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        unsigned char key[131], digest[R3_KUCOIN_DIGEST_SIZE];
        char hex[2 * R3_KUCOIN_DIGEST_SIZE + 1] = "";
        struct r3_kucoin_secret secret;
        struct r3_error error = { 0 };
        memset(key, cases[i].key_byte, sizeof key);
        if (cases[i].key)
            memcpy(key, cases[i].key, cases[i].key_length);
        CHECK_INT(r3_kucoin_secret_set(&secret, key, cases[i].key_length, &error), 0);
        CHECK_INT(r3_kucoin_sign(digest, &secret, (const char *const[]) { cases[i].data, NULL }, &error), 0);
        for (size_t k = 0; k < sizeof digest; k++)
            snprintf(hex + 2 * k, 3, "%02x", digest[k]);
        CHECK_TEXT(hex, cases[i].hex);
    }
}

/* However the text is cut into parts. */
static void check_parts(void) {
    static const char key[] = "secret", text[] = "1700000000123GET/api/v1/accounts?type=trade";
    struct r3_buffer whole = R3_BUFFER_INIT, parts = R3_BUFFER_INIT;
    sign_text(&whole, key, (const char *const[]) { text, NULL });
    for (size_t cut = 0; cut < sizeof text; cut++) {
        char head[sizeof text];
        memcpy(head, text, cut);
        head[cut] = '\0';
        sign_text(&parts, key, (const char *const[]) { head, "", text + cut, NULL });
        CHECK_TEXT(parts.data, whole.data);
    }
    r3_buffer_release(&whole);
    r3_buffer_release(&parts);
}

static void check_vectors(void) {
    struct r3_buffer text = R3_BUFFER_INIT, signature = R3_BUFFER_INIT, wire = R3_BUFFER_INIT;
    struct r3_json_document *document = NULL;
    struct r3_error error = { 0 };
    load_file(&text, "tests/vectors/kucoin/signing.json");
    CHECK_INT(r3_json_parse(&document, text.data, text.length, 1 << 20, &error), 0);
    if (!document)
        return;
    const struct r3_json *root = r3_json_root(document), *own = r3_json_member(root, "made_up_credentials"),
                         *official = r3_json_member(root, "official_doc_vector"),
                         *list = r3_json_member(root, "vectors");
    const char *secret = member_text(own, "secret");
    sign_text(&signature, secret, (const char *const[]) { member_text(own, "passphrase"), NULL });
    CHECK_TEXT(signature.data, member_text(own, "passphrase_header"));
    sign_text(&signature, member_text(official, "secret"),
              (const char *const[]) { member_text(official, "prehash"), NULL });
    CHECK_TEXT(signature.data, member_text(official, "sign"));
    CHECK_INT(r3_json_count(list), 8);
    for (size_t i = 0; i < r3_json_count(list); i++) {
        const struct r3_json *vector = r3_json_at(list, i);
        const char *target = member_text(vector, r3_json_member(vector, "path") ? "path" : "signed_path");
        sign_text(&signature, secret,
                  (const char *const[]) { member_text(vector, "timestamp"), member_text(vector, "method"), target,
                                          member_text(vector, "body"), NULL });
        CHECK_TEXT(signature.data, member_text(vector, "sign"));
        if (!r3_json_member(vector, "wire_path"))
            continue;
        r3_kucoin_encode_target(&wire, target);
        CHECK_TEXT(wire.data, member_text(vector, "wire_path"));
    }
    r3_json_free(document);
    r3_buffer_release(&text);
    r3_buffer_release(&signature);
    r3_buffer_release(&wire);
}

static void check_encoding(void) {
    struct r3_buffer wire = R3_BUFFER_INIT;
    r3_kucoin_encode_target(&wire, "/api/v1/hf/orders/client-order/main-17-ENTRY_1?symbol=BTC-USDT&x=~.");
    CHECK_TEXT(wire.data, "/api/v1/hf/orders/client-order/main-17-ENTRY_1?symbol=BTC-USDT&x=~.");
    r3_kucoin_encode_target(&wire, "a b\"%#+\xc3\xbc\x7f\r\n");
    CHECK_TEXT(wire.data, "a%20b%22%25%23%2B%C3%BC%7F%0D%0A");
    r3_buffer_release(&wire);
}

int main(void) {
    check_rfc4231();
    check_parts();
    check_vectors();
    check_encoding();
    return check_done();
}
