// The C ABI shared with Interop/*.cs: tagged values, handles and the error boundary.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <exception>

#define TSS_EXPORT extern "C" __attribute__((visibility("default")))

namespace tss {

// An owned reference to a tensor (one count of the intrusive pointer); null is the undefined tensor.
using Handle = at::TensorImpl*;

enum Tag : int64_t {
  kNone = 0,
  kTensor = 1,       // p: handle, borrowed
  kInt = 2,          // i
  kDouble = 3,       // d
  kBool = 4,         // i
  kIntList = 5,      // p: int64_t[n]
  kDoubleList = 6,   // p: double[n]
  kTensorList = 7,   // p: handle[n], null for none
  kString = 8,       // p: UTF-8, n bytes
  kDevice = 9,       // i: type, n: index
  kGenerator = 10,   // p: at::Generator*
  kComplex = 11,     // p: double[2]
  kBoolList = 12,    // p: int64_t[n]
  kEllipsis = 13,    // an index only
  kSlice = 14,       // an index only; p: int64_t[6], a flag and a value each for start, stop and step
  kTuple = 15,       // a result of a script only; n values follow
  kList = 16,        // a result of a script only; n values follow; i: whether it is a list of tensors by type
  kUnsupported = 17, // a result of a script only: a dictionary, a string, an object
};

struct Value {
  int64_t tag;
  union {
    int64_t i;
    double d;
    void* p;
  };
  int64_t n;
};

inline at::Tensor borrow(Handle handle) {
  return handle == nullptr
      ? at::Tensor()
      : at::Tensor(c10::intrusive_ptr<at::TensorImpl, at::UndefinedTensorImpl>::reclaim_copy(handle));
}

inline Handle release(at::Tensor tensor) {
  return tensor.defined() ? tensor.unsafeReleaseTensorImpl() : nullptr;
}

// Remembers the message of the exception in flight for this thread.
void store_error() noexcept;

// Runs `body` and turns an exception into status 1. Nothing may throw across the boundary.
template <class Body>
int32_t guard(Body&& body) noexcept {
  try {
    body();
    return 0;
  } catch (...) {
    store_error();
    return 1;
  }
}

}  // namespace tss
