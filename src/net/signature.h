/*
 * signature.h - the signatures of webhooks: HMAC-SHA256 and RSA-SHA256, checked with OpenSSL's EVP.
 * Sources: RFC 2104, RFC 8017 (8.2, PKCS#1 v1.5). Base64 of both kinds is in net/base64.h. Thread: any.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "net/base64.h"

struct error;

enum { SIGNATURE_BYTES = 32, SIGNATURE_HEX_BYTES = 65 };

void signature_sha256(const void *bytes, size_t len, unsigned char out[SIGNATURE_BYTES]);
void signature_hmac_sha256(const void *key, size_t key_len, const void *bytes, size_t len,
                           unsigned char out[SIGNATURE_BYTES]);

/* Lower-case hex with a NUL. */
void signature_to_hex(const unsigned char digest[SIGNATURE_BYTES], char out[SIGNATURE_HEX_BYTES]);

/* Takes the same time wherever two texts of one length differ. */
bool signature_is_equal(const void *a, size_t a_len, const void *b, size_t b_len);

/* Is `given` the HMAC of bytes, in hex of either case? A "sha256=" before it is allowed. */
bool signature_check_hex(const char *given, const void *key, size_t key_len, const void *bytes, size_t len);

/* The same for base64 of either alphabet. */
bool signature_check_base64(const char *given, const void *key, size_t key_len, const void *bytes, size_t len);

/* A public key for signature_verify(), from PEM ("BEGIN PUBLIC KEY" or "BEGIN RSA PUBLIC KEY"). NULL: it is none. */
struct signature_key;
struct signature_key *signature_key_create(const char *pem, size_t len, struct error *err);
void signature_key_destroy(struct signature_key *key);  // accepts NULL

/* RSA-SHA256, PKCS#1 v1.5. False: the signature is not of this key over these bytes. */
bool signature_verify(const struct signature_key *key, const void *bytes, size_t len, const void *signature,
                      size_t signature_len);
