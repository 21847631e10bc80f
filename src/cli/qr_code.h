/* qr_code.h - an address as a picture in the terminal, for a phone's camera. Thread: any. */
#pragma once

/* On standard output; half blocks with colours of their own, so light and dark terminals show the same. */
void qr_code_print(const char *text);
