/* Whether bytes are UTF-8, strictly: no surrogates, no overlong forms, nothing above U+10FFFF.
 *
 * Owns nothing.
 *
 * Any thread.
 *
 * Nothing here fails. */
#ifndef MS_BASE_UTF8_H
#define MS_BASE_UTF8_H

#include "base/text.h"

/* The length of the sequence that begins at bytes (1..4), or 0 if there is none before end. */
size_t ms_utf8_length(const char *bytes, const char *end);
bool ms_utf8_is_valid(ms_text text);

#endif
