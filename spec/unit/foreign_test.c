/* Texts on their way to a database of UTF-8 without NUL, and back. */
#include "base/utf8.h"
#include "store/foreign.h"
#include "unit.h"

#include <stdlib.h>

static bool is_clean(ms_text text) {
  return ms_utf8_is_valid(text) && !memchr(text.data, '\0', text.size);
}

/* What arrives is clean, and comes back as it was. */
static void travels(ms_text text) {
  ms_arena arena = {0};
  ms_text there = ms_foreign_encode(text, &arena);
  ms_text back = ms_foreign_decode(there, &arena);
  UNIT_CHECK(is_clean(there));
  UNIT_CHECK(ms_text_equal(text, back));
  ms_arena_deinit(&arena);
}

static void plain_texts_stay_where_they_are(void) {
  ms_arena arena = {0};
  ms_text text = MS_TEXT("plain, größer, 漢字 and \xf0\x9f\x90\x98");
  UNIT_CHECK(ms_foreign_encode(text, &arena).data == text.data);
  UNIT_CHECK(ms_foreign_decode(text, &arena).data == text.data);
  UNIT_CHECK(ms_foreign_encode(MS_TEXT_NONE, &arena).data == NULL);
  UNIT_CHECK(arena.last == NULL);
  travels(text);
  travels(MS_TEXT(""));
}

static void other_bytes_come_back(void) {
  travels(MS_TEXT("a\0b"));
  travels(MS_TEXT("\0"));
  travels(MS_TEXT("cut off \xe2\x82"));
  travels(MS_TEXT("\xff\xfe overlong \xc0\x80"));
  travels(
      MS_TEXT("the mark itself \xef\xb7\x90"
              "2f"));
  travels(MS_TEXT("\xef\xb7\x90\xef\xb7\x90\0\xef\xb7"));
}

static void any_bytes_come_back(void) {
  char bytes[64];
  srand(7);
  for (int round = 0; round < 20000; round++) {
    static const unsigned char likely[] = {0, 0xef, 0xb7, 0x90, 'a', '0', 'f', 0xff};
    size_t size = (size_t)rand() % sizeof bytes;
    for (size_t i = 0; i < size; i++)
      bytes[i] = (char)likely[(size_t)rand() % sizeof likely];
    travels((ms_text){bytes, size});
  }
}

int main(void) {
  UNIT_RUN(plain_texts_stay_where_they_are);
  UNIT_RUN(other_bytes_come_back);
  UNIT_RUN(any_bytes_come_back);
  return unit_end();
}
