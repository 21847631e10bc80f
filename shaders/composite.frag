// A card over a video frame, pixel on pixel: blending does source + destination * (1 - alpha).
// The card's pixels: premultiplied, bytes B G R A uploaded as if they were R G B A.
uniform sampler2D picture;
varying vec2 at;

void main()
{
    gl_FragColor = texture2D(picture, at).bgra;
}
