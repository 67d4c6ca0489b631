// linear with a bias over inputs of any number of dimensions as one addmm.
//
// libtorch 1.13 does so for two and three dimensions only; with four, as in windowed attention over [B, H, W, C], it
// multiplies and then adds the bias in a second pass over the result. In the SAM 2.1 tiny encoder those passes cost
// 3.3 times one 2048³ product.
//
// Built from differentiable operators and registered for all devices, like the original.

#include "override.h"

#include <ATen/ATen.h>
#include <ATen/ops/linear_compositeimplicitautograd_dispatch.h>

namespace sam2torch {
namespace {

using at::Tensor;

Tensor linear(const Tensor& input, const Tensor& weight, const c10::optional<Tensor>& bias) {
    const bool ours = bias.has_value() && bias->defined() && bias->dim() == 1 && weight.dim() == 2 && input.dim() > 2 &&
        input.layout() == at::kStrided && !input.is_nested() && input.device().is_cpu() && input.numel() > 0 &&
        weight.numel() > 0 && input.size(-1) == weight.size(1) && bias->size(0) == weight.size(0);
    if (!ours) {
        return at::compositeimplicitautograd::linear(input, weight, bias);
    }
    auto sizes = input.sizes().vec();
    sizes.back() = weight.size(0);
    return at::addmm(*bias, input.reshape({-1, weight.size(1)}), weight.t()).view(sizes);
}

const bool registered = override_aten(c10::DispatchKey::CompositeImplicitAutograd, [](torch::Library& m) {
    m.impl("linear", linear);
});

}  // namespace
}  // namespace sam2torch
