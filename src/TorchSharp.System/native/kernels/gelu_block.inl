// Body of gelu_block_*: x Φ(x), Φ the normal distribution function.
//
// Φ(x) = ½ + x Q(x² / 16 - 1) on |x| ≤ 4√2, with Q the polynomial of degree 15 whose largest absolute error over that
// range is least (1.1e-8); beyond, Φ is 0 or 1 to float32's precision. Against double precision x Φ(x) is off by
// at most 1.4e-7 · max(1, |x|), about what rounding ½ (1 + erf(x / √2)) costs.

#include "gelu_block.h"
#include "simd.inl"

namespace sam2torch {
namespace {

template <int W>
inline typename Simd<W>::F gelu(typename Simd<W>::F x) {
    using F = typename Simd<W>::F;
    constexpr float kQ[] = {
        0.12499208003282547f,  -0.062429144978523254f, 0.04655466973781586f,   -0.03808064013719559f,
        0.03188285231590271f,  -0.026427466422319412f, 0.021264830604195595f,  -0.01615619845688343f,
        0.011312986724078655f, -0.00795846525579691f,  0.005896802991628647f,  -0.0031409128569066525f,
        0.0007432688144035637f, -0.0006859427667222917f, 0.0010177786462008953f, -0.00039815183845348656f};
    const F edge = F{} + 5.65685425f, zero = {}, one = zero + 1.0f;
    // Comparisons are written so that NaN takes the branch that keeps it.
    F inner = x < -edge ? -edge : x;
    inner = inner > edge ? edge : inner;
    const F u = inner * inner * 0.0625f - 1.0f;
    F q = zero + kQ[15];
#pragma GCC unroll 16
    for (int i = 14; i >= 0; i--) {
        q = q * u + kQ[i];
    }
    F phi = q * inner + 0.5f;
    phi = x <= -edge ? zero : phi;
    phi = x >= edge ? one : phi;
    return x * phi;
}

template <class T>
inline void gelu_all(const T* x, T* out, int64_t count) {
    constexpr int W = SAM2TORCH_WIDTH;
    int64_t i = 0;
    for (; i + W <= count; i += W) {
        store<W>(out + i, gelu<W>(load<W>(x + i)));
    }
    if (i < count) {
        store_some<W>(out + i, gelu<W>(load_some<W>(x + i, count - i)), count - i);
    }
}

}  // namespace

void SAM2TORCH_NAME(gelu_block)(const float* x, float* out, int64_t count) { gelu_all(x, out, count); }

void SAM2TORCH_NAME(gelu_block_bf16)(const uint16_t* x, uint16_t* out, int64_t count) { gelu_all(x, out, count); }

}  // namespace sam2torch
