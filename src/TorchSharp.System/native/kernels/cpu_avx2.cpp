// AVX2 and FMA: 6 rows × 2 vectors are 12 accumulators of the 16 registers.
#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC target("avx2,fma")
#endif
#define SAM2TORCH_WIDTH 8  // floats per vector
#define SAM2TORCH_ROWS 6   // rows of a register tile
#define SAM2TORCH_NAME(kernel) kernel##_avx2
#include "attention_block.inl"
#include "attention_training_block.inl"
#include "dropout_block.inl"
#include "gelu_block.inl"
#include "layer_norm_block.inl"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
