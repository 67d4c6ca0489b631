// AVX-512. 12 rows × 2 vectors: 24 accumulators of the 32 registers.
#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512bw,avx512dq,avx2,fma"))), apply_to = function)
#else
#pragma GCC target("avx512f,avx512vl,avx512bw,avx512dq,avx2,fma,prefer-vector-width=512")
#endif
#define SAM2TORCH_WIDTH 16
#define SAM2TORCH_ROWS 12
#define SAM2TORCH_ATTENTION attention_block_avx512
#include "attention_block.inl"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
