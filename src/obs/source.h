/*
 * source.h - "antiphon" in OBS's list of sources: a view of the overlay, by its name.
 */
#pragma once

#include <obs-module.h>

/* For obs_register_source(). */
extern struct obs_source_info source_info;
