// dropout in training for float32 on the CPU: equal in distribution to libtorch's, many times faster, and without a mask in
// memory. libtorch 1.13 draws its masks one number after the other on one thread (in a training step of SAM 2.1 tiny 8 % of the
// time) and keeps them, with a product of their own, for the backward pass. Here the mask is a hash of one number that is drawn
// from libtorch's generator, and computed again where it is needed.

#include "dropout_block.h"
#include "override.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/ops/dropout_compositeimplicitautograd_dispatch.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <mutex>

namespace sam2torch {
namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

const auto dropout_block = SAM2TORCH_SELECT(dropout_block);

Tensor drop(const Tensor& input, double p, uint64_t seed) {
    constexpr int64_t kRow = 1 << 12;
    const Tensor x = input.contiguous();
    Tensor out = at::empty(x.sizes(), x.options());
    const auto* source = x.data_ptr<float>();
    auto* target = out.data_ptr<float>();
    const int64_t count = x.numel();
    const uint32_t threshold = dropout_threshold(p);
    const auto scale = static_cast<float>(1 / (1 - p));
    at::parallel_for(0, (count + kRow - 1) / kRow, 4, [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; row++) {
            const int64_t start = row * kRow;
            dropout_block(source + start, target + start, std::min(kRow, count - start), seed,
                          static_cast<uint64_t>(row), threshold, scale);
        }
    });
    return out;
}

// Linear in its input, so the gradient is the same function of the incoming gradient, and differentiable in turn.
struct Dropout : torch::autograd::Function<Dropout> {
    static Tensor forward(AutogradContext* ctx, const Tensor& x, double p, int64_t seed) {
        at::AutoDispatchBelowADInplaceOrView guard;
        ctx->saved_data["p"] = p;
        ctx->saved_data["seed"] = seed;
        return drop(x, p, static_cast<uint64_t>(seed));
    }

    static tensor_list backward(AutogradContext* ctx, tensor_list grads) {
        return {Dropout::apply(grads[0], ctx->saved_data["p"].toDouble(), ctx->saved_data["seed"].toInt()), Tensor(), Tensor()};
    }
};

Tensor dropout(const Tensor& x, double p, bool train) {
    const bool ours = train && p > 0 && p < 1 && x.numel() > 0 && x.scalar_type() == at::kFloat &&
        x.layout() == at::kStrided && x.device().is_cpu() && !x.is_nested();
    return ours ? Dropout::apply(x, p, draw_seed()) : at::compositeimplicitautograd::dropout(x, p, train);
}

const bool registered = override_aten(c10::DispatchKey::CompositeImplicitAutograd, [](torch::Library& m) {
    m.impl("dropout", dropout);
});

}  // namespace

int64_t draw_seed() {
    auto generator = at::detail::getDefaultCPUGenerator();
    std::lock_guard<std::mutex> lock(generator.mutex());
    return static_cast<int64_t>(at::check_generator<at::CPUGeneratorImpl>(generator)->random64());
}

}  // namespace sam2torch
