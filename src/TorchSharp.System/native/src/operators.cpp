// Calls any operator of libtorch's dispatcher by schema: resolved once, then called boxed.
#include "abi.h"
#include "generator.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/ivalue.h>
#include <ATen/core/jit_type.h>

#include <memory>
#include <string>
#include <vector>

namespace tss {

namespace {

// What an argument of the schema wants, optional or not.
enum class Kind : uint8_t { Tensor, Number, Int, Double, Bool, IntList, DoubleList, BoolList,
                            TensorList, OptionalTensorList, String, Device, Generator, Other };

Kind kind_of(const c10::TypePtr& type) {
  using c10::TypeKind;
  switch (type->kind()) {
    case TypeKind::OptionalType: return kind_of(type->expectRef<c10::OptionalType>().getElementType());
    case TypeKind::TensorType: return Kind::Tensor;
    case TypeKind::NumberType: return Kind::Number;
    case TypeKind::IntType: return Kind::Int;
    case TypeKind::FloatType: return Kind::Double;
    case TypeKind::BoolType: return Kind::Bool;
    case TypeKind::StringType: return Kind::String;
    case TypeKind::DeviceObjType: return Kind::Device;
    case TypeKind::GeneratorType: return Kind::Generator;
    case TypeKind::ListType: {
      const auto element = type->expectRef<c10::ListType>().getElementType();
      if (element->kind() == TypeKind::OptionalType) return Kind::OptionalTensorList;
      switch (kind_of(element)) {
        case Kind::Int: return Kind::IntList;
        case Kind::Double: return Kind::DoubleList;
        case Kind::Bool: return Kind::BoolList;
        case Kind::Tensor: return Kind::TensorList;
        default: return Kind::Other;
      }
    }
    default: return Kind::Other;
  }
}

struct Operator {
  explicit Operator(c10::OperatorHandle handle) : handle(std::move(handle)) {
    const auto& schema = this->handle.schema();
    for (const auto& argument : schema.arguments()) {
      kinds.push_back(kind_of(argument.type()));
      defaults.push_back(argument.default_value());
    }
    returns = schema.returns().size();
  }

  c10::OperatorHandle handle;
  std::vector<Kind> kinds;
  std::vector<c10::optional<c10::IValue>> defaults;
  size_t returns = 0;
};

[[noreturn]] void mismatch(const Operator& op, size_t index, const Value& value) {
  const auto& schema = op.handle.schema();
  TORCH_CHECK(false, schema.name(), ": argument '", schema.arguments()[index].name(), "' can't be given as ",
              value.tag == kNone ? "null" : "a value of this type", " (", schema, ")");
}

c10::Scalar scalar_of(const Value& value) {
  switch (value.tag) {
    case kInt: return c10::Scalar(value.i);
    case kDouble: return c10::Scalar(value.d);
    case kBool: return c10::Scalar(value.i != 0);
    default: {
      const auto* parts = static_cast<const double*>(value.p);
      return c10::Scalar(c10::complex<double>(parts[0], parts[1]));
    }
  }
}

c10::List<at::Tensor> tensors_of(const Value& value) {
  c10::List<at::Tensor> list;
  list.reserve(value.n);
  for (int64_t i = 0; i < value.n; i++) list.push_back(borrow(static_cast<Handle*>(value.p)[i]));
  return list;
}

c10::List<c10::optional<at::Tensor>> optional_tensors_of(const Value& value) {
  c10::List<c10::optional<at::Tensor>> list;
  list.reserve(value.n);
  for (int64_t i = 0; i < value.n; i++) {
    auto tensor = borrow(static_cast<Handle*>(value.p)[i]);
    list.push_back(tensor.defined() ? c10::optional<at::Tensor>(std::move(tensor)) : c10::nullopt);
  }
  return list;
}

c10::IValue convert(const Operator& op, size_t index, const Value& value) {
  if (value.tag == kNone) return c10::IValue();
  switch (op.kinds[index]) {
    case Kind::Tensor:
      if (value.tag == kTensor) return c10::IValue(borrow(static_cast<Handle>(value.p)));
      break;
    case Kind::Number:
      if (value.tag == kInt || value.tag == kDouble || value.tag == kBool || value.tag == kComplex)
        return c10::IValue(scalar_of(value));
      break;
    case Kind::Int:
      if (value.tag == kInt || value.tag == kBool) return c10::IValue(value.i);
      break;
    case Kind::Double:
      if (value.tag == kDouble) return c10::IValue(value.d);
      if (value.tag == kInt) return c10::IValue(static_cast<double>(value.i));
      break;
    case Kind::Bool:
      if (value.tag == kBool || value.tag == kInt) return c10::IValue(value.i != 0);
      break;
    case Kind::IntList: {
      c10::List<int64_t> list;
      if (value.tag == kIntList) {
        const auto* items = static_cast<const int64_t*>(value.p);
        list.reserve(value.n);
        for (int64_t i = 0; i < value.n; i++) list.push_back(items[i]);
        return c10::IValue(std::move(list));
      }
      if (value.tag == kInt) {
        list.push_back(value.i);
        return c10::IValue(std::move(list));
      }
      break;
    }
    case Kind::DoubleList:
      if (value.tag == kDoubleList) {
        c10::List<double> list;
        for (int64_t i = 0; i < value.n; i++) list.push_back(static_cast<const double*>(value.p)[i]);
        return c10::IValue(std::move(list));
      }
      break;
    case Kind::BoolList:
      if (value.tag == kBoolList) {
        c10::List<bool> list;
        for (int64_t i = 0; i < value.n; i++) list.push_back(static_cast<const int64_t*>(value.p)[i] != 0);
        return c10::IValue(std::move(list));
      }
      break;
    case Kind::TensorList:
      if (value.tag == kTensorList) return c10::IValue(tensors_of(value));
      break;
    case Kind::OptionalTensorList:
      if (value.tag == kTensorList) return c10::IValue(optional_tensors_of(value));
      break;
    case Kind::String:
      if (value.tag == kString) return c10::IValue(std::string(static_cast<const char*>(value.p), value.n));
      break;
    case Kind::Device:
      if (value.tag == kDevice)
        return c10::IValue(c10::Device(static_cast<c10::DeviceType>(value.i), static_cast<c10::DeviceIndex>(value.n)));
      break;
    case Kind::Generator:
      if (value.tag == kGenerator) return c10::IValue(*static_cast<at::Generator*>(value.p));
      break;
    case Kind::Other: break;
  }
  mismatch(op, index, value);
}

// Tensors of a returned list, handed over until the next call on this thread.
thread_local std::vector<Handle> returned_list;

void give_back(c10::IValue& from, Value& to) {
  to.n = 0;
  if (from.isTensor()) {
    to.tag = kTensor;
    to.p = release(std::move(from).toTensor());
  } else if (from.isTensorList()) {
    const auto list = from.toTensorVector();
    returned_list.clear();
    for (const auto& tensor : list) returned_list.push_back(release(tensor));
    to.tag = kTensorList;
    to.p = returned_list.data();
    to.n = static_cast<int64_t>(returned_list.size());
  } else if (from.isInt()) {
    to.tag = kInt;
    to.i = from.toInt();
  } else if (from.isDouble()) {
    to.tag = kDouble;
    to.d = from.toDouble();
  } else if (from.isBool()) {
    to.tag = kBool;
    to.i = from.toBool();
  } else {
    to.tag = kNone;
    to.i = 0;
  }
}

// One stack per thread, reused between calls. A call made during a call (a custom autograd function) starts its own.
struct Stack {
  Stack() { values.swap(spare); }
  ~Stack() {
    values.clear();
    values.swap(spare);
  }
  std::vector<c10::IValue> values;
  static thread_local std::vector<c10::IValue> spare;
};
thread_local std::vector<c10::IValue> Stack::spare;

}  // namespace

}  // namespace tss

using namespace tss;

// Looks an operator up, e.g. ("aten::add", "Tensor"). `*op` is null where this libtorch has none of that name.
TSS_EXPORT int32_t tss_operator_find(const char* name, const char* overload, void** op) {
  return guard([&] {
    *op = nullptr;
    const auto handle = c10::Dispatcher::singleton().findSchema({name, overload});
    if (handle) *op = new Operator(*handle);
  });
}

// Calls an operator. Arguments left out at the end take the schema's defaults; every result wanted is written.
TSS_EXPORT int32_t tss_operator_call(void* op_, const Value* arguments, int32_t count, Value* results, int32_t wanted) {
  return guard([&] {
    const auto& op = *static_cast<const Operator*>(op_);
    TORCH_CHECK(static_cast<size_t>(count) <= op.kinds.size(), op.handle.schema().name(), ": too many arguments");
    Stack stack;
    for (int32_t i = 0; i < count; i++) stack.values.push_back(convert(op, i, arguments[i]));
    for (size_t i = count; i < op.kinds.size(); i++) {
      TORCH_CHECK(op.defaults[i].has_value(), op.handle.schema().name(), ": argument '",
                  op.handle.schema().arguments()[i].name(), "' is missing");
      stack.values.push_back(*op.defaults[i]);
    }
    op.handle.callBoxed(&stack.values);
    TORCH_CHECK(static_cast<size_t>(wanted) <= stack.values.size(), op.handle.schema().name(), ": too few results");
    for (int32_t i = 0; i < wanted; i++) give_back(stack.values[i], results[i]);
  });
}
