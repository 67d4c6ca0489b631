// sam2torch::attention_in_training(query, key, value, dropout): softmax(Q Kᵀ / √d) V with dropout of the weights and with
// gradients, for float32 on the CPU, without keeping the weights: the backward pass computes them again, a few megabytes at a
// time (Dao et al., "FlashAttention", 2022). The plain formula keeps them three times: 2.3 GB of the 11 of a training step
// of SAM 2.1 tiny on 8 frames at 512×512.
//
// query [..., N, d], key [..., M, d], value [..., M, dv] -> [..., N, dv], laid out as [..., N, heads, dv] in memory. The
// operands may be slices of a fused projection; nothing of them is copied or kept but the operands themselves.

#include "attention_training_block.h"
#include "dropout_block.h"

#include <ATen/ATen.h>
#include <ATen/ExpandUtils.h>
#include <ATen/Parallel.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace sam2torch {
namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

const auto attention_weights = SAM2TORCH_SELECT(attention_weights);
const auto attention_gradients = SAM2TORCH_SELECT(attention_gradients);

// Scores that are computed at a time, in floats: as many as stay in the last-level cache.
constexpr int64_t kScores = 1 << 22;

// [..., N, d] as [B, heads, N, d].
Tensor as_batch(const Tensor& t, const std::vector<int64_t>& leading) {
    auto sizes = leading;
    sizes.insert(sizes.end(), {t.size(-2), t.size(-1)});
    const Tensor expanded = t.expand(sizes);
    const int64_t heads = leading.empty() ? 1 : leading.back();
    return expanded.reshape({-1, heads, t.size(-2), t.size(-1)});
}

// A tensor [B, heads, N, d] whose heads lie side by side.
Tensor empty_batch(const Tensor& like, int64_t width) {
    return at::empty({like.size(0), like.size(2), like.size(1), width}, like.options()).transpose(1, 2);
}

// One product at a time: either some rows of one head, or all rows of several batch entries.
struct Piece {
    int64_t batch, batches, head, heads, row, rows;

    // [batches * heads, rows, width]; a copy only of several heads at once, which no strides describe.
    Tensor queries(const Tensor& t) const { return matrices(t.narrow(2, row, rows)); }

    Tensor matrices(const Tensor& t) const {
        const Tensor part = t.narrow(0, batch, batches).narrow(1, head, heads);
        return heads == 1 ? part.squeeze(1) : part.reshape({batches * heads, t.size(2), t.size(3)});
    }

    // Rows of all pieces are numbered through, for dropout.
    int64_t first_row(const Tensor& q) const { return ((batch * q.size(1)) + head) * q.size(2) + row; }
};

std::vector<Piece> pieces(const Tensor& q, int64_t keys) {
    const int64_t batch = q.size(0), heads = q.size(1), rows = q.size(2), scores = rows * keys;
    std::vector<Piece> result;
    if (scores * heads <= kScores / 2) {
        const int64_t step = std::max<int64_t>(1, kScores / (scores * heads));
        for (int64_t b = 0; b < batch; b += step) {
            result.push_back({b, std::min(step, batch - b), 0, heads, 0, rows});
        }
        return result;
    }
    // At least 64 rows, as fewer make products inefficient; a power of two, so that keys of any number make few different
    // products, each of which oneDNN compiles.
    int64_t step = 64;
    while (2 * step * keys <= kScores) {
        step *= 2;
    }
    for (int64_t b = 0; b < batch; b++) {
        for (int64_t h = 0; h < heads; h++) {
            for (int64_t r = 0; r < rows; r += step) {
                result.push_back({b, 1, h, 1, r, std::min(step, rows - r)});
            }
        }
    }
    return result;
}

AttentionRows settings(const Tensor& q, double p, uint64_t seed) {
    AttentionRows rows{};
    const double scale = 1 / std::sqrt(static_cast<double>(q.size(-1)));
    rows.scale = static_cast<float>(scale * 1.4426950408889634);
    rows.gradient_scale = static_cast<float>(scale);
    rows.seed = seed;
    rows.threshold = p > 0 ? dropout_threshold(p) : 0;
    rows.kept_scale = static_cast<float>(1 / (1 - p));
    return rows;
}

// Runs a kernel on the rows of scores [count, rows, keys].
template <typename Kernel>
void for_rows(const Kernel& kernel, const AttentionRows& block, const Tensor& scores, const Tensor& gradients, float* log_sums,
              const float* products, int64_t first_row) {
    const int64_t keys = scores.size(-1), rows = scores.numel() / keys;
    at::parallel_for(0, rows, std::max<int64_t>(1, (1 << 14) / keys), [&](int64_t begin, int64_t end) {
        AttentionRows part = block;
        part.scores = scores.data_ptr<float>() + begin * keys;
        part.gradients = gradients.defined() ? gradients.data_ptr<float>() + begin * keys : nullptr;
        part.log_sums = log_sums + begin;
        part.products = products == nullptr ? nullptr : products + begin;
        part.rows = end - begin;
        part.keys = keys;
        part.first_row = static_cast<uint64_t>(first_row + begin);
        kernel(part);
    });
}

// target = left right, or target += left right; target's matrices may be strided, or a copy to be written back.
void multiply(const Piece& piece, const Tensor& target, const Tensor& left, const Tensor& right, bool add) {
    Tensor matrices = piece.matrices(target);
    const bool in_place = piece.heads == 1;
    if (add) {
        matrices.baddbmm_(left, right);
    } else if (in_place) {
        at::bmm_out(matrices, left, right);
    } else {
        matrices = at::bmm(left, right);
    }
    if (!in_place) {
        const Tensor part = target.narrow(0, piece.batch, piece.batches).narrow(1, piece.head, piece.heads);
        part.copy_(matrices.view(part.sizes()));
    }
}

void multiply_rows(const Piece& piece, const Tensor& target, const Tensor& left, const Tensor& right) {
    multiply(piece, target.narrow(2, piece.row, piece.rows), left, right, false);
}

struct Batches {
    Tensor q, k, v;
    std::vector<int64_t> leading;

    Batches(const Tensor& query, const Tensor& key, const Tensor& value) {
        const auto sizes = [](const Tensor& t) { return t.sizes().slice(0, t.dim() - 2); };
        leading = at::infer_size(at::infer_size(sizes(query), sizes(key)), sizes(value));
        q = as_batch(query, leading);
        k = as_batch(key, leading);
        v = as_batch(value, leading);
    }

    // [B, heads, rows, width] with the leading dimensions of the arguments.
    Tensor result(const Tensor& t) const {
        auto sizes = leading;
        sizes.insert(sizes.end(), {t.size(2), t.size(3)});
        return t.reshape(sizes);
    }
};

std::tuple<Tensor, Tensor> forward_pass(const Tensor& query, const Tensor& key, const Tensor& value, double p, uint64_t seed) {
    const Batches b(query, key, value);
    const auto block = settings(b.q, p, seed);
    Tensor out = empty_batch(b.q, b.v.size(3));
    Tensor log_sums = at::empty({b.q.size(0), b.q.size(1), b.q.size(2)}, b.q.options());
    for (const Piece& piece : pieces(b.q, b.k.size(2))) {
        const Tensor scores = at::bmm(piece.queries(b.q), piece.matrices(b.k).transpose(1, 2));
        const int64_t row = piece.first_row(b.q);
        for_rows(attention_weights, block, scores, Tensor(), log_sums.data_ptr<float>() + row, nullptr, row);
        multiply_rows(piece, out, scores, piece.matrices(b.v));
    }
    return {b.result(out), log_sums};
}

tensor_list backward_pass(const tensor_list& saved, const Tensor& grad, double p, uint64_t seed) {
    const Tensor &query = saved[0], &key = saved[1], &value = saved[2];
    const Batches b(query, key, value);
    const Tensor out = as_batch(saved[3], b.leading), dout = as_batch(grad, b.leading), &log_sums = saved[4];
    const auto block = settings(b.q, p, seed);
    Tensor dq = empty_batch(b.q, b.q.size(3)), dk = empty_batch(b.k, b.k.size(3)), dv = empty_batch(b.v, b.v.size(3));
    // Summed over channels where they lie, then ordered as the rows are numbered.
    const Tensor products = (out * dout).sum(-1).contiguous();
    for (const Piece& piece : pieces(b.q, b.k.size(2))) {
        const Tensor queries = piece.queries(b.q), keys = piece.matrices(b.k), douts = piece.queries(dout);
        const Tensor scores = at::bmm(queries, keys.transpose(1, 2));
        const Tensor gradients = at::bmm(douts, piece.matrices(b.v).transpose(1, 2));
        const int64_t row = piece.first_row(b.q);
        for_rows(attention_gradients, block, scores, gradients, log_sums.data_ptr<float>() + row,
                 products.data_ptr<float>() + row, row);
        const bool add = piece.row > 0;
        multiply(piece, dv, scores.transpose(1, 2), douts, add);
        multiply(piece, dk, gradients.transpose(1, 2), queries, add);
        multiply_rows(piece, dq, gradients, keys);
    }
    return {at::sum_to(b.result(dq), query.sizes()), at::sum_to(b.result(dk), key.sizes()), at::sum_to(b.result(dv), value.sizes())};
}

// Gradients by differentiable operators, for gradients of gradients.
tensor_list differentiable_backward(const Tensor& query, const Tensor& key, const Tensor& value, const Tensor& grad) {
    const double scale = 1 / std::sqrt(static_cast<double>(query.size(-1)));
    const Tensor weights = at::softmax(at::matmul(query * scale, key.transpose(-2, -1)), -1);
    const Tensor dweights = at::matmul(grad, value.transpose(-2, -1));
    const Tensor dscores = weights * (dweights - (weights * dweights).sum(-1, true)) * scale;
    return {at::sum_to(at::matmul(dscores, key), query.sizes()),
            at::sum_to(at::matmul(dscores.transpose(-2, -1), query), key.sizes()),
            at::sum_to(at::matmul(weights.transpose(-2, -1), grad), value.sizes())};
}

struct Attention : torch::autograd::Function<Attention> {
    static Tensor forward(AutogradContext* ctx, const Tensor& query, const Tensor& key, const Tensor& value, double p, int64_t seed) {
        at::AutoDispatchBelowADInplaceOrView guard;
        auto [out, log_sums] = forward_pass(query, key, value, p, static_cast<uint64_t>(seed));
        ctx->save_for_backward({query, key, value, out, log_sums});
        ctx->saved_data["p"] = p;
        ctx->saved_data["seed"] = seed;
        return out;
    }

    static tensor_list backward(AutogradContext* ctx, tensor_list grads) {
        const auto saved = ctx->get_saved_variables();
        const double p = ctx->saved_data["p"].toDouble();
        tensor_list result;
        if (at::GradMode::is_enabled()) {
            TORCH_CHECK(p == 0, "attention with dropout can't be differentiated twice");
            result = differentiable_backward(saved[0], saved[1], saved[2], grads[0]);
        } else {
            result = backward_pass(saved, grads[0], p, static_cast<uint64_t>(ctx->saved_data["seed"].toInt()));
        }
        result.resize(5);
        return result;
    }
};

Tensor attention(const Tensor& query, const Tensor& key, const Tensor& value, double p) {
    TORCH_CHECK(p >= 0 && p < 1, "dropout has to be at least 0 and less than 1, but got ", p);
    return Attention::apply(query, key, value, p, p > 0 ? draw_seed() : 0);
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(sam2torch, m) {
    m.def("attention_in_training(Tensor query, Tensor key, Tensor value, float dropout) -> Tensor");
}

TORCH_LIBRARY_IMPL(sam2torch, CompositeImplicitAutograd, m) {
    m.impl("attention_in_training", attention);
}

}  // namespace sam2torch
