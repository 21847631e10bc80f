/*
 * picture_disk.h - pictures' files kept over restarts, one file each, named by a hash of its address: neither addresses
 * nor names stand there. Each begins with a hash of its bytes, so that one torn by a power cut is not used. When there are
 * more than the cap, those go that were used longest ago; so does what was not used for 30 days. Thread: its owner's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct buffer;
struct error;
struct picture_disk;

/* NULL: the folder cannot be used. cap_bytes 0: what is there is erased, and nothing is kept. */
struct picture_disk *picture_disk_open(const char *folder, size_t cap_bytes, struct error *err);
void picture_disk_close(struct picture_disk *disk);  // accepts NULL

enum { PICTURE_KEY_BYTES = 65 };

/* SHA-256 of the address in hex. */
void picture_disk_key(const char *url, char key[PICTURE_KEY_BYTES]);

/* Adds the picture's bytes. False: it is not there. */
bool picture_disk_read(struct picture_disk *disk, const char *key, struct buffer *out);

/* What cannot be written is told once and done without. */
void picture_disk_write(struct picture_disk *disk, const char *key, const void *bytes, size_t len);

/* The file is no picture that can be used. */
void picture_disk_remove(struct picture_disk *disk, const char *key);

size_t picture_disk_bytes(const struct picture_disk *disk);  // of all files
