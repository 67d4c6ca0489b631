// GELU of contiguous numbers, compiled once per instruction set (cpu_*.cpp).
#pragma once

#include "cpu.h"

#include <stdint.h>

namespace sam2torch {

// out may be x.
SAM2TORCH_DECLARE(gelu_block, const float* x, float* out, int64_t count);

// bfloat16, held as its bits.
SAM2TORCH_DECLARE(gelu_block_bf16, const uint16_t* x, uint16_t* out, int64_t count);

}  // namespace sam2torch
