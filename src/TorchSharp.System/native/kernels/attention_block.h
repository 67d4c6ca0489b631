// One block of queries of softmax(Q Kᵀ / √d) V against all keys, on one thread: the part of the fused attention
// that is compiled once per instruction set (cpu_*.cpp), so it includes nothing but plain C headers.
#pragma once

#include "cpu.h"

#include <stddef.h>
#include <stdint.h>

namespace sam2torch {

enum class AttentionType { kFloat32, kBFloat16 };

struct AttentionBlock {
    AttentionType type;
    const void* query;  // [queries, d], rows `query_row` elements apart, contiguous along d
    const void* key;    // [keys, d]
    const void* value;  // [keys, dv]
    void* output;       // [queries, dv]
    int64_t queries, keys, d, dv;
    int64_t query_row, key_row, value_row, output_row;
    float scale;     // applied to the scores; includes log2(e), because the softmax is taken in base 2
    float* scratch;  // 64-byte aligned, attention_scratch(...) floats
};

// Floats of scratch memory for blocks of at most `queries` rows.
inline size_t attention_scratch(int64_t queries, int64_t keys, int64_t d, int64_t dv) {
    constexpr int64_t kLanes = 32;  // the widest group of queries of any instruction set
    constexpr int64_t kKeys = 256;  // no less than the longest block of keys of any instruction set
    const int64_t rows = (queries + kLanes - 1) / kLanes * kLanes;
    const int64_t block = keys < kKeys ? keys : kKeys;
    // transposed queries and outputs, maxima and sums, scores, keys and values converted from bfloat16
    return static_cast<size_t>(rows * (d + dv + 2) + block * kLanes + block * (d + dv) + 128);
}

SAM2TORCH_DECLARE(attention_block, const AttentionBlock& block);

// For bfloat16 with even d and even query_row, where multiplies_pairs().
void attention_block_pairs(const AttentionBlock& block);

}  // namespace sam2torch
