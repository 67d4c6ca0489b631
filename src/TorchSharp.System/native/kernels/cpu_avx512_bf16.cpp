// AVX-512 with products of bfloat16 pairs: attention only.
#if defined(__x86_64__)
#include <immintrin.h>
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512bw,avx512dq,avx512bf16,avx2,fma"))), apply_to = function)
#else
#pragma GCC target("avx512f,avx512vl,avx512bw,avx512dq,avx512bf16,avx2,fma,prefer-vector-width=512")
#endif
#define SAM2TORCH_WIDTH 16  // floats per vector
#define SAM2TORCH_ROWS 12   // rows of a register tile
#define SAM2TORCH_PAIRS
#define SAM2TORCH_NAME(kernel) kernel##_pairs
#include "attention_block.inl"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
