// Tensor lifetime, data and the properties that are not operators.
#include "abi.h"

#include <ATen/ops/from_blob.h>

using namespace tss;

namespace {

// Mirrors TensorDescription in Interop/Native.cs.
struct Description {
  const int64_t* sizes;
  const int64_t* strides;
  int64_t dim;
  int64_t numel;
  int64_t storage_offset;
  int32_t dtype;
  int32_t element_size;
  int32_t device_type;
  int32_t device_index;
  int32_t is_contiguous;
  int32_t layout;
};

}  // namespace

TSS_EXPORT void tss_tensor_dispose(Handle handle) {
  c10::intrusive_ptr<at::TensorImpl, at::UndefinedTensorImpl>::reclaim(handle);
}

// A second handle on the same tensor.
TSS_EXPORT int32_t tss_tensor_alias(Handle handle, Handle* result) {
  return guard([&] { *result = release(borrow(handle)); });
}

TSS_EXPORT int32_t tss_tensor_describe(Handle handle, Description* description) {
  return guard([&] {
    const at::TensorImpl& tensor = *handle;
    const bool strided = tensor.layout() == at::kStrided;
    description->sizes = tensor.sizes().data();
    description->strides = strided ? tensor.strides().data() : nullptr;
    description->dim = tensor.dim();
    description->numel = tensor.numel();
    description->storage_offset = strided ? tensor.storage_offset() : 0;
    description->dtype = static_cast<int32_t>(c10::typeMetaToScalarType(tensor.dtype()));
    description->element_size = static_cast<int32_t>(tensor.itemsize());
    description->device_type = static_cast<int32_t>(tensor.device().type());
    description->device_index = tensor.device().index();
    description->is_contiguous = strided && tensor.is_contiguous();
    description->layout = static_cast<int32_t>(tensor.layout());
  });
}

TSS_EXPORT int32_t tss_tensor_data(Handle handle, void** data) {
  return guard([&] { *data = borrow(handle).data_ptr(); });
}

// A tensor over memory of the caller; `free` runs with `context` when the storage is released.
TSS_EXPORT int32_t tss_tensor_from_blob(void* data, const int64_t* sizes, int64_t dim, int32_t dtype,
                                        void (*free)(void*), void* context, Handle* result) {
  return guard([&] {
    const auto options = at::TensorOptions().dtype(static_cast<at::ScalarType>(dtype));
    *result = release(at::from_blob(
        data, at::IntArrayRef(sizes, dim), [free, context](void*) { free(context); }, options));
  });
}

TSS_EXPORT int32_t tss_tensor_is_flagged(Handle handle, int32_t* is_conj, int32_t* is_neg, int32_t* is_inference) {
  return guard([&] {
    const auto tensor = borrow(handle);
    *is_conj = tensor.is_conj();
    *is_neg = tensor.is_neg();
    *is_inference = tensor.is_inference();
  });
}
