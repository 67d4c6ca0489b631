// gelu (the exact one) for float32 and bfloat16 on the CPU, in place of libtorch's: equal to rounding and
// faster. Measured in the SAM 2.1 tiny encoder, one thread: 1.6 → 1.15 times one 2048³ product.

#include "gelu_block.h"
#include "override.h"

#include <ATen/ATen.h>
#include <ATen/MemoryOverlap.h>
#include <ATen/Parallel.h>
#include <ATen/native/Resize.h>
#include <ATen/ops/gelu_backward_cpu_dispatch.h>
#include <ATen/ops/gelu_cpu_dispatch.h>

namespace sam2torch {
namespace {

using at::Tensor;

const auto gelu_block = SAM2TORCH_SELECT(gelu_block);
const auto gelu_block_bf16 = SAM2TORCH_SELECT(gelu_block_bf16);

// `approximate` is 'none' and every element of the tensor lies in one dense piece of memory.
bool is_ours(const Tensor& x, c10::string_view approximate) {
    return approximate == "none" && (x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16) &&
        x.layout() == at::kStrided && x.is_non_overlapping_and_dense();
}

void run(const Tensor& x, const Tensor& out) {
    const bool wide = x.scalar_type() == at::kFloat;
    const void* source = x.data_ptr();
    void* target = out.data_ptr();
    at::parallel_for(0, x.numel(), 1 << 14, [&](int64_t begin, int64_t end) {
        if (wide) {
            gelu_block(static_cast<const float*>(source) + begin, static_cast<float*>(target) + begin, end - begin);
        } else {
            gelu_block_bf16(static_cast<const uint16_t*>(source) + begin, static_cast<uint16_t*>(target) + begin,
                            end - begin);
        }
    });
}

Tensor gelu(const Tensor& x, c10::string_view approximate) {
    if (!is_ours(x, approximate)) {
        return at::cpu::gelu(x, approximate);
    }
    Tensor out = at::empty_strided(x.sizes(), x.strides(), x.options());
    run(x, out);
    return out;
}

Tensor& gelu_out(const Tensor& x, c10::string_view approximate, Tensor& out) {
    const bool same_memory = out.is_same(x) || at::get_overlap_status(out, x) == at::MemOverlapStatus::No;
    if (!is_ours(x, approximate) || out.scalar_type() != x.scalar_type() || out.sizes() != x.sizes() ||
        out.strides() != x.strides() || !same_memory) {
        return at::cpu::gelu_outf(x, approximate, out);
    }
    run(x, out);
    return out;
}

Tensor& gelu_(Tensor& x, c10::string_view approximate) {
    if (!is_ours(x, approximate)) {
        return at::cpu::gelu_(x, approximate);
    }
    run(x, x);
    return x;
}

// libtorch 1.13 leaves the gradient uninitialised where the incoming gradient and the input are laid out differently (it
// hands both to oneDNN as they are), so they are brought to one layout first.
Tensor gelu_gradient(const Tensor& grad, const Tensor& x, c10::string_view approximate) {
    return at::cpu::gelu_backward(grad.contiguous(), x.contiguous(), approximate);
}

Tensor& gelu_gradient_out(const Tensor& grad, const Tensor& x, c10::string_view approximate, Tensor& grad_input) {
    at::native::resize_output(grad_input, x.sizes());
    return grad_input.copy_(gelu_gradient(grad, x, approximate));
}

const bool registered = override_aten(c10::DispatchKey::CPU, [](torch::Library& m) {
    m.impl("gelu", gelu);
    m.impl("gelu.out", gelu_out);
    m.impl("gelu_", gelu_);
    m.impl("gelu_backward", gelu_gradient);
    m.impl("gelu_backward.grad_input", gelu_gradient_out);
});

}  // namespace
}  // namespace sam2torch
