// Gradient mode, inference mode, gradients of a tensor, backward and grad.
#include "abi.h"

#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/api/include/torch/autograd.h>
#include <torch/csrc/autograd/anomaly_mode.h>

#include <vector>

using namespace tss;

namespace {

std::vector<at::Tensor> tensors(Handle* handles, int32_t count) {
  std::vector<at::Tensor> list;
  list.reserve(count);
  for (int32_t i = 0; i < count; i++) list.push_back(borrow(handles[i]));
  return list;
}

}  // namespace

TSS_EXPORT int32_t tss_grad_mode_enabled() { return c10::GradMode::is_enabled(); }
TSS_EXPORT void tss_grad_mode_set(int32_t enabled) { c10::GradMode::set_enabled(enabled != 0); }

TSS_EXPORT int32_t tss_inference_mode_enabled() { return c10::InferenceMode::is_enabled(); }
TSS_EXPORT int32_t tss_inference_mode_enter(int32_t enabled, void** guard_) {
  return guard([&] { *guard_ = new c10::InferenceMode(enabled != 0); });
}
// Must run on the thread that entered.
TSS_EXPORT void tss_inference_mode_leave(void* guard_) { delete static_cast<c10::InferenceMode*>(guard_); }

TSS_EXPORT int32_t tss_anomaly_enabled(int32_t* check_nan) {
  *check_nan = torch::autograd::AnomalyMode::should_check_nan();
  return torch::autograd::AnomalyMode::is_enabled();
}
TSS_EXPORT void tss_anomaly_set(int32_t enabled, int32_t check_nan) {
  torch::autograd::AnomalyMode::set_enabled(enabled != 0, check_nan != 0);
}

TSS_EXPORT int32_t tss_tensor_requires_grad(Handle handle, int32_t* result) {
  return guard([&] { *result = handle->requires_grad(); });
}
TSS_EXPORT int32_t tss_tensor_set_requires_grad(Handle handle, int32_t value) {
  return guard([&] { borrow(handle).requires_grad_(value != 0); });
}
TSS_EXPORT int32_t tss_tensor_is_leaf(Handle handle, int32_t* result) {
  return guard([&] { *result = borrow(handle).is_leaf(); });
}
TSS_EXPORT int32_t tss_tensor_retain_grad(Handle handle) {
  return guard([&] { borrow(handle).retain_grad(); });
}
// The accumulated gradient; null where there is none.
TSS_EXPORT int32_t tss_tensor_grad(Handle handle, Handle* result) {
  return guard([&] { *result = release(borrow(handle).grad()); });
}
TSS_EXPORT int32_t tss_tensor_set_grad(Handle handle, Handle grad) {
  return guard([&] { borrow(handle).mutable_grad() = borrow(grad); });
}

// `grad_count` and `input_count` may be 0: gradients of ones, and all leaves.
TSS_EXPORT int32_t tss_backward(Handle* outputs, int32_t count, Handle* grads, int32_t grad_count,
                                int32_t retain_graph, int32_t create_graph, Handle* inputs, int32_t input_count) {
  return guard([&] {
    torch::autograd::backward(tensors(outputs, count), tensors(grads, grad_count), retain_graph != 0,
                              create_graph != 0, tensors(inputs, input_count));
  });
}

TSS_EXPORT int32_t tss_grad(Handle* outputs, int32_t count, Handle* inputs, int32_t input_count, Handle* grads,
                            int32_t grad_count, int32_t retain_graph, int32_t create_graph, int32_t allow_unused,
                            Handle* results) {
  return guard([&] {
    auto gradients = torch::autograd::grad(tensors(outputs, count), tensors(inputs, input_count),
                                           tensors(grads, grad_count), retain_graph != 0, create_graph != 0,
                                           allow_unused != 0);
    for (size_t i = 0; i < gradients.size(); i++) results[i] = release(std::move(gradients[i]));
  });
}
