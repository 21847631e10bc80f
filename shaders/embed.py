#!/usr/bin/env python3
"""Write a shader as a C string: embed.py SHADER OUTPUT NAME"""
import sys

shader, output, name = sys.argv[1:]
with open(shader, encoding="utf-8") as lines, open(output, "w", encoding="utf-8") as out:
    out.write(f"static const char {name}[] =\n")
    for line in lines:
        text = line.rstrip("\n").replace("\\", "\\\\").replace('"', '\\"')
        out.write(f'    "{text}\\n"\n')
    out.write("    ;\n")
