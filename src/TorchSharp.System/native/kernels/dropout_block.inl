// Body of dropout_block_*.

#include "dropout_block.h"
#include "dropout_mask.inl"

namespace sam2torch {

void SAM2TORCH_NAME(dropout_block)(const float* x, float* out, int64_t count, uint64_t seed, uint64_t row,
                                   uint32_t threshold, float scale) {
    constexpr int W = SAM2TORCH_WIDTH;
    const DropoutRow words(seed, row);
    for (int64_t i = 0; i < count; i += W) {
        const auto value = load_some<W>(x + i, count - i) * scale;
        store_some<W>(out + i, mask<W>(value, kept<W>(words, i, threshold)), count - i);
    }
}

}  // namespace sam2torch
