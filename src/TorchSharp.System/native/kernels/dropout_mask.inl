// Which elements dropout drops: a hash of seed, row and column, so that the backward pass finds the same ones again and no
// mask has to be kept.
#pragma once

#include "simd.inl"

namespace sam2torch {
namespace {

// Two words of a row that depend on every bit of the seed and of the row's index (SplitMix64).
struct DropoutRow {
    uint32_t first, second;

    DropoutRow(uint64_t seed, uint64_t row) {
        uint64_t z = seed + row * 0x9E3779B97F4A7C15u;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
        z ^= z >> 31;
        first = static_cast<uint32_t>(z);
        second = static_cast<uint32_t>(z >> 32);
    }
};

// All bits set where the elements `column`, `column` + 1, … are kept: with probability 1 - threshold / 2^32.
// The mixing steps are those of Wellons' hash "lowbias32".
template <int W>
inline typename Simd<W>::I kept(const DropoutRow& row, int64_t column, uint32_t threshold) {
    using U = typename Simd<W>::U;
    U x;
    for (int i = 0; i < W; i++) {
        x[i] = static_cast<uint32_t>(i);
    }
    x = (x + static_cast<uint32_t>(column)) * 0x9E3779B1u + row.first;
    x = (x ^ (x >> 16)) * 0x7FEB352Du ^ row.second;
    x = (x ^ (x >> 15)) * 0x846CA68Bu;
    x ^= x >> 16;
    return (typename Simd<W>::I)(x >= threshold);
}

template <int W>
inline typename Simd<W>::F mask(typename Simd<W>::F x, typename Simd<W>::I bits) {
    return (typename Simd<W>::F)((typename Simd<W>::I)x & bits);
}

}  // namespace
}  // namespace sam2torch
