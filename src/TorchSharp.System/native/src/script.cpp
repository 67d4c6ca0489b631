// TorchScript modules. A module handle is a torch::jit::Module* owned by the caller; copies share their tensors.
#include "abi.h"

#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/serialization/import.h>

#include <sstream>
#include <string>
#include <vector>

using Module = torch::jit::Module;

namespace tss {

namespace {

c10::IValue argument(const Value& value) {
  switch (value.tag) {
    case kNone: return c10::IValue();
    case kTensor: return c10::IValue(borrow(static_cast<Handle>(value.p)));
    case kInt: return c10::IValue(value.i);
    case kDouble: return c10::IValue(value.d);
    case kBool: return c10::IValue(value.i != 0);
    case kTensorList: {
      c10::List<at::Tensor> list;
      list.reserve(value.n);
      for (int64_t i = 0; i < value.n; i++) list.push_back(borrow(static_cast<Handle*>(value.p)[i]));
      return c10::IValue(std::move(list));
    }
    case kComplex: {
      const auto* parts = static_cast<const double*>(value.p);
      return c10::IValue(c10::complex<double>(parts[0], parts[1]));
    }
    default: TORCH_CHECK(false, "a value of this type can't be passed to TorchScript");
  }
}

// A result as a tree in preorder: a list or tuple is followed by its elements. Tensors are handed over.
void flatten(const c10::IValue& from, std::vector<Value>& to) {
  Value value{};
  if (from.isTensor()) {
    value.tag = kTensor;
    value.p = release(from.toTensor());
  } else if (from.isInt()) {
    value.tag = kInt;
    value.i = from.toInt();
  } else if (from.isDouble()) {
    value.tag = kDouble;
    value.d = from.toDouble();
  } else if (from.isBool()) {
    value.tag = kBool;
    value.i = from.toBool();
  } else if (from.isNone()) {
    value.tag = kNone;
  } else if (from.isTuple()) {
    const auto& elements = from.toTupleRef().elements();
    value.tag = kTuple;
    value.n = static_cast<int64_t>(elements.size());
    to.push_back(value);
    for (const auto& element : elements) flatten(element, to);
    return;
  } else if (from.isList()) {
    const auto elements = from.toListRef();
    value.tag = kList;
    value.i = from.isTensorList();
    value.n = static_cast<int64_t>(elements.size());
    to.push_back(value);
    for (const auto& element : elements) flatten(element, to);
    return;
  } else {
    value.tag = kUnsupported;
  }
  to.push_back(value);
}

// Names and tensors, handed over until the next call on this thread.
struct Listing {
  std::vector<std::string> names;
  std::vector<const char*> pointers;
  std::vector<void*> items;
  void add(std::string name, void* item) {
    names.push_back(std::move(name));
    items.push_back(item);
  }
  void give(const char* const** names_out, void* const** items_out, int64_t* count) {
    for (const auto& name : names) pointers.push_back(name.c_str());
    *names_out = pointers.data();
    *items_out = items.data();
    *count = static_cast<int64_t>(items.size());
  }
};
thread_local Listing listing;
thread_local std::vector<Value> results;

c10::Device device_of(int32_t type, int32_t index) {
  return c10::Device(static_cast<c10::DeviceType>(type), static_cast<c10::DeviceIndex>(index));
}

}  // namespace

}  // namespace tss

using namespace tss;

TSS_EXPORT int32_t tss_script_load(const char* path, int32_t device_type, int32_t device_index, Module** result) {
  return guard([&] { *result = new Module(torch::jit::load(std::string(path), device_of(device_type, device_index))); });
}

TSS_EXPORT int32_t tss_script_load_bytes(
    const char* bytes, int64_t size, int32_t device_type, int32_t device_index, Module** result) {
  return guard([&] {
    std::istringstream stream(std::string(bytes, size));
    *result = new Module(torch::jit::load(stream, device_of(device_type, device_index)));
  });
}

TSS_EXPORT int32_t tss_script_save(const Module* module, const char* path) {
  return guard([&] { module->save(std::string(path)); });
}

TSS_EXPORT void tss_script_dispose(Module* module) { delete module; }

// Calls a method. The result's tree stays valid until the next call on this thread; its tensors belong to the caller.
TSS_EXPORT int32_t tss_script_call(
    const Module* module, const char* method, const Value* arguments, int32_t count, const Value** tree, int64_t* nodes) {
  return guard([&] {
    std::vector<c10::IValue> stack;
    stack.reserve(count);
    for (int32_t i = 0; i < count; i++) stack.push_back(argument(arguments[i]));
    const auto result = module->get_method(method)(std::move(stack));
    results.clear();
    flatten(result, results);
    *tree = results.data();
    *nodes = static_cast<int64_t>(results.size());
  });
}

// Inputs of forward, not counting the module itself, and its outputs.
TSS_EXPORT int32_t tss_script_arity(const Module* module, int32_t* inputs, int32_t* outputs) {
  return guard([&] {
    const auto& schema = module->get_method("forward").function().getSchema();
    *inputs = static_cast<int32_t>(schema.arguments().size()) - 1;
    *outputs = static_cast<int32_t>(schema.returns().size());
  });
}

TSS_EXPORT int32_t tss_script_is_training(const Module* module, int32_t* training) {
  return guard([&] { *training = module->is_training(); });
}

TSS_EXPORT int32_t tss_script_train(Module* module, int32_t on) {
  return guard([&] { module->train(on != 0); });
}

// Converts parameters and buffers; -1 leaves the type or the device as it is.
TSS_EXPORT int32_t tss_script_to(Module* module, int32_t dtype, int32_t device_type, int32_t device_index) {
  return guard([&] {
    if (device_type >= 0) module->to(device_of(device_type, device_index));
    if (dtype >= 0) module->to(static_cast<at::ScalarType>(dtype));
  });
}

// 0: parameters, 1: buffers, 2: attributes that are tensors. Tensors belong to the caller.
TSS_EXPORT int32_t tss_script_tensors(
    Module* module, int32_t kind, int32_t recurse, const char* const** names, void* const** tensors, int64_t* count) {
  return guard([&] {
    listing = Listing();
    if (kind == 0) {
      for (const auto& p : module->named_parameters(recurse != 0)) listing.add(p.name, release(p.value));
    } else if (kind == 1) {
      for (const auto& b : module->named_buffers(recurse != 0)) listing.add(b.name, release(b.value));
    } else {
      for (const auto& a : module->named_attributes(recurse != 0))
        if (a.value.isTensor()) listing.add(a.name, release(a.value.toTensor()));
    }
    listing.give(names, tensors, count);
  });
}

TSS_EXPORT int32_t tss_script_set_tensor(Module* module, const char* name, Handle tensor) {
  return guard([&] { module->setattr(name, borrow(tensor)); });
}

// The direct submodules, or with `all` every one by path (the module itself has the empty path). Handles belong to the caller.
TSS_EXPORT int32_t tss_script_modules(
    Module* module, int32_t all, const char* const** names, void* const** modules, int64_t* count) {
  return guard([&] {
    listing = Listing();
    if (all != 0) {
      for (const auto& m : module->named_modules()) listing.add(m.name, new Module(m.value));
    } else {
      for (const auto& m : module->named_children()) listing.add(m.name, new Module(m.value));
    }
    listing.give(names, modules, count);
  });
}
