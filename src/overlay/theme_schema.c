/* theme_schema.c - the JSON schema of a theme's file (JSON Schema 2020-12), written from the table that reads it. */
#include <string.h>

#include "base/buffer.h"
#include "overlay/theme_read.h"

struct writer {
    struct buffer *out;
    int depth;
};

static void new_line(struct writer *writer)
{
    buffer_add_char(writer->out, '\n');
    for (int i = 0; i < writer->depth; i++)
        buffer_add_string(writer->out, "  ");
}

static void open_object(struct writer *writer)
{
    buffer_add_char(writer->out, '{');
    writer->depth++;
}

static void close_object(struct writer *writer)
{
    writer->depth--;
    new_line(writer);
    buffer_add_char(writer->out, '}');
}

static void add_text(struct writer *writer, const char *text)
{
    buffer_add_json(writer->out, text, strlen(text));
}

static void add_names(struct writer *writer, const char *const *names)
{
    buffer_add_string(writer->out, "\"enum\": [");
    for (size_t i = 0; names[i]; i++) {
        buffer_add_string(writer->out, i > 0 ? ", " : "");
        add_text(writer, names[i]);
    }
    buffer_add_char(writer->out, ']');
}

static void add_fields(struct writer *writer, const struct theme_field *fields, bool is_portrait);

static void add_range(struct writer *writer, const struct theme_field *field)
{
    int max = field->min || field->max ? field->max : LENGTH_MAX;
    buffer_printf(writer->out, "\"type\": \"integer\", \"minimum\": %d, \"maximum\": %d", field->min, max);
}

/* What may stand there, behind the description. */
static void add_type(struct writer *writer, const struct theme_field *field)
{
    static const char *const defined[] = {[VALUE_COLOR] = "color", [VALUE_FILL] = "fill", [VALUE_ACROSS] = "fraction",
        [VALUE_DOWN] = "fraction", [VALUE_WIDTH] = "width", [VALUE_CORNERS] = "radius", [VALUE_ANCHOR] = "anchor",
        [VALUE_CURVE] = "curve", [VALUE_FACES] = "faces", [VALUE_RINGS] = "rings", [VALUE_PORTRAIT] = NULL};
    if (defined[field->kind]) {
        buffer_printf(writer->out, "\"$ref\": \"#/$defs/%s\"", defined[field->kind]);
        return;
    }
    switch (field->kind) {
    case VALUE_LENGTH:
    case VALUE_SHIFT:
    case VALUE_NUMBER:
        add_range(writer, field);
        return;
    case VALUE_CHOICE:
        add_names(writer, field->choices);
        return;
    case VALUE_FLAG:
        buffer_add_string(writer->out, "\"type\": \"boolean\"");
        return;
    case VALUE_NOTE:
        buffer_add_string(writer->out, "\"type\": \"string\"");
        return;
    case VALUE_SECTION:
        add_fields(writer, field->fields, false);
        return;
    case VALUE_ORNAMENTS:
        buffer_printf(writer->out, "\"type\": \"array\", \"maxItems\": %d, \"items\": {", THEME_ORNAMENTS_MAX);
        add_fields(writer, field->fields, false);
        buffer_add_char(writer->out, '}');
        return;
    case VALUE_MARKS:
        buffer_add_string(writer->out, "\"type\": \"object\", \"additionalProperties\": {");
        add_fields(writer, field->fields, false);
        buffer_add_char(writer->out, '}');
        return;
    case VALUE_PORTRAIT:
        add_fields(writer, theme_root, true);
        return;
    default:
        return;
    }
}

static bool is_in_portrait(const struct theme_field *field)
{
    return field->kind != VALUE_NOTE && field->kind != VALUE_MARKS && field->kind != VALUE_PORTRAIT;
}

/* Sections of one kind of card look alike: they are written once, and once more for the portrait as a reference. */
static void add_fields(struct writer *writer, const struct theme_field *fields, bool is_portrait)
{
    buffer_add_string(writer->out, "\"type\": \"object\", \"additionalProperties\": false, \"properties\": ");
    open_object(writer);
    bool is_first = true;
    for (; fields->key; fields++) {
        if (is_portrait && !is_in_portrait(fields))
            continue;
        buffer_add_string(writer->out, is_first ? "" : ",");
        is_first = false;
        new_line(writer);
        add_text(writer, fields->key);
        buffer_add_string(writer->out, ": {\"description\": ");
        add_text(writer, fields->what);
        buffer_add_string(writer->out, ", ");
        if (fields->is_of_kind)
            buffer_add_string(writer->out, "\"$ref\": \"#/$defs/card\"");
        else if (is_portrait)
            buffer_printf(writer->out, "\"$ref\": \"#/properties/%s\"", fields->key);
        else
            add_type(writer, fields);
        buffer_add_char(writer->out, '}');
    }
    close_object(writer);
}

static const struct theme_field *first_kind(void)
{
    const struct theme_field *field = theme_root;
    while (!field->is_of_kind)
        field++;
    return field;
}

static void add_definitions(struct writer *writer)
{
    static const char *const simple[] = {
        "\"color\": {\"type\": \"string\", \"pattern\": \"^#([0-9a-fA-F]{6}|[0-9a-fA-F]{8})$\"}",
        "\"fill\": {\"anyOf\": [{\"$ref\": \"#/$defs/color\"}, {\"$ref\": \"#/$defs/stops\"}, {\"type\": \"object\", "
            "\"additionalProperties\": false, \"required\": [\"stops\"], \"properties\": {\"stops\": {\"$ref\": \"#/$defs/stops\"}, "
            "\"angle\": {\"type\": \"number\", \"minimum\": -360, \"maximum\": 360}}}]}",
        "\"stops\": {\"type\": \"array\", \"minItems\": 2, \"maxItems\": 6, \"items\": {\"anyOf\": [{\"$ref\": \"#/$defs/color\"}, "
            "{\"type\": \"array\", \"prefixItems\": [{\"type\": \"number\", \"minimum\": 0, \"maximum\": 1}, "
            "{\"$ref\": \"#/$defs/color\"}], \"minItems\": 2, \"maxItems\": 2}]}}",
        "\"fraction\": {\"type\": \"number\", \"minimum\": 0, \"maximum\": 1}",
        "\"width\": {\"anyOf\": [{\"type\": \"integer\", \"minimum\": 2, \"maximum\": 8192}, {\"$ref\": \"#/$defs/fraction\"}]}",
        "\"length\": {\"type\": \"integer\", \"minimum\": 0, \"maximum\": 8192}",
        "\"radius\": {\"anyOf\": [{\"$ref\": \"#/$defs/length\"}, {\"type\": \"array\", \"minItems\": 4, \"maxItems\": 4, "
            "\"items\": {\"$ref\": \"#/$defs/length\"}}]}",
        "\"rings\": {\"type\": \"array\", \"items\": {\"type\": \"array\", \"minItems\": 3, \"items\": {\"type\": \"array\", "
            "\"minItems\": 2, \"maxItems\": 2, \"items\": {\"type\": \"number\", \"minimum\": -48, \"maximum\": 48}}}}",
        "\"faces\": {\"type\": \"object\", \"maxProperties\": 13, \"properties\": {\"weight\": {\"enum\": [\"usual\", \"regular\", "
            "\"bold\"]}}, \"patternProperties\": {\"^([A-Z][a-z]{3}|[a-z]{2,3})$\": {\"type\": \"string\", \"minLength\": 1, "
            "\"maxLength\": 51}}, \"additionalProperties\": false}",
    };
    buffer_add_string(writer->out, "\"$defs\": ");
    open_object(writer);
    for (size_t i = 0; i < sizeof(simple) / sizeof(*simple); i++) {
        new_line(writer);
        buffer_printf(writer->out, "%s,", simple[i]);
    }
    new_line(writer);
    buffer_add_string(writer->out, "\"anchor\": {");
    add_names(writer, theme_anchors);
    buffer_add_string(writer->out, "},");
    new_line(writer);
    buffer_add_string(writer->out, "\"curve\": {\"anyOf\": [{");
    add_names(writer, theme_curves);
    buffer_add_string(writer->out, "}, {\"type\": \"array\", \"minItems\": 4, \"maxItems\": 4, \"items\": {\"type\": \"number\", "
        "\"minimum\": -4, \"maximum\": 4}}]},");
    new_line(writer);
    buffer_add_string(writer->out, "\"card\": {");
    add_fields(writer, first_kind()->fields, false);
    buffer_add_char(writer->out, '}');
    close_object(writer);
}

void theme_write_schema(struct buffer *out)
{
    struct writer writer = {out, 0};
    open_object(&writer);
    new_line(&writer);
    buffer_add_string(out, "\"$schema\": \"https://json-schema.org/draft/2020-12/schema\",");
    new_line(&writer);
    buffer_add_string(out, "\"title\": \"A theme of antiphon\",");
    new_line(&writer);
    add_definitions(&writer);
    buffer_add_char(out, ',');
    new_line(&writer);
    add_fields(&writer, theme_root, false);
    close_object(&writer);
    buffer_add_char(out, '\n');
}
