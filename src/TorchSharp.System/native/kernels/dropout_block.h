// Dropout of float32 numbers, compiled once per instruction set (cpu_*.cpp).
#pragma once

#include "cpu.h"

#include <stdint.h>

namespace sam2torch {

// The probability of dropping an element as a bound of 32-bit hashes.
inline uint32_t dropout_threshold(double p) {
    const double bound = p * 4294967296.0;
    return bound >= 4294967295.0 ? 4294967295u : static_cast<uint32_t>(bound);
}

// A number from libtorch's generator of the CPU.
int64_t draw_seed();

// out = kept ? x * scale : 0 for one row of `count` numbers. out may be x.
SAM2TORCH_DECLARE(dropout_block, const float* x, float* out, int64_t count, uint64_t seed, uint64_t row,
                  uint32_t threshold, float scale);

}  // namespace sam2torch
