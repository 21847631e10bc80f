/*
 * picture_hosts.h - from where pictures are fetched: the platforms' own hosts, and those that the configuration names.
 * An address in a message is a stranger's: without the list anybody in a chat could make this machine ask any server.
 * Thread: any; a list is not changed once made.
 */
#pragma once

#include <stdbool.h>

struct error;
struct picture_hosts;
struct url;

/*
 * entries: as of `overlay.pictures.hosts`, ends with NULL; NULL: none. "cdn.example.org", "*.example.org" (all below it),
 * or an origin, "http://127.0.0.1:8080". What is named without a star may also lie in a private network.
 */
struct picture_hosts *picture_hosts_create(const char *const *entries);
void picture_hosts_destroy(struct picture_hosts *hosts);  // accepts NULL

/* False: it cannot be an entry, and err says why. */
bool picture_hosts_check(const char *entry, struct error *err);

/* May this be asked, and (address not NULL) at this address? */
bool picture_hosts_allow(const struct picture_hosts *hosts, const struct url *url, const char *address);
