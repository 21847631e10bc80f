/* role.h - what somebody may do: viewers read, moderators run the show, owners also say who comes in. */
#pragma once

enum api_role { API_ROLE_NONE, API_ROLE_VIEWER, API_ROLE_MODERATOR, API_ROLE_OWNER };
