// Bodies of attention_weights_* and attention_gradients_*.

#include "attention_training_block.h"
#include "dropout_mask.inl"

namespace sam2torch {
namespace {

template <int W>
inline float largest(const float* x, int64_t count) {
    typename Simd<W>::F top = typename Simd<W>::F{} - __builtin_inff();
    int64_t i = 0;
    for (; i + W <= count; i += W) {
        const auto v = load<W>(x + i);
        top = v > top ? v : top;
    }
    float result = -__builtin_inff();
    for (int j = 0; j < W; j++) {
        result = top[j] > result ? top[j] : result;
    }
    for (; i < count; i++) {
        result = x[i] > result ? x[i] : result;
    }
    return result;
}

template <int W>
inline float sum(typename Simd<W>::F v) {
    float result = 0;
    for (int j = 0; j < W; j++) {
        result += v[j];
    }
    return result;
}

}  // namespace

void SAM2TORCH_NAME(attention_weights)(const AttentionRows& block) {
    constexpr int W = SAM2TORCH_WIDTH;
    using F = Simd<W>::F;
    const int64_t keys = block.keys;
    for (int64_t row = 0; row < block.rows; row++) {
        float* const x = block.scores + row * keys;
        const float top = largest<W>(x, keys) * block.scale;
        F sums = {};
        int64_t i = 0;
        for (; i + W <= keys; i += W) {
            const F power = exp2<W>(load<W>(x + i) * block.scale - top);
            sums += power;
            store<W>(x + i, power);
        }
        float total = 0;
        if (i < keys) {
            const F power = exp2<W>(load_some<W>(x + i, keys - i) * block.scale - top);
            store_some<W>(x + i, power, keys - i);
            for (int64_t j = i; j < keys; j++) {
                total += x[j];
            }
        }
        total += sum<W>(sums);
        block.log_sums[row] = top + __builtin_log2f(total);

        const float scale = (block.threshold == 0 ? 1 : block.kept_scale) / total;
        const DropoutRow words(block.seed, block.first_row + static_cast<uint64_t>(row));
        for (i = 0; i < keys; i += W) {
            F weight = load_some<W>(x + i, keys - i) * scale;
            if (block.threshold != 0) {
                weight = mask<W>(weight, kept<W>(words, i, block.threshold));
            }
            store_some<W>(x + i, weight, keys - i);
        }
    }
}

void SAM2TORCH_NAME(attention_gradients)(const AttentionRows& block) {
    constexpr int W = SAM2TORCH_WIDTH;
    using F = Simd<W>::F;
    const int64_t keys = block.keys;
    for (int64_t row = 0; row < block.rows; row++) {
        float* const x = block.scores + row * keys;
        float* const g = block.gradients + row * keys;
        const float log_sum = block.log_sums[row], product = block.products[row];
        const DropoutRow words(block.seed, block.first_row + static_cast<uint64_t>(row));
        for (int64_t i = 0; i < keys; i += W) {
            // Rounding may put the exponent a little above zero, where exp2 is as good as below.
            const F weight = exp2<W>(load_some<W>(x + i, keys - i) * block.scale - log_sum);
            F gradient = load_some<W>(g + i, keys - i), used = weight;
            if (block.threshold != 0) {
                const auto bits = kept<W>(words, i, block.threshold);
                gradient = mask<W>(gradient * block.kept_scale, bits);
                used = mask<W>(weight * block.kept_scale, bits);
            }
            store_some<W>(x + i, used, keys - i);
            store_some<W>(g + i, weight * (gradient - product) * block.gradient_scale, keys - i);
        }
    }
}

}  // namespace sam2torch
