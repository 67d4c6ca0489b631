// Vectors of W floats by the compiler's vector extension, and what several kernels do with them. Included by one
// source file per instruction set (cpu_*.cpp), all in an unnamed namespace, so that code compiled for one
// instruction set never serves another.
#pragma once

#include <stdint.h>
#include <string.h>

namespace sam2torch {
namespace {

template <int W>
struct Simd {
    typedef float F __attribute__((vector_size(W * 4)));
    typedef int32_t I __attribute__((vector_size(W * 4)));
    typedef uint32_t U __attribute__((vector_size(W * 4)));
    typedef uint16_t H __attribute__((vector_size(W * 2)));
    typedef float Unaligned __attribute__((vector_size(W * 4), aligned(4), may_alias));
    typedef uint16_t UnalignedHalf __attribute__((vector_size(W * 2), aligned(2), may_alias));
};

template <int W>
inline typename Simd<W>::F load(const float* p) {
    return *reinterpret_cast<const typename Simd<W>::Unaligned*>(p);
}

template <int W>
inline void store(float* p, typename Simd<W>::F v) {
    *reinterpret_cast<typename Simd<W>::Unaligned*>(p) = v;
}

// bfloat16, held as its bits, to float32 and back (to nearest even; every NaN becomes the same one).
template <int W>
inline typename Simd<W>::F load(const uint16_t* p) {
    using S = Simd<W>;
    const typename S::H bits = *reinterpret_cast<const typename S::UnalignedHalf*>(p);
    return (typename S::F)(__builtin_convertvector(bits, typename S::U) << 16);
}

template <int W>
inline void store(uint16_t* p, typename Simd<W>::F v) {
    using S = Simd<W>;
    using U = typename S::U;
    const U word = (U)v;
    const U rounded = (word + 0x7fffu + ((word >> 16) & 1u)) >> 16;
    const U bits = (word & 0x7fffffffu) > 0x7f800000u ? U{} + 0x7fc0u : rounded;
    *reinterpret_cast<typename S::UnalignedHalf*>(p) = __builtin_convertvector(bits, typename S::H);
}

inline float widen(uint16_t bits) {
    const uint32_t word = static_cast<uint32_t>(bits) << 16;
    float value;
    memcpy(&value, &word, sizeof value);
    return value;
}

inline uint16_t narrow(float value) {
    uint32_t word;
    memcpy(&word, &value, sizeof word);
    if ((word & 0x7fffffffu) > 0x7f800000u) {
        return 0x7fc0;  // NaN
    }
    return static_cast<uint16_t>((word + 0x7fffu + ((word >> 16) & 1u)) >> 16);
}

// `count` ≤ W numbers, the rest zero.
template <int W>
inline typename Simd<W>::F load_some(const float* p, int64_t count) {
    if (count >= W) {
        return load<W>(p);
    }
    typename Simd<W>::F v = {};
    for (int64_t i = 0; i < count; i++) {
        v[i] = p[i];
    }
    return v;
}

template <int W>
inline typename Simd<W>::F load_some(const uint16_t* p, int64_t count) {
    if (count >= W) {
        return load<W>(p);
    }
    typename Simd<W>::F v = {};
    for (int64_t i = 0; i < count; i++) {
        v[i] = widen(p[i]);
    }
    return v;
}

template <int W>
inline void store_some(float* p, typename Simd<W>::F v, int64_t count) {
    if (count >= W) {
        store<W>(p, v);
        return;
    }
    for (int64_t i = 0; i < count; i++) {
        p[i] = v[i];
    }
}

template <int W>
inline void store_some(uint16_t* p, typename Simd<W>::F v, int64_t count) {
    if (count >= W) {
        store<W>(p, v);
        return;
    }
    for (int64_t i = 0; i < count; i++) {
        p[i] = narrow(v[i]);
    }
}

// In-place transposition of a W × W matrix held in W vectors: log2(W) stages that swap off-diagonal blocks.
template <int W, int H>
inline void transpose_stage(typename Simd<W>::F* r) {
    using I = typename Simd<W>::I;
    I low, high;
    for (int i = 0; i < W; i++) {
        low[i] = (i & H) ? W + i - H : i;
        high[i] = (i & H) ? W + i : i + H;
    }
#pragma GCC unroll 16
    for (int i = 0; i < W; i++) {
        if ((i & H) == 0) {
            const auto a = r[i], b = r[i + H];
#if defined(__clang__)
            for (int j = 0; j < W; j++) {
                r[i][j] = low[j] < W ? a[low[j]] : b[low[j] - W];
                r[i + H][j] = high[j] < W ? a[high[j]] : b[high[j] - W];
            }
#else
            r[i] = __builtin_shuffle(a, b, low);
            r[i + H] = __builtin_shuffle(a, b, high);
#endif
        }
    }
}

template <int W>
inline void transpose(typename Simd<W>::F* r) {
    transpose_stage<W, 1>(r);
    if constexpr (W > 2) transpose_stage<W, 2>(r);
    if constexpr (W > 4) transpose_stage<W, 4>(r);
    if constexpr (W > 8) transpose_stage<W, 8>(r);
}

// 2^x for x ≤ 0, relative error 1.5e-7; NaN stays NaN. 2^f on [-½, ½] by a minimax polynomial.
template <int W>
inline typename Simd<W>::F exp2(typename Simd<W>::F x) {
    using F = typename Simd<W>::F;
    using I = typename Simd<W>::I;
    const F lowest = F{} - 126.0f, magic = F{} + 12582912.0f;  // 1.5 · 2^23: rounds to an integer in the low bits
    x = x < lowest ? lowest : x;
    const F shifted = x + magic;
    const F f = x - (shifted - magic);
    F p = f * 0.001327647129073739f + 0.009675540961325169f;
    p = p * f + 0.05550713092088699f;
    p = p * f + 0.24022120237350464f;
    p = p * f + 0.6931469440460205f;
    p = p * f + 1.0000001192092896f;
    return (F)((I)p + ((I)shifted << 23));
}

}  // namespace
}  // namespace sam2torch
