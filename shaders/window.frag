#version 300 es
precision highp float;
precision highp int;

// The view's pixels: premultiplied, bytes B G R A uploaded as if they were R G B A.
uniform sampler2D picture;
// Behind them: alpha 0 leaves the desktop to its compositor (which wants premultiplied pixels).
uniform vec4 ground;
// The ground is to be keyed out: see overlay/window_key.h, which says the same in C.
uniform bool is_key;
// Pixels of the picture to one of the window: 1 as they are, above 1 smaller.
uniform vec2 reach;

in vec2 at;
out vec4 color;

vec2 chroma(vec3 from)
{
    float luma = dot(from, vec3(0.2126, 0.7152, 0.0722));
    return vec2((from.b - luma) / 1.8556, (from.r - luma) / 1.5748);
}

vec3 keep_off(vec3 own)
{
    const float keep = 0.26;
    vec2 from = chroma(own), to = chroma(ground.rgb);
    float a = dot(from, from), b = dot(from, to), c = dot(to, to) - keep * keep;
    if (c <= 0.0 || a - 2.0 * b + dot(to, to) >= keep * keep)
        return own;
    float scale = (b - sqrt(max(0.0, b * b - a * c))) / a;
    return mix(vec3(dot(own, vec3(0.2126, 0.7152, 0.0722))), own, scale);
}

// Catmull-Rom: passes through the pixels, so enlarged text stays sharp.
vec4 weights(float way)
{
    float two = way * way, three = two * way;
    return vec4(-0.5 * three + two - 0.5 * way, 1.5 * three - 2.5 * two + 1.0, -1.5 * three + 2.0 * two + 0.5 * way,
        0.5 * three - 0.5 * two);
}

vec4 enlarged(vec2 where)
{
    vec2 whole = floor(where - 0.5), way = where - 0.5 - whole;
    ivec2 last = textureSize(picture, 0) - 1;
    vec4 across = weights(way.x), down = weights(way.y), sum = vec4(0.0);
    for (int y = 0; y < 4; y++) {
        for (int x = 0; x < 4; x++)
            sum += across[x] * down[y] * texelFetch(picture, clamp(ivec2(whole) + ivec2(x - 1, y - 1), ivec2(0), last), 0);
    }
    sum.a = clamp(sum.a, 0.0, 1.0);
    return vec4(clamp(sum.rgb, 0.0, sum.a), sum.a);
}

// The mean of all that falls into one pixel of the window; each bilinear sample takes in up to two pixels a side.
vec4 shrunk(vec2 where, vec2 size)
{
    ivec2 count = clamp(ivec2(ceil(reach)), ivec2(1), ivec2(8));
    vec4 sum = vec4(0.0);
    for (int y = 0; y < count.y; y++) {
        for (int x = 0; x < count.x; x++)
            sum += texture(picture, (where + reach * ((vec2(x, y) + 0.5) / vec2(count) - 0.5)) / size);
    }
    return sum / float(count.x * count.y);
}

vec4 sampled()
{
    vec2 size = vec2(textureSize(picture, 0)), where = at * size;
    if (reach == vec2(1.0))
        return texelFetch(picture, ivec2(where), 0);
    return reach.x > 1.0 || reach.y > 1.0 ? shrunk(where, size) : enlarged(where);
}

void main()
{
    vec4 over = sampled().bgra;
    if (!is_key)
        color = over + ground * (1.0 - over.a);
    else if (over.a < 0.5)
        color = ground;
    else
        color = vec4(keep_off(min(over.rgb / over.a, 1.0)), 1.0);
}
