// Any processor: 128-bit vectors (SSE2, NEON).
#define SAM2TORCH_WIDTH 4
#define SAM2TORCH_ROWS 6
#define SAM2TORCH_ATTENTION attention_block_generic
#include "attention_block.inl"
