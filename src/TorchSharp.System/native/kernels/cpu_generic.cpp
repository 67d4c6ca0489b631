// Any processor: 128-bit vectors (SSE2, NEON).
#define SAM2TORCH_WIDTH 4  // floats per vector
#define SAM2TORCH_ROWS 6   // rows of a register tile
#define SAM2TORCH_NAME(kernel) kernel##_generic
#include "attention_block.inl"
#include "attention_training_block.inl"
#include "dropout_block.inl"
#include "gelu_block.inl"
#include "layer_norm_block.inl"
