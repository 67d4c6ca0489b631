// Layer normalisation of rows of bfloat16 numbers, compiled once per instruction set (cpu_*.cpp).
#pragma once

#include "cpu.h"

#include <stdint.h>

namespace sam2torch {

// bfloat16 numbers are held as their bits.
struct LayerNormRows {
    const uint16_t* x;    // [rows, width]
    uint16_t* out;        // [rows, width]
    uint16_t* mean;       // [rows]
    uint16_t* rstd;       // [rows], 1 / √(variance + eps)
    const float* weight;  // [width] or null: 1
    const float* bias;    // [width] or null: 0
    int64_t rows, width;
    float eps;
    float* scratch;  // [width]
};

SAM2TORCH_DECLARE(layer_norm_block, const LayerNormRows& rows);

}  // namespace sam2torch
