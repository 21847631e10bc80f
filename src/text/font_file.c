/* The table directory as OpenType 1.9 has it ("Organization of an OpenType Font"). Numbers are big-endian. */
#include "text/font_file.h"

#include <stdint.h>
#include <stdio.h>

#include "base/error.h"

enum { TABLES_MAX = 256, COLLECTION = 0x74746366, OPENTYPE = 0x4f54544f, TRUETYPE = 0x00010000, APPLE = 0x74727565 };

static bool read_number(FILE *file, int bytes, uint32_t *value)
{
    *value = 0;
    for (int i = 0; i < bytes; i++) {
        int c = getc(file);
        if (c == EOF)
            return false;
        *value = *value << 8 | (uint32_t)c;
    }
    return true;
}

/* Of a collection: goes to where the face's directory begins. */
static bool find_face(FILE *file, int index, uint32_t *magic)
{
    uint32_t version, count, offset;
    if (!read_number(file, 4, magic) || *magic != COLLECTION)
        return true;
    return read_number(file, 4, &version) && read_number(file, 4, &count) && (uint32_t)index < count &&
        fseek(file, index * 4L, SEEK_CUR) == 0 && read_number(file, 4, &offset) && fseek(file, (long)offset, SEEK_SET) == 0 &&
        read_number(file, 4, magic);
}

static bool is_table_whole(FILE *file, uint64_t size, uint32_t *tag)
{
    uint32_t sum, offset, length;
    return read_number(file, 4, tag) && read_number(file, 4, &sum) && read_number(file, 4, &offset) &&
        read_number(file, 4, &length) && (uint64_t)offset + length <= size;
}

static bool check_tables(FILE *file, const char *path, uint64_t size, struct error *err)
{
    uint32_t count, rest, tag = 0;
    if (!read_number(file, 2, &count) || !read_number(file, 4, &rest) || !read_number(file, 2, &rest))
        return error_set(err, ERROR_DATA, "%s: the font file is cut off at its beginning", path);
    for (uint32_t i = 0; i < count && i < TABLES_MAX; i++) {
        if (!is_table_whole(file, size, &tag))
            return error_set(err, ERROR_DATA, "%s: the font file is cut off: table \"%c%c%c%c\" ends behind its %llu bytes", path,
                (char)(tag >> 24), (char)(tag >> 16), (char)(tag >> 8), (char)tag, (unsigned long long)size);
    }
    return true;
}

bool font_file_check(const char *path, int index, struct error *err)
{
    FILE *file = fopen(path, "rbe");
    if (!file)
        return true;  // FreeType says why
    long size = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
    rewind(file);
    uint32_t magic = 0;
    bool is_whole = size < 0 || !find_face(file, index & 0xffff, &magic)
        ? error_set(err, ERROR_DATA, "%s: the font file is cut off at its beginning", path)
        : (magic != OPENTYPE && magic != TRUETYPE && magic != APPLE) || check_tables(file, path, (uint64_t)size, err);
    fclose(file);
    return is_whole;
}
