// Body of layer_norm_block_*: mean first, then the variance around it, both in float32; the row is widened once.

#include "layer_norm_block.h"
#include "simd.inl"

#include <math.h>

namespace sam2torch {
namespace {

template <int W>
inline float sum_of(typename Simd<W>::F v) {
    float sum = 0;
    for (int i = 0; i < W; i++) {
        sum += v[i];
    }
    return sum;
}

}  // namespace

void SAM2TORCH_NAME(layer_norm_block)(const LayerNormRows& b) {
    constexpr int W = SAM2TORCH_WIDTH;
    using F = Simd<W>::F;
    const int64_t n = b.width, whole = n / W * W, rest = n - whole;
    for (int64_t r = 0; r < b.rows; r++) {
        const uint16_t* x = b.x + r * n;
        F sums = {};
        for (int64_t i = 0; i < whole; i += W) {
            const F v = load<W>(x + i);
            store<W>(b.scratch + i, v);
            sums += v;
        }
        if (rest > 0) {
            const F v = load_some<W>(x + whole, rest);
            store_some<W>(b.scratch + whole, v, rest);
            sums += v;
        }
        const float mean = sum_of<W>(sums) / static_cast<float>(n);

        F squares = {};
        for (int64_t i = 0; i < whole; i += W) {
            const F v = load<W>(b.scratch + i) - mean;
            squares += v * v;
        }
        float variance = sum_of<W>(squares);
        for (int64_t i = whole; i < n; i++) {
            variance += (b.scratch[i] - mean) * (b.scratch[i] - mean);
        }
        const float rstd = 1.0f / sqrtf(variance / static_cast<float>(n) + b.eps);

        uint16_t* out = b.out + r * n;
        const F one = F{} + 1.0f, zero = {};
        for (int64_t i = 0; i < n; i += W) {
            const F weight = b.weight ? load_some<W>(b.weight + i, n - i) : one;
            const F bias = b.bias ? load_some<W>(b.bias + i, n - i) : zero;
            store_some<W>(out + i, (load_some<W>(b.scratch + i, n - i) - mean) * rstd * weight + bias, n - i);
        }
        b.mean[r] = narrow(mean);
        b.rstd[r] = narrow(rstd);
    }
}

}  // namespace sam2torch
