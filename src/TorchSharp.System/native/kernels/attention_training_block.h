// The softmax of attention in training, row by row, compiled once per instruction set (cpu_*.cpp).
#pragma once

#include "cpu.h"

#include <stdint.h>

namespace sam2torch {

// Rows of scores Q Kᵀ that lie one after the other. The softmax is taken in base 2.
struct AttentionRows {
    float* scores;          // [rows, keys]; replaced by the weights after dropout
    float* gradients;       // [rows, keys], backward only: gradient of the weights; replaced by that of the scores
    float* log_sums;        // [rows]: base 2 logarithm of the softmax's denominator; written forward, read backward
    const float* products;  // [rows], backward only: output times its gradient, summed
    int64_t rows, keys;
    float scale;           // applied to scores: log2(e) / √d
    float gradient_scale;  // applied to the scores' gradient: 1 / √d
    uint64_t seed, first_row;
    uint32_t threshold;  // of dropout; 0 for none
    float kept_scale;    // 1 / (1 - p)
};

SAM2TORCH_DECLARE(attention_weights, const AttentionRows& block);
SAM2TORCH_DECLARE(attention_gradients, const AttentionRows& block);

}  // namespace sam2torch
