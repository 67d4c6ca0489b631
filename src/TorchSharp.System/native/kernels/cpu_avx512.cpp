// AVX-512: 12 rows × 2 vectors are 24 accumulators of the 32 registers.
#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512bw,avx512dq,avx2,fma"))), apply_to = function)
#else
#pragma GCC target("avx512f,avx512vl,avx512bw,avx512dq,avx2,fma,prefer-vector-width=512")
#endif
#define SAM2TORCH_WIDTH 16  // floats per vector
#define SAM2TORCH_ROWS 12   // rows of a register tile
#define SAM2TORCH_NAME(kernel) kernel##_avx512
#include "attention_block.inl"
#include "attention_training_block.inl"
#include "dropout_block.inl"
#include "gelu_block.inl"
#include "layer_norm_block.inl"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
