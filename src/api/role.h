/*
 * role.h - what somebody may do: viewers read, moderators run the show, owners also say who comes in. A button is a
 * program's token that may send what stands on a button (command_rules.h) and read nothing.
 */
#pragma once

enum api_role { API_ROLE_NONE, API_ROLE_BUTTON, API_ROLE_VIEWER, API_ROLE_MODERATOR, API_ROLE_OWNER };
