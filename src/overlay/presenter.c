#include "overlay/presenter.h"

struct box presenter_fit(const struct presenter *presenter, int window_width, int window_height)
{
    float across = (float)window_width / (float)presenter->width_px, down = (float)window_height / (float)presenter->height_px;
    float scale = across < down ? across : down;
    int width = (int)((float)presenter->width_px * scale + 0.5f), height = (int)((float)presenter->height_px * scale + 0.5f);
    return (struct box){(window_width - width) / 2, (window_height - height) / 2, width > 0 ? width : 1, height > 0 ? height : 1};
}
