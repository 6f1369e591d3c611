// zlib, and the shapes of the five functions of libzstd that are looked up at run time.
#ifndef CCOMPRESSION_H
#define CCOMPRESSION_H
#include <stddef.h>
#include <zlib.h>

typedef struct { const void *source; size_t size; size_t position; } zstd_input;
typedef struct { void *target; size_t size; size_t position; } zstd_output;
typedef void *(*zstd_create_stream)(void);
typedef size_t (*zstd_free_stream)(void *stream);
typedef size_t (*zstd_decompress_stream)(void *stream, zstd_output *output, zstd_input *input);
typedef unsigned (*zstd_is_error)(size_t code);
#endif
