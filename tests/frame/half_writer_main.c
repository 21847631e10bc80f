/* half_writer SOCKET WIDTH HEIGHT PICTURES DIE_ROW: see half_writer.h. For tests with a real video process. */
#include <stdio.h>
#include <stdlib.h>

#include "half_writer.h"

int main(int argc, char **argv)
{
    if (argc != 6) {
        fprintf(stderr, "usage: half_writer SOCKET WIDTH HEIGHT PICTURES DIE_ROW\n");
        return 2;
    }
    half_writer_run(&(struct half_options){
        .path = argv[1], .width_px = atoi(argv[2]), .height_px = atoi(argv[3]), .pictures = atoi(argv[4]),
        .die_row = atoi(argv[5]), .pause_ms = 8,
    });
}
