// Transposed 2-D convolution with kernel = stride and no padding (learned upsampling) on the CPU as one product.
//
// Every input pixel then makes a kernel-sized patch of its own: y = Wᵀ x per pixel, and the patches are laid side by
// side. libtorch 1.13 multiplies through its BLAS and scatters with col2im. Measured in the SAM 2.1 mask decoder, one
// thread, in units of one 2048³ product: 1.8 → 0.17 for one prompt (both layers), 30 → 3.6 for sixteen.
//
// Everything else goes to libtorch's kernel.

#include "override.h"

#include <ATen/ATen.h>
#include <ATen/ops/slow_conv_transpose2d_cpu_dispatch.h>

#include <algorithm>

namespace sam2torch {
namespace {

using at::IntArrayRef;
using at::Tensor;

bool all_equal(IntArrayRef values, int64_t value) {
    return std::all_of(values.begin(), values.end(), [value](int64_t v) { return v == value; });
}

Tensor conv_transpose2d(const Tensor& x, const Tensor& weight, IntArrayRef kernel, const c10::optional<Tensor>& bias,
                        IntArrayRef stride, IntArrayRef padding, IntArrayRef output_padding, IntArrayRef dilation) {
    const bool ours = x.dim() == 4 && weight.dim() == 4 && x.numel() > 0 && weight.numel() > 0 &&
        (x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16) &&
        weight.scalar_type() == x.scalar_type() && x.size(1) == weight.size(0) && kernel.size() == 2 &&
        weight.size(2) == kernel[0] && weight.size(3) == kernel[1] && stride.equals(kernel) &&
        all_equal(padding, 0) && all_equal(output_padding, 0) && all_equal(dilation, 1) &&
        (!bias.has_value() || !bias->defined() || (bias->dim() == 1 && bias->size(0) == weight.size(1)));
    if (!ours) {
        return at::cpu::slow_conv_transpose2d(x, weight, kernel, bias, stride, padding, output_padding, dilation);
    }
    const int64_t batch = x.size(0), channels = x.size(1), height = x.size(2), width = x.size(3);
    const int64_t out = weight.size(1), kh = kernel[0], kw = kernel[1];
    const Tensor taps = weight.reshape({channels, out * kh * kw}).t().expand({batch, out * kh * kw, channels});
    const Tensor patches = at::bmm(taps, x.reshape({batch, channels, height * width}));
    Tensor result = patches.view({batch, out, kh, kw, height, width})
                        .permute({0, 1, 4, 2, 5, 3})
                        .reshape({batch, out, height * kh, width * kw});
    if (bias.has_value() && bias->defined()) {
        result.add_(bias->view({1, out, 1, 1}));
    }
    return result;
}

const bool registered = override_aten(c10::DispatchKey::CPU, [](torch::Library& m) {
    m.impl("slow_conv_transpose2d", conv_transpose2d);
});

}  // namespace
}  // namespace sam2torch
