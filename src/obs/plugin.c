/* plugin.c - what OBS asks of a module. */
#include "obs/source.h"

OBS_DECLARE_MODULE()
OBS_MODULE_USE_DEFAULT_LOCALE("antiphon-obs", "en-US")
OBS_MODULE_AUTHOR("antiphon")

const char *obs_module_name(void)
{
    return "antiphon";
}

const char *obs_module_description(void)
{
    return obs_module_text("Description");
}

bool obs_module_load(void)
{
    obs_register_source(&source_info);
    return true;
}
