#include <SDL2/SDL.h>
#include <SDL2/SDL_opengles2.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "overlay/presenter.h"
#include "overlay/window_frag.h"
#include "overlay/window_vert.h"

// GLES 3.0 and EXT_robustness; SDL's header ends at 2.0.
#ifndef GL_UNPACK_ROW_LENGTH
#define GL_UNPACK_ROW_LENGTH 0x0CF2
#endif
enum { CONTEXT_LOST = 0x0507 };

/* Found at run time: a process without a window never loads a driver. */
#define GL_FUNCTIONS(DO)                                                                            \
    DO(PFNGLATTACHSHADERPROC, AttachShader) DO(PFNGLBINDTEXTUREPROC, BindTexture)                   \
    DO(PFNGLCLEARPROC, Clear) DO(PFNGLCLEARCOLORPROC, ClearColor)                                   \
    DO(PFNGLCOMPILESHADERPROC, CompileShader) DO(PFNGLCREATEPROGRAMPROC, CreateProgram)             \
    DO(PFNGLCREATESHADERPROC, CreateShader) DO(PFNGLDELETEPROGRAMPROC, DeleteProgram)               \
    DO(PFNGLDELETESHADERPROC, DeleteShader) DO(PFNGLDELETETEXTURESPROC, DeleteTextures)             \
    DO(PFNGLDRAWARRAYSPROC, DrawArrays) DO(PFNGLGENTEXTURESPROC, GenTextures)                       \
    DO(PFNGLGETERRORPROC, GetError)                                                                 \
    DO(PFNGLGETPROGRAMIVPROC, GetProgramiv) DO(PFNGLGETPROGRAMINFOLOGPROC, GetProgramInfoLog)       \
    DO(PFNGLGETUNIFORMLOCATIONPROC, GetUniformLocation) DO(PFNGLLINKPROGRAMPROC, LinkProgram)       \
    DO(PFNGLPIXELSTOREIPROC, PixelStorei) DO(PFNGLSHADERSOURCEPROC, ShaderSource)                   \
    DO(PFNGLTEXIMAGE2DPROC, TexImage2D) DO(PFNGLTEXPARAMETERIPROC, TexParameteri)                   \
    DO(PFNGLTEXSUBIMAGE2DPROC, TexSubImage2D) DO(PFNGLUNIFORM1IPROC, Uniform1i)                     \
    DO(PFNGLUNIFORM2FPROC, Uniform2f) DO(PFNGLUNIFORM4FPROC, Uniform4f)                             \
    DO(PFNGLUSEPROGRAMPROC, UseProgram) DO(PFNGLVIEWPORTPROC, Viewport)

struct present_gl {
    struct presenter base;
#define MEMBER(type, name) type name;
    GL_FUNCTIONS(MEMBER)
#undef MEMBER
    SDL_GLContext context;
    GLuint program, texture;
    int draws_left;  // -1: no test asked for a loss
};

static struct present_gl *get(struct presenter *base)
{
    return container_of(base, struct present_gl, base);
}

static bool make_context(struct present_gl *gl, struct error *err)
{
    SDL_GL_SetAttribute(SDL_GL_CONTEXT_PROFILE_MASK, SDL_GL_CONTEXT_PROFILE_ES);
    SDL_GL_SetAttribute(SDL_GL_CONTEXT_MAJOR_VERSION, 3);
    SDL_GL_SetAttribute(SDL_GL_CONTEXT_MINOR_VERSION, 0);
    gl->context = SDL_GL_CreateContext(gl->base.window);
    if (!gl->context)
        return error_set(err, ERROR_SYSTEM, "no GLES 3.0: %s", SDL_GetError());
    SDL_GL_SetSwapInterval(0);  // the loop that feeds all views must not wait for a screen
    return true;
}

static bool load_functions(struct present_gl *gl, struct error *err)
{
#define LOAD(type, name)                                                                        \
    gl->name = (type)SDL_GL_GetProcAddress("gl" #name);                                         \
    if (!gl->name)                                                                              \
        return error_set(err, ERROR_SYSTEM, "this machine's GLES has no gl" #name);
    GL_FUNCTIONS(LOAD)
#undef LOAD
    return true;
}

static void attach(const struct present_gl *gl, GLenum kind, const char *source)
{
    GLuint shader = gl->CreateShader(kind);
    gl->ShaderSource(shader, 1, &source, NULL);
    gl->CompileShader(shader);
    gl->AttachShader(gl->program, shader);
    gl->DeleteShader(shader);  // lives on in the program
}

static bool make_program(struct present_gl *gl, struct error *err)
{
    gl->program = gl->CreateProgram();
    attach(gl, GL_VERTEX_SHADER, window_vert);
    attach(gl, GL_FRAGMENT_SHADER, window_frag);
    gl->LinkProgram(gl->program);
    GLint is_linked = 0;
    gl->GetProgramiv(gl->program, GL_LINK_STATUS, &is_linked);
    if (is_linked)
        return true;
    char why[256] = "";
    gl->GetProgramInfoLog(gl->program, sizeof(why), NULL, why);
    return error_set(err, ERROR_SYSTEM, "shaders/window.*: %s", why);
}

static bool make_texture(struct present_gl *gl, struct error *err)
{
    gl->GenTextures(1, &gl->texture);
    gl->BindTexture(GL_TEXTURE_2D, gl->texture);
    gl->TexImage2D(GL_TEXTURE_2D, 0, GL_RGBA, gl->base.width_px, gl->base.height_px, 0, GL_RGBA, GL_UNSIGNED_BYTE, NULL);
    gl->TexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_LINEAR);
    gl->TexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_LINEAR);
    gl->TexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
    gl->TexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
    return gl->GetError() == GL_NO_ERROR ||
        error_set(err, ERROR_SYSTEM, "GLES has no texture of %d x %d px", gl->base.width_px, gl->base.height_px);
}

static void destroy(struct presenter *base)
{
    struct present_gl *gl = get(base);
    if (gl->context)
        SDL_GL_MakeCurrent(base->window, gl->context);
    if (gl->texture)
        gl->DeleteTextures(1, &gl->texture);
    if (gl->program)
        gl->DeleteProgram(gl->program);
    if (gl->context)
        SDL_GL_DeleteContext(gl->context);
    free(gl);
}

static struct presenter *create(const struct presenter *base, struct error *err)
{
    struct present_gl *gl = xcalloc(1, sizeof(*gl));
    gl->base = *base;
    gl->base.impl = &present_gl_impl;
    // A test's way to a driver that is lost: after so many pictures.
    const char *asked = getenv("ANTIPHON_TEST_LOSE_GL");
    gl->draws_left = asked ? atoi(asked) : -1;
    if (make_context(gl, err) && load_functions(gl, err) && make_program(gl, err) && make_texture(gl, err))
        return &gl->base;
    destroy(&gl->base);
    return NULL;
}

static void upload(struct presenter *base, const struct canvas *canvas, const struct box *boxes, size_t count)
{
    struct present_gl *gl = get(base);
    SDL_GL_MakeCurrent(base->window, gl->context);
    gl->BindTexture(GL_TEXTURE_2D, gl->texture);
    gl->PixelStorei(GL_UNPACK_ROW_LENGTH, (GLint)(canvas_stride(canvas) / 4));
    for (size_t i = 0; i < count; i++) {
        const struct box *box = &boxes[i];
        const uint32_t *from = canvas_pixels(canvas) + (size_t)box->y * canvas_stride(canvas) / 4 + box->x;
        gl->TexSubImage2D(GL_TEXTURE_2D, 0, box->x, box->y, box->width, box->height, GL_RGBA, GL_UNSIGNED_BYTE, from);
    }
}

static void set_uniforms(const struct present_gl *gl, const struct box *at)
{
    const struct ground *ground = &gl->base.ground;
    const struct color *color = &ground->color;
    gl->Uniform4f(gl->GetUniformLocation(gl->program, "ground"), color->r * color->a, color->g * color->a,
        color->b * color->a, color->a);
    gl->Uniform1i(gl->GetUniformLocation(gl->program, "is_key"), ground->is_key);
    gl->Uniform2f(gl->GetUniformLocation(gl->program, "reach"), (float)gl->base.width_px / (float)at->width,
        (float)gl->base.height_px / (float)at->height);
}

static bool draw(struct presenter *base)
{
    struct present_gl *gl = get(base);
    const struct color *ground = &base->ground.color;
    int width, height;
    if (SDL_GL_MakeCurrent(base->window, gl->context) != 0 || gl->draws_left == 0)
        return false;
    gl->draws_left -= gl->draws_left > 0;
    SDL_GL_GetDrawableSize(base->window, &width, &height);
    struct box at = presenter_fit(base, width, height);
    gl->ClearColor(ground->r * ground->a, ground->g * ground->a, ground->b * ground->a, ground->a);
    gl->Clear(GL_COLOR_BUFFER_BIT);
    gl->Viewport(at.x, height - at.y - at.height, at.width, at.height);
    gl->UseProgram(gl->program);
    set_uniforms(gl, &at);
    gl->BindTexture(GL_TEXTURE_2D, gl->texture);
    gl->DrawArrays(GL_TRIANGLES, 0, 3);
    SDL_GL_SwapWindow(base->window);
    GLenum error = gl->GetError();
    return error != CONTEXT_LOST && error != GL_OUT_OF_MEMORY;
}

const struct presenter_impl present_gl_impl = {
    .name = "GLES 3", .window_flags = SDL_WINDOW_OPENGL, .has_alpha = true, .create = create, .upload = upload, .draw = draw,
    .destroy = destroy,
};
