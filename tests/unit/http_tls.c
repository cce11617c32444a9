/* A server that is not who it should be, by a certificate that it has made itself: it gets not a byte of a request. */
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "lib/exchange/http.h"
#include "tests/unit/check.h"
#include "tests/unit/http_server.h"

struct impostor {
    SSL_CTX *context;
    int listener;
    size_t received; /* bytes of requests */
    int connections;
};

/* For 127.0.0.1, good for an hour, signed by itself. */
static void make_certificate(SSL_CTX *context) {
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    X509_NAME *name = X509_get_subject_name(certificate);
    X509_EXTENSION *address = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "IP:127.0.0.1");
    CHECK(key && certificate && address);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_set_version(certificate, 2);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"127.0.0.1", -1, -1, 0);
    X509_set_issuer_name(certificate, name);
    X509_set_pubkey(certificate, key);
    X509_add_ext(certificate, address, -1);
    CHECK(X509_sign(certificate, key, EVP_sha256()) > 0);
    CHECK_INT(SSL_CTX_use_certificate(context, certificate), 1);
    CHECK_INT(SSL_CTX_use_PrivateKey(context, key), 1);
    X509_EXTENSION_free(address);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

static void *receive(void *context) {
    struct impostor *impostor = context;
    for (int fd; (fd = accept(impostor->listener, NULL, NULL)) >= 0; close(fd)) {
        char block[1024];
        SSL *ssl = SSL_new(impostor->context);
        SSL_set_fd(ssl, fd);
        impostor->connections++;
        int count = SSL_accept(ssl) == 1 ? SSL_read(ssl, block, sizeof block) : 0;
        impostor->received += count > 0 ? (size_t)count : 0;
        SSL_free(ssl);
    }
    return NULL;
}

int main(void) {
    struct impostor impostor = { .context = SSL_CTX_new(TLS_server_method()),
                                 .listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    struct r3_http *http = NULL;
    struct r3_http_reply reply = { 0 };
    struct r3_error error = { 0 };
    pthread_t thread;
    char url[64];
    make_certificate(impostor.context);
    CHECK(bind(impostor.listener, (struct sockaddr *)&address, size) == 0 && listen(impostor.listener, 8) == 0 &&
          getsockname(impostor.listener, (struct sockaddr *)&address, &size) == 0);
    CHECK_INT(pthread_create(&thread, NULL, receive, &impostor), 0);
    snprintf(url, sizeof url, "https://127.0.0.1:%d", ntohs(address.sin_port));
    CHECK_INT(r3_http_new(&http, url, 5000, &error), 0);
    for (int i = 0; i < 2; i++) {
        r3_http_call(http, i ? "POST" : "GET", "/api/v1/timestamp", (const char *const[]) { "KC-API-KEY: k", NULL },
                     i ? "{}" : NULL, &reply);
        CHECK_INT(reply.status, 0);
        CHECK(!reply.sent);
        CHECK(strstr(reply.text, "certificate"));
    }
    r3_http_free(http);
    r3_http_reply_release(&reply);
    shutdown(impostor.listener, SHUT_RDWR);
    pthread_join(thread, NULL);
    close(impostor.listener);
    CHECK_INT(impostor.connections, 2);
    CHECK_INT(impostor.received, 0);
    SSL_CTX_free(impostor.context);
    return check_done();
}
