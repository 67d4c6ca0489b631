// C = alpha * A B + beta * C (+ bias) by oneDNN, batched, for float32 and bfloat16 on the CPU.
#pragma once

#include <ATen/core/Tensor.h>

namespace sam2torch {

// A matrix or a batch of matrices in memory; strides in elements. A batch stride of 0 repeats one matrix.
struct MatrixView {
    void* data;
    int64_t batch, rows, cols;
    int64_t batch_stride, row_stride, col_stride;
};

// Epilogue of a product. `bias` (a row of `cols` elements, contiguous, same type) needs alpha = 1 and beta = 0.
struct Epilogue {
    float alpha = 1;
    float beta = 0;
    const void* bias = nullptr;
};

// True when rows or columns are contiguous and the leading dimension doesn't fold rows onto each other:
// what oneDNN's product kernels read without a copy.
bool is_plain(const MatrixView& m);

// False, with `c` untouched, when oneDNN has no optimised kernel for the case on this processor.
// `c` has contiguous columns and doesn't overlap `a` or `b`. No extent is zero.
bool onednn_gemm(at::ScalarType type, const MatrixView& a, const MatrixView& b, const MatrixView& c,
                 const Epilogue& epilogue);

}  // namespace sam2torch
