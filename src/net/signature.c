#include "net/signature.h"

#include <ctype.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/memory.h"

struct signature_key {
    EVP_PKEY *key;
};

void signature_sha256(const void *bytes, size_t len, unsigned char out[SIGNATURE_BYTES])
{
    unsigned int size = SIGNATURE_BYTES;
    EVP_Digest(bytes, len, out, &size, EVP_sha256(), NULL);
}

void signature_hmac_sha256(const void *key, size_t key_len, const void *bytes, size_t len,
                           unsigned char out[SIGNATURE_BYTES])
{
    unsigned int size = SIGNATURE_BYTES;
    HMAC(EVP_sha256(), key_len ? key : "", (int)key_len, len ? bytes : (const void *)"", len, out, &size);
}

void signature_to_hex(const unsigned char digest[SIGNATURE_BYTES], char out[SIGNATURE_HEX_BYTES])
{
    for (size_t i = 0; i < SIGNATURE_BYTES; i++) {
        out[2 * i] = "0123456789abcdef"[digest[i] >> 4];
        out[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
    }
    out[2 * SIGNATURE_BYTES] = '\0';
}

bool signature_is_equal(const void *a, size_t a_len, const void *b, size_t b_len)
{
    return a_len == b_len && (a_len == 0 || CRYPTO_memcmp(a, b, a_len) == 0);
}

bool signature_check_hex(const char *given, const void *key, size_t key_len, const void *bytes, size_t len)
{
    unsigned char digest[SIGNATURE_BYTES];
    char hex[SIGNATURE_HEX_BYTES], lower[SIGNATURE_HEX_BYTES];
    if (!given)
        return false;
    if (strncasecmp(given, "sha256=", 7) == 0)
        given += 7;
    if (strlen(given) != SIGNATURE_HEX_BYTES - 1)
        return false;
    for (size_t i = 0; i < SIGNATURE_HEX_BYTES; i++)
        lower[i] = (char)tolower((unsigned char)given[i]);
    signature_hmac_sha256(key, key_len, bytes, len, digest);
    signature_to_hex(digest, hex);
    return signature_is_equal(hex, strlen(hex), lower, strlen(lower));
}

bool signature_check_base64(const char *given, const void *key, size_t key_len, const void *bytes, size_t len)
{
    unsigned char digest[SIGNATURE_BYTES];
    struct buffer decoded = {0};
    bool ok = given && base64_decode(&decoded, given, strlen(given));
    signature_hmac_sha256(key, key_len, bytes, len, digest);
    ok = ok && signature_is_equal(digest, sizeof(digest), decoded.data, decoded.len);
    buffer_fini(&decoded);
    return ok;
}

/* OpenSSL's own would ask for a password on the terminal, and the loop would wait for a person. */
static int refuse_password(char *out, int size, int is_writing, void *data)
{
    return -1;
}

/* Both kinds of PEM; a private key is no public one, though OpenSSL could derive it. */
static EVP_PKEY *read_key(const char *pem, size_t len)
{
    BIO *bio = BIO_new_mem_buf(pem, (int)len);
    EVP_PKEY *key = PEM_read_bio_PUBKEY(bio, NULL, refuse_password, NULL);
    BIO_free(bio);
    if (key)
        return key;
    unsigned char *der = NULL;
    const unsigned char *at;
    char *name = NULL, *header = NULL;
    long der_len = 0;
    bio = BIO_new_mem_buf(pem, (int)len);
    if (PEM_read_bio(bio, &name, &header, &der, &der_len) && strcmp(name, "RSA PUBLIC KEY") == 0) {
        at = der;
        key = d2i_PublicKey(EVP_PKEY_RSA, NULL, &at, der_len);
    }
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_free(der);
    BIO_free(bio);
    return key;
}

struct signature_key *signature_key_create(const char *pem, size_t len, struct error *err)
{
    EVP_PKEY *parsed = len <= 65536 ? read_key(pem, len) : NULL;
    if (!parsed || EVP_PKEY_base_id(parsed) != EVP_PKEY_RSA) {
        EVP_PKEY_free(parsed);
        ERR_clear_error();
        error_set(err, ERROR_DATA, "not an RSA public key in PEM");
        return NULL;
    }
    struct signature_key *key = xcalloc(1, sizeof(*key));
    key->key = parsed;
    ERR_clear_error();
    return key;
}

void signature_key_destroy(struct signature_key *key)
{
    if (!key)
        return;
    EVP_PKEY_free(key->key);
    free(key);
}

bool signature_verify(const struct signature_key *key, const void *bytes, size_t len, const void *signature,
                      size_t signature_len)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *padding = NULL;
    bool ok = EVP_DigestVerifyInit(context, &padding, EVP_sha256(), NULL, key->key) == 1 &&
              EVP_PKEY_CTX_set_rsa_padding(padding, RSA_PKCS1_PADDING) > 0 &&
              EVP_DigestVerify(context, signature, signature_len, bytes, len) == 1;
    EVP_MD_CTX_free(context);
    ERR_clear_error();  // another's error queue, libwebsockets' and libcurl's, must not find ours
    return ok;
}
