#include "lib/kucoin/sign.h"

#include <openssl/evp.h>
#include <stdbool.h>

int r3_kucoin_digest(unsigned char digest[R3_KUCOIN_DIGEST_SIZE], const void *data, size_t length,
                     struct r3_error *error) {
    if (EVP_Digest(data, length, digest, NULL, EVP_sha256(), NULL) != 1)
        return r3_fail(error, R3_SYSTEM, "OpenSSL has no SHA-256");
    return 0;
}

int r3_kucoin_secret_set(struct r3_kucoin_secret *secret, const void *text, size_t length, struct r3_error *error) {
    unsigned char key[R3_KUCOIN_BLOCK_SIZE] = { 0 };
    int result = -1;
    if (length > sizeof key) {
        if (r3_kucoin_digest(key, text, length, error) < 0)
            goto out;
    } else if (length > 0) {
        memcpy(key, text, length);
    }
    for (size_t i = 0; i < sizeof key; i++) {
        secret->inner[i] = key[i] ^ 0x36;
        secret->outer[i] = key[i] ^ 0x5c;
    }
    result = 0;
out:
    explicit_bzero(key, sizeof key);
    return result;
}

int r3_kucoin_sign(unsigned char digest[R3_KUCOIN_DIGEST_SIZE], const struct r3_kucoin_secret *secret,
                   const char *const *texts, struct r3_error *error) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool done = context && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1 &&
                EVP_DigestUpdate(context, secret->inner, sizeof secret->inner) == 1;
    for (; done && *texts; texts++)
        done = EVP_DigestUpdate(context, *texts, strlen(*texts)) == 1;
    done =
        done && EVP_DigestFinal_ex(context, digest, NULL) == 1 && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1 &&
        EVP_DigestUpdate(context, secret->outer, sizeof secret->outer) == 1 &&
        EVP_DigestUpdate(context, digest, R3_KUCOIN_DIGEST_SIZE) == 1 && EVP_DigestFinal_ex(context, digest, NULL) == 1;
    EVP_MD_CTX_free(context);
    return done ? 0 : r3_fail(error, R3_SYSTEM, "OpenSSL has no SHA-256");
}
