#include "overlay/window_gl.h"

#include <SDL2/SDL.h>
#include <SDL2/SDL_opengles2.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "overlay/window_frag.h"
#include "overlay/window_vert.h"

#ifndef GL_UNPACK_ROW_LENGTH
#define GL_UNPACK_ROW_LENGTH 0x0CF2  // GLES 3.0; SDL's header ends at 2.0
#endif

/* Found at run time: a process without a window never loads a driver. */
#define GL_FUNCTIONS(DO)                                                                            \
    DO(PFNGLATTACHSHADERPROC, AttachShader) DO(PFNGLBINDTEXTUREPROC, BindTexture)                   \
    DO(PFNGLCLEARPROC, Clear) DO(PFNGLCLEARCOLORPROC, ClearColor)                                   \
    DO(PFNGLCOMPILESHADERPROC, CompileShader) DO(PFNGLCREATEPROGRAMPROC, CreateProgram)             \
    DO(PFNGLCREATESHADERPROC, CreateShader) DO(PFNGLDELETEPROGRAMPROC, DeleteProgram)               \
    DO(PFNGLDELETESHADERPROC, DeleteShader) DO(PFNGLDELETETEXTURESPROC, DeleteTextures)             \
    DO(PFNGLDRAWARRAYSPROC, DrawArrays) DO(PFNGLGENTEXTURESPROC, GenTextures)                       \
    DO(PFNGLGETPROGRAMIVPROC, GetProgramiv) DO(PFNGLGETPROGRAMINFOLOGPROC, GetProgramInfoLog)       \
    DO(PFNGLGETUNIFORMLOCATIONPROC, GetUniformLocation) DO(PFNGLLINKPROGRAMPROC, LinkProgram)       \
    DO(PFNGLPIXELSTOREIPROC, PixelStorei) DO(PFNGLSHADERSOURCEPROC, ShaderSource)                   \
    DO(PFNGLTEXIMAGE2DPROC, TexImage2D) DO(PFNGLTEXPARAMETERIPROC, TexParameteri)                   \
    DO(PFNGLTEXSUBIMAGE2DPROC, TexSubImage2D) DO(PFNGLUNIFORM4FPROC, Uniform4f)                     \
    DO(PFNGLUSEPROGRAMPROC, UseProgram) DO(PFNGLVIEWPORTPROC, Viewport)

struct window_gl {
#define MEMBER(type, name) type name;
    GL_FUNCTIONS(MEMBER)
#undef MEMBER
    int width, height;
    struct color ground;
    GLuint program, texture;
};

static bool load_functions(struct window_gl *gl, struct error *err)
{
#define LOAD(type, name)                                                                        \
    gl->name = (type)SDL_GL_GetProcAddress("gl" #name);                                         \
    if (!gl->name)                                                                              \
        return error_set(err, ERROR_SYSTEM, "window: this machine's GLES has no gl" #name);
    GL_FUNCTIONS(LOAD)
#undef LOAD
    return true;
}

static void attach(const struct window_gl *gl, GLenum kind, const char *source)
{
    GLuint shader = gl->CreateShader(kind);
    gl->ShaderSource(shader, 1, &source, NULL);
    gl->CompileShader(shader);
    gl->AttachShader(gl->program, shader);
    gl->DeleteShader(shader);  // lives on in the program
}

static bool make_program(struct window_gl *gl, struct error *err)
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
    return error_set(err, ERROR_SYSTEM, "window: shaders/window.*: %s", why);
}

static void make_texture(struct window_gl *gl)
{
    gl->GenTextures(1, &gl->texture);
    gl->BindTexture(GL_TEXTURE_2D, gl->texture);
    gl->TexImage2D(GL_TEXTURE_2D, 0, GL_RGBA, gl->width, gl->height, 0, GL_RGBA, GL_UNSIGNED_BYTE, NULL);
    gl->TexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_LINEAR);
    gl->TexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_LINEAR);
    gl->TexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
    gl->TexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
}

struct window_gl *window_gl_create(int width_px, int height_px, struct color ground, struct error *err)
{
    struct window_gl *gl = xcalloc(1, sizeof(*gl));
    *gl = (struct window_gl){.width = width_px, .height = height_px, .ground = ground};
    if (!load_functions(gl, err)) {
        free(gl);
        return NULL;
    }
    if (!make_program(gl, err)) {
        window_gl_destroy(gl);
        return NULL;
    }
    make_texture(gl);
    return gl;
}

void window_gl_destroy(struct window_gl *gl)
{
    if (!gl)
        return;
    if (gl->texture)
        gl->DeleteTextures(1, &gl->texture);
    gl->DeleteProgram(gl->program);
    free(gl);
}

void window_gl_upload(struct window_gl *gl, const struct canvas *canvas, const struct box *boxes, size_t count)
{
    gl->BindTexture(GL_TEXTURE_2D, gl->texture);
    gl->PixelStorei(GL_UNPACK_ROW_LENGTH, (GLint)(canvas_stride(canvas) / 4));
    for (size_t i = 0; i < count; i++) {
        const struct box *box = &boxes[i];
        const uint32_t *from = canvas_pixels(canvas) + (size_t)box->y * canvas_stride(canvas) / 4 + box->x;
        gl->TexSubImage2D(GL_TEXTURE_2D, 0, box->x, box->y, box->width, box->height, GL_RGBA, GL_UNSIGNED_BYTE, from);
    }
}

void window_gl_draw(const struct window_gl *gl, int surface_width, int surface_height)
{
    float scale = SDL_min((float)surface_width / (float)gl->width, (float)surface_height / (float)gl->height);
    int width = (int)((float)gl->width * scale + 0.5f), height = (int)((float)gl->height * scale + 0.5f);
    const struct color *ground = &gl->ground;
    gl->ClearColor(ground->r * ground->a, ground->g * ground->a, ground->b * ground->a, ground->a);
    gl->Clear(GL_COLOR_BUFFER_BIT);
    gl->Viewport((surface_width - width) / 2, (surface_height - height) / 2, width, height);
    gl->UseProgram(gl->program);
    gl->Uniform4f(gl->GetUniformLocation(gl->program, "ground"), ground->r * ground->a, ground->g * ground->a,
        ground->b * ground->a, ground->a);
    gl->BindTexture(GL_TEXTURE_2D, gl->texture);
    gl->DrawArrays(GL_TRIANGLES, 0, 3);
}
