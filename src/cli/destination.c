#include "cli/destination.h"

#include <string.h>
#include <strings.h>

#include "base/memory.h"

/*
 * The rules were looked up in March 2026. They change: who knows better says so in the configuration, which always wins.
 * Twitch's: Terms of Service, "Simulcasting Guidelines", text of 8 December 2025; that it no longer acts against it was
 * said by its head on 25 February 2026 ("Patch Notes", episode 43), and the text still stood.
 */
static const struct destination destinations[] = {
    {"twitch", "Twitch", true,
        "its Simulcasting Guidelines (in the Terms of Service, text of December 2025) forbid tools that combine other "
        "platforms' activity, such as merged chat, on the Twitch stream. Since February 2026 Twitch says that it does not "
        "act against it, and that the host answers for what is seen"},
    {"youtube", "YouTube", false, "no rule against other platforms' messages is known to us"},
    {"kick", "Kick", false, "no rule against other platforms' messages is known to us"},
    {"facebook", "Facebook", false, "no rule against other platforms' messages is known to us"},
    {"instagram", "Instagram", false, "no rule against other platforms' messages is known to us"},
    {"tiktok", "TikTok", false, "no rule against other platforms' messages is known to us"},
    {"x", "X", false, "no rule against other platforms' messages is known to us"},
    {"trovo", "Trovo", false, "no rule against other platforms' messages is known to us"},
};

const char *const destination_names[] = {
    "twitch", "youtube", "kick", "facebook", "instagram", "tiktok", "x", "trovo", "none", NULL,
};

/*
 * Ends of host names, the more special first. Twitch and Kick share Amazon's network: Twitch's ingests are named by city
 * (fra05.contribute.live-video.net) or "ingest", those of a channel of Kick by twelve hexadecimal digits.
 */
static const struct {
    const char *ending, *name;
} hosts[] = {
    {"twitch.tv", "twitch"},
    {"ingest.global-contribute.live-video.net", "twitch"},
    {"global-contribute.live-video.net", "kick"},
    {"contribute.live-video.net", "twitch"},
    {"kick.com", "kick"},
    {"youtube.com", "youtube"},
    {"facebook.com", "facebook"},
    {"instagram.com", "instagram"},
    {"tiktok.com", "tiktok"},
    {"tiktokcdn.com", "tiktok"},
    {"tiktokcdn-us.com", "tiktok"},
    {"tiktokv.com", "tiktok"},
    {"pscp.tv", "x"},
    {"periscope.tv", "x"},
    {"x.com", "x"},
    {"trovo.live", "trovo"},
};

const struct destination *destination_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(destinations); i++) {
        if (strcmp(destinations[i].name, name) == 0)
            return &destinations[i];
    }
    return NULL;
}

/* Whether host is `ending` or a name below it. */
static bool is_below(const char *host, size_t len, const char *ending)
{
    size_t tail = strlen(ending);
    return len >= tail && strncasecmp(host + len - tail, ending, tail) == 0 && (len == tail || host[len - tail - 1] == '.');
}

const struct destination *destination_of_address(const char *address)
{
    const char *host = strstr(address, "://");
    if (!host)
        return NULL;
    host += 3;
    size_t authority = strcspn(host, "/?#");
    const char *at = memchr(host, '@', authority);  // rtmp://user:password@host
    if (at) {
        authority -= (size_t)(at + 1 - host);
        host = at + 1;
    }
    const char *colon = memchr(host, ':', authority);
    size_t len = colon ? (size_t)(colon - host) : authority;
    while (len > 0 && host[len - 1] == '.')
        len--;
    for (size_t i = 0; i < ARRAY_LENGTH(hosts); i++) {
        if (is_below(host, len, hosts[i].ending))
            return destination_find(hosts[i].name);
    }
    return NULL;
}
