// Autograd functions written in .NET: a graph node that calls back for its gradients.
#include "abi.h"

#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/saved_variable.h>

#include <stdexcept>
#include <string>
#include <unordered_set>
#include <vector>

using namespace tss;
using torch::autograd::Node;
using torch::autograd::SavedVariable;
using torch::autograd::variable_list;

namespace {

thread_local std::string callback_error;

// Gradients of the outputs in (owned by the callee, null for none), gradients of the tensor inputs out. 0 for success.
using Backward = int32_t (*)(void* context, void* node, Handle* grads, int32_t count, Handle* results, int32_t wanted);
using Free = void (*)(void* context);

struct ManagedNode : Node {
  ManagedNode(void* context, Backward backward, Free free) : context(context), backward(backward), free(free) {}
  ~ManagedNode() override { free(context); }

  variable_list apply(variable_list&& grads) override {
    std::vector<Handle> handles, results(num_outputs(), nullptr);
    for (auto& grad : grads) handles.push_back(release(std::move(grad)));
    if (backward(context, this, handles.data(), handles.size(), results.data(), results.size()) != 0)
      throw std::runtime_error(callback_error);
    variable_list list;
    for (Handle result : results)
      list.push_back(result == nullptr ? at::Tensor()
          : at::Tensor(c10::intrusive_ptr<at::TensorImpl, at::UndefinedTensorImpl>::reclaim(result)));
    return list;
  }

  void release_variables() override { saved.clear(); }

  std::string name() const override { return "ManagedFunction"; }

  void* context;
  Backward backward;
  Free free;
  std::vector<SavedVariable> saved;
};

using NodePtr = std::shared_ptr<ManagedNode>;

variable_list tensors(Handle* handles, int32_t count) {
  variable_list list;
  for (int32_t i = 0; i < count; i++) list.push_back(borrow(handles[i]));
  return list;
}

std::unordered_set<at::TensorImpl*> set_of(Handle* handles, int32_t count) { return {handles, handles + count}; }

}  // namespace

// Begins a call: `recorded` says whether the function becomes a part of the graph.
TSS_EXPORT int32_t tss_function_begin(void* context, Backward backward, Free free, Handle* inputs, int32_t count,
                                      NodePtr** result, int32_t* recorded) {
  return guard([&] {
    NodePtr node(new ManagedNode(context, backward, free), torch::autograd::deleteNode);
    const auto variables = tensors(inputs, count);
    *recorded = c10::GradMode::is_enabled() && torch::autograd::any_variable_requires_grad(variables);
    if (*recorded) node->set_next_edges(torch::autograd::collect_next_edges(variables));
    node->clear_input_metadata();
    *result = new NodePtr(std::move(node));
  });
}

// Ends a call: connects the outputs to the node and keeps the tensors for backward. Results replace the outputs.
TSS_EXPORT int32_t tss_function_finish(NodePtr* node_, int32_t recorded, Handle* inputs, int32_t input_count,
                                       Handle* outputs, int32_t output_count, Handle* dirty, int32_t dirty_count,
                                       Handle* constants, int32_t constant_count, Handle* saved, int32_t saved_count,
                                       Handle* results) {
  return guard([&] {
    const NodePtr& node = *node_;
    std::vector<c10::optional<at::Tensor>> raw;
    for (auto& output : tensors(outputs, output_count)) raw.emplace_back(std::move(output));
    auto wrapped = torch::autograd::_wrap_outputs(
        tensors(inputs, input_count), set_of(constants, constant_count), set_of(dirty, dirty_count), raw,
        recorded ? std::static_pointer_cast<Node>(node) : nullptr,
        [](variable_list, variable_list) -> variable_list {
          TORCH_CHECK(false, "Forward-mode differentiation of functions written in .NET is not supported.");
        });
    if (recorded) {
      for (auto& tensor : tensors(saved, saved_count)) {
        const bool is_output = tensor.defined() && tensor.grad_fn().get() == node.get();
        node->saved.emplace_back(tensor, is_output);
      }
    }
    for (int32_t i = 0; i < output_count; i++) results[i] = release(std::move(*wrapped[i]));
  });
}

// The kept tensors, during backward. `results` has room for all of them.
TSS_EXPORT int32_t tss_function_saved(void* node_, Handle* results) {
  return guard([&] {
    auto* node = static_cast<ManagedNode*>(node_);
    for (size_t i = 0; i < node->saved.size(); i++) results[i] = release(node->saved[i].unpack(node->shared_from_this()));
  });
}
TSS_EXPORT int32_t tss_function_saved_count(void* node) { return static_cast<ManagedNode*>(node)->saved.size(); }

TSS_EXPORT void tss_function_release(NodePtr* node) { delete node; }

// What a failing callback leaves as the message of the exception.
TSS_EXPORT void tss_function_failed(const char* message) { callback_error = message; }
