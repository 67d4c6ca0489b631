// GELU of contiguous float32 numbers, compiled once per instruction set (cpu_*.cpp).
#pragma once

#include "cpu.h"

#include <stdint.h>

namespace sam2torch {

// out may be x.
SAM2TORCH_DECLARE(gelu_block, const float* x, float* out, int64_t count);

}  // namespace sam2torch
