// The corners of a rectangle; the viewport is the rectangle. GStreamer puts what its context needs before this.
attribute vec2 corner;
varying vec2 at;

void main()
{
    at = corner;
    gl_Position = vec4(2.0 * corner - 1.0, 0.0, 1.0);
}
