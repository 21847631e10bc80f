#include "fake_libobs.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

struct fake fake;

/* ---- textures ---- */

gs_texture_t *gs_texture_create(uint32_t width, uint32_t height, enum gs_color_format format, uint32_t levels,
                                const uint8_t **data, uint32_t flags)
{
    if (fake.is_full || fake.inside == 0 || format != GS_BGRA_UNORM)
        return NULL;
    struct gs_texture *texture = xcalloc(1, sizeof(*texture));
    size_t bytes = (size_t)width * height * 4;
    *texture = (struct gs_texture){width, height, xmalloc(bytes)};
    memcpy(texture->pixels, *data, bytes);
    fake.uploads++;
    fake.uploaded_px += (size_t)width * height;
    fake.textures++;
    return texture;
}

void gs_texture_destroy(gs_texture_t *texture)
{
    if (!texture)
        return;
    free(texture->pixels);
    free(texture);
    fake.textures--;
}

void gs_copy_texture_region(gs_texture_t *to, uint32_t to_x, uint32_t to_y, gs_texture_t *from, uint32_t from_x, uint32_t from_y,
                            uint32_t width, uint32_t height)
{
    for (uint32_t y = 0; y < from->height; y++)
        memcpy(to->pixels + ((size_t)(to_y + y) * to->width + to_x) * 4, from->pixels + (size_t)y * from->width * 4,
               (size_t)from->width * 4);
    fake.copies++;
}

void obs_enter_graphics(void)
{
    fake.entered++;
    fake.inside++;
}

void obs_leave_graphics(void)
{
    fake.inside--;
}

/* ---- drawing ---- */

gs_effect_t *gs_effect_create(const char *text, const char *name, char **complaint)
{
    *complaint = NULL;
    return xmalloc(1);
}

void gs_effect_destroy(gs_effect_t *effect)
{
    free(effect);
}

gs_eparam_t *gs_effect_get_param_by_name(const gs_effect_t *effect, const char *name)
{
    return NULL;
}

void gs_effect_set_texture(gs_eparam_t *parameter, gs_texture_t *texture)
{
}

bool gs_effect_loop(gs_effect_t *effect, const char *technique)
{
    fake.technique = fake.technique ? NULL : technique;
    return fake.technique != NULL;
}

void gs_draw_sprite(gs_texture_t *texture, uint32_t flip, uint32_t width, uint32_t height)
{
    fake.drawn++;
    fake.shown = texture;
    fake.drawn_with = fake.technique;
    fake.was_srgb = fake.is_srgb;
}

void gs_blend_state_push(void)
{
    fake.blend_depth++;
}

void gs_blend_state_pop(void)
{
    fake.blend_depth--;
}

void gs_blend_function(enum gs_blend_type source, enum gs_blend_type ground)
{
    fake.blend_source = source;
    fake.blend_ground = ground;
}

bool gs_framebuffer_srgb_enabled(void)
{
    return fake.is_srgb;
}

void gs_enable_framebuffer_srgb(bool is_enabled)
{
    fake.is_srgb = is_enabled;
}

bool gs_get_linear_srgb(void)
{
    return fake.is_linear;
}

enum gs_color_space gs_get_color_space(void)
{
    return fake.space;
}

/* ---- the rest ---- */

void blog(int level, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(fake.log, sizeof(fake.log), format, arguments);
    va_end(arguments);
}

void bfree(void *data)
{
    free(data);
}

const char *obs_module_text(const char *key)
{
    return key;
}

bool obs_source_showing(const obs_source_t *source)
{
    return source->is_showing;
}

const char *obs_source_get_name(const obs_source_t *source)
{
    return "test";
}

size_t obs_source_filter_count(const obs_source_t *source)
{
    return source->filters;
}

const char *obs_data_get_string(obs_data_t *data, const char *name)
{
    return data->view;
}

void obs_data_set_default_string(obs_data_t *data, const char *name, const char *value)
{
    data->view = value;
}

obs_properties_t *obs_properties_create(void)
{
    fake.list_count = 0;
    return NULL;
}

obs_property_t *obs_properties_add_list(obs_properties_t *properties, const char *name, const char *text, enum obs_combo_type type,
                                        enum obs_combo_format format)
{
    return NULL;
}

obs_property_t *obs_properties_add_text(obs_properties_t *properties, const char *name, const char *text, enum obs_text_type type)
{
    fake.info = text;
    return NULL;
}

void obs_property_set_long_description(obs_property_t *property, const char *text)
{
}

size_t obs_property_list_add_string(obs_property_t *property, const char *name, const char *value)
{
    fake.list_count++;
    return 0;
}
