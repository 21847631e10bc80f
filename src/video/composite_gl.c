#include "video/composite_gl.h"

#include <gst/gl/gl.h>
#include <gst/gl/gstglfuncs.h>

#include "base/error.h"
#include "base/memory.h"
#include "composite_frag.h"
#include "composite_vert.h"
#include "video/composition.h"

/* A rectangle's pixels on the GPU. */
struct card {
    GLuint texture;  // 0: free
    guint number;    // the rectangle's sequence number; GStreamer's first one is 0
};

struct composite_gl {
    GstGLContext *context;  // shared; NULL: nothing is made yet
    GstGLShader *shader;    // shared
    GLuint framebuffer, corners, attributes;
    struct card cards[2 * COMPOSITION_BOXES];  // those on air, and room for as many new ones
    uint64_t uploaded;
    bool is_broken;  // this context does not take our shader

    /* Of the draw under way. */
    GstVideoOverlayComposition *composition;
    GstGLMemory *frame;
    char trouble[200];
};

GstCaps *composite_gl_caps(void)
{
    return gst_caps_from_string(GST_VIDEO_CAPS_MAKE_WITH_FEATURES(GST_CAPS_FEATURE_MEMORY_GL_MEMORY, "RGBA")
                                ", texture-target=(string)2D");
}

struct composite_gl *composite_gl_create(void)
{
    return xcalloc(1, sizeof(struct composite_gl));
}

uint64_t composite_gl_uploaded(const struct composite_gl *composite)
{
    return composite->uploaded;
}

/* ---- in the GL thread ---- */

static void release(GstGLContext *context, gpointer data)
{
    struct composite_gl *composite = data;
    const GstGLFuncs *gl = context->gl_vtable;
    for (size_t i = 0; i < G_N_ELEMENTS(composite->cards); i++) {
        if (composite->cards[i].texture)
            gl->DeleteTextures(1, &composite->cards[i].texture);
        composite->cards[i] = (struct card){0};
    }
    if (composite->corners)
        gl->DeleteBuffers(1, &composite->corners);
    if (composite->attributes)
        gl->DeleteVertexArrays(1, &composite->attributes);
    if (composite->framebuffer)
        gl->DeleteFramebuffers(1, &composite->framebuffer);
    composite->framebuffer = composite->corners = composite->attributes = 0;
    gst_clear_object(&composite->shader);
}

static GstGLShader *make_shader(GstGLContext *context, GError **error)
{
    const GstGLSLProfile profile = GST_GLSL_PROFILE_ES | GST_GLSL_PROFILE_COMPATIBILITY;
    const gchar *const fragment[] = {
        gst_gl_shader_string_get_highest_precision(context, GST_GLSL_VERSION_NONE, profile), composite_frag};
    GstGLSLStage *stages[] = {
        gst_glsl_stage_new_with_string(context, GL_VERTEX_SHADER, GST_GLSL_VERSION_NONE, profile, composite_vert),
        gst_glsl_stage_new_with_strings(context, GL_FRAGMENT_SHADER, GST_GLSL_VERSION_NONE, profile, 2,
                                        (const gchar **)(uintptr_t)fragment)};
    return gst_gl_shader_new_link_with_stages(context, error, stages[0], stages[1], NULL);
}

static bool prepare(struct composite_gl *composite)
{
    static const GLfloat corners[] = {0, 0, 1, 0, 0, 1, 1, 1};
    GstGLContext *context = composite->context;
    const GstGLFuncs *gl = context->gl_vtable;
    GError *error = NULL;
    if (composite->shader)
        return true;
    composite->shader = make_shader(context, &error);
    if (!composite->shader) {
        g_strlcpy(composite->trouble, error ? error->message : "no shader", sizeof(composite->trouble));
        g_clear_error(&error);
        return false;
    }
    gl->GenFramebuffers(1, &composite->framebuffer);
    if (gl->GenVertexArrays)
        gl->GenVertexArrays(1, &composite->attributes);
    gl->GenBuffers(1, &composite->corners);
    gl->BindBuffer(GL_ARRAY_BUFFER, composite->corners);
    gl->BufferData(GL_ARRAY_BUFFER, sizeof(corners), corners, GL_STATIC_DRAW);
    gl->BindBuffer(GL_ARRAY_BUFFER, 0);
    return true;
}

static void set_sampling(const GstGLFuncs *gl)
{
    gl->TexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
    gl->TexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
    gl->TexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
    gl->TexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
}

/* Leaves the card's texture bound. */
static void upload(struct composite_gl *composite, struct card *card, GstVideoOverlayRectangle *rectangle, guint width,
                   guint height)
{
    const GstGLFuncs *gl = composite->context->gl_vtable;
    GstBuffer *pixels = gst_video_overlay_rectangle_get_pixels_unscaled_raw(
        rectangle, GST_VIDEO_OVERLAY_FORMAT_FLAG_PREMULTIPLIED_ALPHA);
    GstMapInfo map;
    if (!gst_buffer_map(pixels, &map, GST_MAP_READ))
        return;  // its place stays free: tried again with the next frame
    gl->GenTextures(1, &card->texture);
    gl->BindTexture(GL_TEXTURE_2D, card->texture);
    set_sampling(gl);
    gl->PixelStorei(GL_UNPACK_ALIGNMENT, 4);
    gl->TexImage2D(GL_TEXTURE_2D, 0, GL_RGBA, (GLsizei)width, (GLsizei)height, 0, GL_RGBA, GL_UNSIGNED_BYTE, map.data);
    composite->uploaded += map.size;
    card->number = gst_video_overlay_rectangle_get_seqnum(rectangle);
    gst_buffer_unmap(pixels, &map);
}

static bool is_on_air(const struct composite_gl *composite, guint number)
{
    for (guint i = 0; i < gst_video_overlay_composition_n_rectangles(composite->composition); i++) {
        if (gst_video_overlay_rectangle_get_seqnum(
                gst_video_overlay_composition_get_rectangle(composite->composition, i)) == number)
            return true;
    }
    return false;
}

static void forget_old_cards(struct composite_gl *composite)
{
    for (size_t i = 0; i < G_N_ELEMENTS(composite->cards); i++) {
        struct card *card = &composite->cards[i];
        if (card->texture == 0 || is_on_air(composite, card->number))
            continue;
        composite->context->gl_vtable->DeleteTextures(1, &card->texture);
        *card = (struct card){0};
    }
}

/* Binds the texture of this rectangle, made now if it is a new one. */
static void bind_card(struct composite_gl *composite, GstVideoOverlayRectangle *rectangle, guint width, guint height)
{
    guint number = gst_video_overlay_rectangle_get_seqnum(rectangle);
    struct card *room = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(composite->cards); i++) {
        struct card *card = &composite->cards[i];
        if (card->texture != 0 && card->number == number) {
            composite->context->gl_vtable->BindTexture(GL_TEXTURE_2D, card->texture);
            return;
        }
        room = !room && card->texture == 0 ? card : room;
    }
    if (room)
        upload(composite, room, rectangle, width, height);
}

static void draw_rectangle(struct composite_gl *composite, GstVideoOverlayRectangle *rectangle)
{
    const GstGLFuncs *gl = composite->context->gl_vtable;
    gint x, y;
    guint width, height;
    gst_video_overlay_rectangle_get_render_rectangle(rectangle, &x, &y, &width, &height);
    bind_card(composite, rectangle, width, height);
    /* A frame's first row is the first of its texture, and the lowest of a viewport: nothing is to be turned over. */
    gl->Viewport(x, y, (GLsizei)width, (GLsizei)height);
    gl->DrawArrays(GL_TRIANGLE_STRIP, 0, 4);
}

static void draw_all(struct composite_gl *composite)
{
    const GstGLFuncs *gl = composite->context->gl_vtable;
    GLint corner;
    gst_gl_shader_use(composite->shader);
    gst_gl_shader_set_uniform_1i(composite->shader, "picture", 0);
    corner = gst_gl_shader_get_attribute_location(composite->shader, "corner");
    if (composite->attributes)
        gl->BindVertexArray(composite->attributes);
    gl->BindBuffer(GL_ARRAY_BUFFER, composite->corners);
    gl->VertexAttribPointer((GLuint)corner, 2, GL_FLOAT, GL_FALSE, 0, NULL);
    gl->EnableVertexAttribArray((GLuint)corner);
    gl->ActiveTexture(GL_TEXTURE0);
    gl->Enable(GL_BLEND);
    gl->BlendEquation(GL_FUNC_ADD);
    gl->BlendFunc(GL_ONE, GL_ONE_MINUS_SRC_ALPHA);
    for (guint i = 0; i < gst_video_overlay_composition_n_rectangles(composite->composition); i++)
        draw_rectangle(composite, gst_video_overlay_composition_get_rectangle(composite->composition, i));
    gl->Disable(GL_BLEND);
    gl->BindTexture(GL_TEXTURE_2D, 0);
    gl->DisableVertexAttribArray((GLuint)corner);
    gl->BindBuffer(GL_ARRAY_BUFFER, 0);
    if (composite->attributes)
        gl->BindVertexArray(0);
    gst_gl_context_clear_shader(composite->context);
}

static void draw(GstGLContext *context, gpointer data)
{
    struct composite_gl *composite = data;
    if (composite->is_broken || !prepare(composite)) {
        composite->is_broken = true;
        return;
    }
    forget_old_cards(composite);
    /* Our own framebuffer: GstGLFramebuffer keeps a reference to the frame's memory, which then counts as shared. */
    const GstGLFuncs *gl = context->gl_vtable;
    GLint viewport[4];
    gl->GetIntegerv(GL_VIEWPORT, viewport);
    gl->BindFramebuffer(GL_FRAMEBUFFER, composite->framebuffer);
    gl->FramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D,
                             gst_gl_memory_get_texture_id(composite->frame), 0);
    draw_all(composite);
    gl->FramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, 0, 0);
    gst_gl_context_clear_framebuffer(context);
    gl->Viewport(viewport[0], viewport[1], viewport[2], viewport[3]);
}

/* ---- the streaming thread ---- */

static void enter_context(struct composite_gl *composite, GstGLContext *context)
{
    if (composite->context == context)
        return;
    if (composite->context)
        gst_gl_context_thread_add(composite->context, release, composite);
    gst_object_replace((GstObject **)&composite->context, (GstObject *)context);
    composite->is_broken = false;
}

void composite_gl_destroy(struct composite_gl *composite)
{
    if (!composite)
        return;
    enter_context(composite, NULL);
    free(composite);
}

/* The frame's texture, safe to draw into in this context until the frame is unmapped. */
static bool map_texture(const GstVideoInfo *info, GstBuffer *buffer, GstVideoFrame *frame, struct error *err)
{
    GstMemory *memory = gst_buffer_n_memory(buffer) == 1 ? gst_buffer_peek_memory(buffer, 0) : NULL;
    if (!memory || !gst_is_gl_memory(memory)) {
        error_set(err, ERROR_DATA, "a frame whose caps say GL memory lies in none");
        return false;
    }
    if (!gst_video_frame_map(frame, info, buffer, GST_MAP_READWRITE | GST_MAP_GL)) {
        error_set(err, ERROR_SYSTEM, "the frame's texture cannot be mapped");
        return false;
    }
    memory = gst_buffer_peek_memory(buffer, 0);  // another one, if it was shared
    if (gst_is_gl_memory(memory) && gst_gl_memory_get_texture_target((GstGLMemory *)memory) == GST_GL_TEXTURE_TARGET_2D)
        return true;
    gst_video_frame_unmap(frame);
    error_set(err, ERROR_DATA, "the frame's texture is no plain one");
    return false;
}

bool composite_gl_draw(struct composite_gl *composite, const GstVideoInfo *info, GstBuffer *buffer,
                       GstVideoOverlayComposition *composition, struct error *err)
{
    GstVideoFrame frame;
    if (!map_texture(info, buffer, &frame, err))
        return false;
    composite->frame = (GstGLMemory *)gst_buffer_peek_memory(buffer, 0);
    composite->composition = composition;
    GstGLContext *context = composite->frame->mem.context;
    GstGLSyncMeta *sync = gst_buffer_get_gl_sync_meta(buffer);
    enter_context(composite, context);
    if (sync)
        gst_gl_sync_meta_wait(sync, context);
    gst_gl_context_thread_add(context, draw, composite);
    if (sync)
        gst_gl_sync_meta_set_sync_point(sync, context);
    gst_video_frame_unmap(&frame);
    if (composite->is_broken)
        error_set(err, ERROR_SYSTEM, "the GL context does not take the overlay's shader: %s", composite->trouble);
    return !composite->is_broken;
}
