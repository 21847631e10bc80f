#version 300 es
precision mediump float;

// The view's pixels: premultiplied, bytes B G R A uploaded as if they were R G B A.
uniform sampler2D picture;
// Behind them: alpha 0 leaves the desktop to its compositor (which wants premultiplied pixels), 1 is a key colour.
uniform vec4 ground;

in vec2 at;
out vec4 color;

void main()
{
    vec4 over = texture(picture, at).bgra;
    color = over + ground * (1.0 - over.a);
}
