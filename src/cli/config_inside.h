/* config_inside.h - what the files behind config.h share: each reads its sections into `config`. False: reader->err. Thread: any. */
#pragma once

#include "cli/config.h"
#include "cli/keys.h"

enum { CONFIG_ITEMS_MAX = 64 };  // of a list: sources, views, outputs

/* config_picture.c. Views come first: the others name them. */
bool config_read_views(struct config *config, const struct reader *reader);
bool config_read_windows(struct config *config, const struct reader *reader);
bool config_read_video(struct config *config, const struct reader *reader);
bool config_read_size(const struct reader *reader, const char *path, const json_t *object, int *width_px, int *height_px);

/* config_destinations.c. Of an output that has its `view` and `to`; then, with all of them, the views that derive. */
bool config_read_destination(struct config *config, const struct reader *reader, const char *path, const json_t *object,
    struct config_output *output);
void config_derive_views(struct config *config);

/* config_overlay.c */
bool config_read_overlay(struct config *config, const struct reader *reader);

/* config_doors.c */
bool config_read_panel(struct config *config, const struct reader *reader);
bool config_read_door(struct config *config, const struct reader *reader);
