// sam2torch::scaled_dot_product_attention(query, key, value): softmax(Q Kᵀ / √d) V without the score matrix.
//
// query [..., N, d], key [..., M, d], value [..., M, dv] -> [..., N, dv]; leading dimensions broadcast.
// float32 and bfloat16 (sums and softmax in float32) on the CPU take the fused kernel; other types and devices, and
// calls that autograd records, take the plain formula.
//
// What hits the fast path without a copy: the last dimension contiguous, everything else with any strides, so
// that query, key and value may be slices of one fused projection [B, N, 3, heads, d]. The result is laid out as
// [B, N, heads, dv] in memory, so that the usual `.transpose(1, 2).reshape(B, N, heads * dv)` after it is free.
// dv may differ from d. Memory beside the result: a few hundred kB per thread, whatever N and M.

#include "attention_block.h"
#include "cpu.h"

#include <ATen/ATen.h>
#include <ATen/ExpandUtils.h>
#include <ATen/Parallel.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/library.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <memory>

namespace sam2torch {
namespace {

using at::Tensor;

void check(const Tensor& query, const Tensor& key, const Tensor& value) {
    TORCH_CHECK(query.dim() >= 2 && key.dim() >= 2 && value.dim() >= 2,
                "scaled_dot_product_attention: query, key and value need at least two dimensions, got ",
                query.sizes(), ", ", key.sizes(), " and ", value.sizes());
    TORCH_CHECK(query.size(-1) == key.size(-1), "scaled_dot_product_attention: query ", query.sizes(), " and key ",
                key.sizes(), " must have the same last dimension");
    TORCH_CHECK(key.size(-2) == value.size(-2), "scaled_dot_product_attention: key ", key.sizes(), " and value ",
                value.sizes(), " must have the same number of rows");
    TORCH_CHECK(query.scalar_type() == key.scalar_type() && query.scalar_type() == value.scalar_type(),
                "scaled_dot_product_attention: query, key and value must have one type, got ", query.scalar_type(),
                ", ", key.scalar_type(), " and ", value.scalar_type());
}

Tensor plain_attention(const Tensor& query, const Tensor& key, const Tensor& value) {
    check(query, key, value);
    const double scale = query.size(-1) > 0 ? 1 / std::sqrt(static_cast<double>(query.size(-1))) : 1;
    return at::matmul(at::softmax(at::matmul(query * scale, key.transpose(-2, -1)), -1), value);
}

const auto attention_block = SAM2TORCH_SELECT(attention_block);

using AttentionKernel = void (*)(const AttentionBlock&);

// bfloat16 in pairs takes 0.28 s of SAM 2.1 tiny's encoder, widened 0.46 s (two threads).
AttentionKernel kernel_for(const Tensor& query) {
#if defined(__x86_64__)
    static const bool pairs = multiplies_pairs();
    if (pairs && query.scalar_type() == at::kBFloat16 && query.size(-1) % 2 == 0 && query.stride(-2) % 2 == 0) {
        return attention_block_pairs;
    }
#endif
    return attention_block;
}

// Queries per block: as many as keep their transposed copy and the result in the second-level cache (half a
// megabyte), so that keys and values are read from further away as seldom as possible; fewer when the threads
// would otherwise get uneven shares.
int64_t queries_per_block(int64_t queries, int64_t batch, int64_t d, int64_t dv, int64_t threads) {
    constexpr int64_t kStep = 32, kFloats = 128 << 10;
    int64_t rows = std::max(kStep, kFloats / std::max<int64_t>(1, d + dv) / kStep * kStep);
    rows = std::min<int64_t>(rows, 1024);
    while (rows > 2 * kStep && batch * ((queries + rows - 1) / rows) < 4 * threads) {
        rows = std::max(kStep, rows / 2 / kStep * kStep);
    }
    return rows;
}

Tensor rows_contiguous(const Tensor& t) {
    return t.size(-1) == 1 || t.stride(-1) == 1 ? t : t.contiguous();
}

int64_t offset(at::IntArrayRef sizes, at::IntArrayRef strides, int64_t batch_dims, int64_t index) {
    int64_t result = 0;
    for (int64_t i = batch_dims - 1; i >= 0; i--) {
        result += index % sizes[i] * strides[i];
        index /= sizes[i];
    }
    return result;
}

Tensor fused_attention(const Tensor& query, const Tensor& key, const Tensor& value) {
    check(query, key, value);
    const auto type = query.scalar_type();
    if ((type != at::kFloat && type != at::kBFloat16) || query.size(-1) == 0) {
        return plain_attention(query, key, value);
    }
    const int64_t n = query.size(-2), m = key.size(-2), d = query.size(-1), dv = value.size(-1);
    const auto leading = [](const Tensor& t) { return t.sizes().slice(0, t.dim() - 2); };
    const auto batch_sizes = at::infer_size(at::infer_size(leading(query), leading(key)), leading(value));
    const auto expand = [&](const Tensor& t) {
        std::vector<int64_t> sizes(batch_sizes.begin(), batch_sizes.end());
        sizes.push_back(t.size(-2));
        sizes.push_back(t.size(-1));
        return rows_contiguous(t).expand(sizes);
    };
    const Tensor q = expand(query), k = expand(key), v = expand(value);

    std::vector<int64_t> sizes(batch_sizes.begin(), batch_sizes.end());
    const int64_t batch_dims = static_cast<int64_t>(sizes.size());
    Tensor out;
    if (batch_dims >= 2) {
        const int64_t heads = sizes.back();
        sizes.back() = n;
        sizes.push_back(heads);
        sizes.push_back(dv);
        out = at::empty(sizes, query.options()).transpose(-3, -2);
    } else {
        sizes.push_back(n);
        sizes.push_back(dv);
        out = at::empty(sizes, query.options());
    }
    if (out.numel() == 0) {
        return out;
    }
    if (m == 0) {
        return out.zero_();  // an empty sum, as the plain formula has it
    }

    int64_t batch = 1;
    for (const int64_t size : batch_sizes) {
        batch *= size;
    }
    const int64_t threads = at::get_num_threads();
    const int64_t rows = queries_per_block(n, batch, d, dv, threads);
    const int64_t blocks = (n + rows - 1) / rows, items = batch * blocks;
    const int64_t bytes = static_cast<int64_t>(query.element_size());
    const auto at_byte = [](const Tensor& t, int64_t byte) {
        return static_cast<char*>(t.data_ptr()) + byte;
    };
    const auto kernel = kernel_for(q);
    std::atomic<int64_t> next{0};
    // Items are handed out one at a time: a thread that is held up by other work on the machine takes fewer.
    const auto work = [&] {
        const size_t floats = attention_scratch(std::min(rows, n), m, d, dv);
        std::unique_ptr<float[]> memory(new float[floats + 16]);
        const auto address = (reinterpret_cast<uintptr_t>(memory.get()) + 63) & ~uintptr_t(63);
        for (int64_t item = next++; item < items; item = next++) {
            const int64_t index = item / blocks, start = item % blocks * rows;
            AttentionBlock block;
            block.type = type == at::kFloat ? AttentionType::kFloat32 : AttentionType::kBFloat16;
            block.query = at_byte(q, bytes * (offset(q.sizes(), q.strides(), batch_dims, index) + start * q.stride(-2)));
            block.key = at_byte(k, bytes * offset(k.sizes(), k.strides(), batch_dims, index));
            block.value = at_byte(v, bytes * offset(v.sizes(), v.strides(), batch_dims, index));
            block.output =
                at_byte(out, bytes * (offset(out.sizes(), out.strides(), batch_dims, index) + start * out.stride(-2)));
            block.queries = std::min(rows, n - start);
            block.keys = m;
            block.d = d;
            block.dv = dv;
            block.query_row = q.stride(-2);
            block.key_row = k.stride(-2);
            block.value_row = v.stride(-2);
            block.output_row = out.stride(-2);
            block.scale = static_cast<float>(1.4426950408889634 / std::sqrt(static_cast<double>(d)));
            block.scratch = reinterpret_cast<float*>(address);
            kernel(block);
        }
    };
    if (items == 1 || threads == 1 || at::in_parallel_region()) {
        work();
    } else {
        at::parallel_for(0, std::min(threads, items), 1, [&](int64_t, int64_t) { work(); });
    }
    return out;
}

Tensor attention_with_gradient(const Tensor& query, const Tensor& key, const Tensor& value) {
    if (at::GradMode::is_enabled() && (query.requires_grad() || key.requires_grad() || value.requires_grad())) {
        return plain_attention(query, key, value);
    }
    at::AutoDispatchBelowADInplaceOrView guard;
    static const auto op = c10::Dispatcher::singleton()
                               .findSchemaOrThrow("sam2torch::scaled_dot_product_attention", "")
                               .typed<Tensor(const Tensor&, const Tensor&, const Tensor&)>();
    return op.call(query, key, value);
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(sam2torch, m) {
    m.def("scaled_dot_product_attention(Tensor query, Tensor key, Tensor value) -> Tensor");
}

TORCH_LIBRARY_IMPL(sam2torch, CompositeExplicitAutograd, m) {
    m.impl("scaled_dot_product_attention", plain_attention);
}

TORCH_LIBRARY_IMPL(sam2torch, CPU, m) {
    m.impl("scaled_dot_product_attention", fused_attention);
}

TORCH_LIBRARY_IMPL(sam2torch, Autograd, m) {
    m.impl("scaled_dot_product_attention", attention_with_gradient);
}

}  // namespace sam2torch
