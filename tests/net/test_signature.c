#include "kit.h"

#include <stdio.h>

#include "base/memory.h"
#include "net/signature.h"

/* Made by the openssl command: a key, and its signature over MESSAGE. */
#define MESSAGE "01HZX.2026-11-22T18:20:45Z.{\"content\":\"سلام 你好 🎉\"}"
static const char public_key[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA02p4nKEbxGYSgYkef37p\n"
    "C0FoRUdMFtEKvrOOx6rdjJ0eN2VBZZP4ZRfGI2Wu2KTSKoQavhjjU9ztnsTT8Tbs\n"
    "0djgEsb91SMpeN2nyrF3Jjj7cWZwht8OMyVibtNgnSSf7Anhi00PU1Lh8rmvu8xL\n"
    "aFEZ4oVn2ExL/QXYO474lMGG/EZQJlWba6bBx6v/ojrqZFSVLxhg60HNt1gnM5N6\n"
    "dQfBtHnhvLxcZ6cj7EaUCp23muHSay22cN65idGG5CHeH97prkT7MlWMNH6kJi6V\n"
    "9lqc99+ep//60V4Y2rKbVqlRZ2kF3OR+rWei1SDAYTWmGB/61cLV3rhMpiXDp8yX\n"
    "fwIDAQAB\n"
    "-----END PUBLIC KEY-----\n";
static const char rsa_key[] =
    "-----BEGIN RSA PUBLIC KEY-----\n"
    "MIIBCgKCAQEA02p4nKEbxGYSgYkef37pC0FoRUdMFtEKvrOOx6rdjJ0eN2VBZZP4\n"
    "ZRfGI2Wu2KTSKoQavhjjU9ztnsTT8Tbs0djgEsb91SMpeN2nyrF3Jjj7cWZwht8O\n"
    "MyVibtNgnSSf7Anhi00PU1Lh8rmvu8xLaFEZ4oVn2ExL/QXYO474lMGG/EZQJlWb\n"
    "a6bBx6v/ojrqZFSVLxhg60HNt1gnM5N6dQfBtHnhvLxcZ6cj7EaUCp23muHSay22\n"
    "cN65idGG5CHeH97prkT7MlWMNH6kJi6V9lqc99+ep//60V4Y2rKbVqlRZ2kF3OR+\n"
    "rWei1SDAYTWmGB/61cLV3rhMpiXDp8yXfwIDAQAB\n"
    "-----END RSA PUBLIC KEY-----\n";
static const char curve_key[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEUAjwv0791kQecxAp588bRyWhgt6e\n"
    "tadWtn0Li8xOYKQgFb3DVRWi7zdyAvaeIj6qESE7NtSSy3HEUAEsK0KHmQ==\n"
    "-----END PUBLIC KEY-----\n";
static const char signed_by_key[] =
    "uxYYlH+pkBFRXQhOI5BYYsK51dZa5gsYtW7lXRuFQAQ5nsIipteMlQw5rhtPVhze8ZPMTAlOLIukZL97knrQtLudLhOM3Zm4wo4v"
    "XDM4UIhgzG48kEYPfatyBsygHfz0mp7KWIU/eO6K5+nIt+vI9Ob6DFo+omtCte4Eo0C+VL1BxbJRIfIQujoYAXChAUgmKY9FZe+0"
    "5BIOcI33dJqPLfAac0TJUhc4+m+D2FwfqcSMFrmhYaHcRPan4c9QDInXimK72P0JMIUpYYbWYJPDpQE/4zmN68e5m7mCcOlkg+A1"
    "7olmezbagCPsT+0/Uu9QfO+QoGUP3OoVZhnoeaulxA==";

static const struct {
    const char *name, *pem, *text, *signature;
    bool is_key, is_good;
} signatures[] = {
    {"good", public_key, MESSAGE, signed_by_key, true, true},
    {"the same key as RSA", rsa_key, MESSAGE, signed_by_key, true, true},
    {"another text", public_key, MESSAGE " ", signed_by_key, true, false},
    {"no text", public_key, "", signed_by_key, true, false},
    {"no signature", public_key, MESSAGE, "", true, false},
    {"a short signature", public_key, MESSAGE, "uxYYlH+pkBE=", true, false},
    {"a key of another kind", curve_key, MESSAGE, signed_by_key, false, false},
    {"no key", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "", "", false, false},
    {"a key behind a password: nobody is asked for it",
     "-----BEGIN PUBLIC KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0123456789ABCDEF0123456789ABCDEF\n\n"
     "AAAAAAAAAAAAAAAAAAAAAA==\n-----END PUBLIC KEY-----\n", "", "", false, false},
    {"no PEM", "public key", "", "", false, false},
    {"nothing", "", "", "", false, false},
};

static void test_rsa(void **state)
{
    for (size_t i = 0; i < ARRAY_LENGTH(signatures); i++) {
        struct error err = {0};
        struct buffer bytes = {0};
        struct signature_key *key = signature_key_create(signatures[i].pem, strlen(signatures[i].pem), &err);
        if ((key != NULL) != signatures[i].is_key)
            fail_msg("%s: %s", signatures[i].name, err.text);
        if (!key) {
            assert_string_equal(err.text, "not an RSA public key in PEM");
            continue;
        }
        assert_true(base64_decode(&bytes, signatures[i].signature, strlen(signatures[i].signature)));
        if (signature_verify(key, signatures[i].text, strlen(signatures[i].text), bytes.data, bytes.len) !=
            signatures[i].is_good)
            fail_msg("%s: taken for %s", signatures[i].name, signatures[i].is_good ? "bad" : "good");
        buffer_fini(&bytes);
        signature_key_destroy(key);
    }
    signature_key_destroy(NULL);
}

/* Then RFC 4231, test cases 1 and 2. */
static const struct {
    const char *name, *key, *text, *hex;
} hmacs[] = {
    {"a webhook", "It's a Secret to Everybody", "Hello, World!",
     "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"},
    {"RFC 4231, 1", "\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b", "Hi There",
     "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
    {"RFC 4231, 2", "Jefe", "what do ya want for nothing?",
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
};

static void test_hmac(void **state)
{
    for (size_t i = 0; i < ARRAY_LENGTH(hmacs); i++) {
        const char *key = hmacs[i].key, *text = hmacs[i].text;
        unsigned char digest[SIGNATURE_BYTES];
        char hex[SIGNATURE_HEX_BYTES], given[80];
        signature_hmac_sha256(key, strlen(key), text, strlen(text), digest);
        signature_to_hex(digest, hex);
        if (strcmp(hex, hmacs[i].hex) != 0)
            fail_msg("%s: %s", hmacs[i].name, hex);
        snprintf(given, sizeof(given), "sha256=%s", hex);
        assert_true(signature_check_hex(hex, key, strlen(key), text, strlen(text)));
        assert_true(signature_check_hex(given, key, strlen(key), text, strlen(text)));
        given[7] = given[7] == '0' ? '1' : '0';
        assert_false(signature_check_hex(given, key, strlen(key), text, strlen(text)));
        given[40] = '\0';
        assert_false(signature_check_hex(given, key, strlen(key), text, strlen(text)));
        assert_false(signature_check_hex("", key, strlen(key), text, strlen(text)));
        assert_false(signature_check_hex(NULL, key, strlen(key), text, strlen(text)));
        assert_false(signature_check_hex(hex, "x", 1, text, strlen(text)));
    }
    static const char base64[] = "dXEH6g6yUJ/CESIczphLijdXC211hsIsRvQ3nIsEPhc=";
    assert_true(signature_check_base64(base64, hmacs[0].key, strlen(hmacs[0].key), "Hello, World!", 13));
    assert_false(signature_check_base64(base64, hmacs[0].key, strlen(hmacs[0].key), "Hello, World?", 13));
    assert_false(signature_check_base64("%", hmacs[0].key, strlen(hmacs[0].key), "Hello, World!", 13));
    assert_false(signature_check_base64(NULL, "", 0, "", 0));
    unsigned char digest[SIGNATURE_BYTES];
    char hex[SIGNATURE_HEX_BYTES];
    signature_sha256("abc", 3, digest);
    signature_to_hex(digest, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void test_equal(void **state)
{
    assert_true(signature_is_equal("abc", 3, "abc", 3));
    assert_true(signature_is_equal("", 0, NULL, 0));
    assert_false(signature_is_equal("abc", 3, "abd", 3));
    assert_false(signature_is_equal("abc", 3, "abc", 4));
}

/* RFC 4648, 10; and what it does not hold. */
static const struct {
    const char *name, *plain, *base64, *url;
} encodings[] = {
    {"nothing", "", "", ""},       {"one byte", "f", "Zg==", "Zg"},          {"two", "fo", "Zm8=", "Zm8"},
    {"three", "foo", "Zm9v", "Zm9v"}, {"six", "foobar", "Zm9vYmFy", "Zm9vYmFy"},
    {"62 and 63", "\xfb\xff\xbf", "+/+/", "-_-_"},
    {"Persian", "سلام", "2LPZhNin2YU=", "2LPZhNin2YU"},
};

static void test_base64(void **state)
{
    for (size_t i = 0; i < ARRAY_LENGTH(encodings); i++) {
        struct buffer out = {0};
        const char *plain = encodings[i].plain;
        base64_encode(&out, plain, strlen(plain));
        base64url_encode(&out, plain, strlen(plain));
        size_t len = strlen(encodings[i].base64);
        if (out.len != len + strlen(encodings[i].url) || (out.len && memcmp(out.data, encodings[i].base64, len) != 0) ||
            (out.len && memcmp(out.data + len, encodings[i].url, out.len - len) != 0))
            fail_msg("%s: %.*s", encodings[i].name, (int)out.len, out.data);
        buffer_clear(&out);
        assert_true(base64_decode(&out, encodings[i].base64, len));
        assert_true(base64_decode(&out, encodings[i].url, strlen(encodings[i].url)));
        assert_int_equal(out.len, 2 * strlen(plain));
        if (out.len) {
            assert_memory_equal(out.data, plain, strlen(plain));
            assert_memory_equal(out.data + strlen(plain), plain, strlen(plain));
        }
        buffer_fini(&out);
    }
}

static const struct {
    const char *name, *text;
} no_base64[] = {
    {"one letter", "Z"}, {"five letters", "Zm9vY"}, {"blank within", "Zm 9v"}, {"letters behind the end", "Zg==Zg=="},
    {"too many pads", "Zg==="}, {"pads alone", "="}, {"one pad where two are due", "Zg="}, {"UTF-8", "سلام"},
};

static void test_bad_base64(void **state)
{
    for (size_t i = 0; i < ARRAY_LENGTH(no_base64); i++) {
        struct buffer out = {0};
        buffer_add_string(&out, "as it was");
        if (base64_decode(&out, no_base64[i].text, strlen(no_base64[i].text)) || out.len != 9)
            fail_msg("%s: taken", no_base64[i].name);
        buffer_fini(&out);
    }
    struct buffer out = {0};
    assert_true(base64_decode(&out, "Zm9v\r\nYmFy\n", 11));
    assert_int_equal(out.len, 6);
    buffer_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rsa),    cmocka_unit_test(test_hmac),       cmocka_unit_test(test_equal),
        cmocka_unit_test(test_base64), cmocka_unit_test(test_bad_base64),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
