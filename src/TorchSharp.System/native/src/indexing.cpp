// Python-style indexing: t[1, None, ..., 2:5, mask].
#include "abi.h"

#include <ATen/TensorIndexing.h>

#include <vector>

using namespace tss;
using at::indexing::TensorIndex;

namespace {

c10::optional<int64_t> bound(const int64_t* parts, int which) {
  return parts[2 * which] ? c10::optional<int64_t>(parts[2 * which + 1]) : c10::nullopt;
}

TensorIndex index_of(const Value& value) {
  switch (value.tag) {
    case kNone: return TensorIndex(at::indexing::None);
    case kEllipsis: return TensorIndex(at::indexing::Ellipsis);
    case kInt: return TensorIndex(value.i);
    case kBool: return TensorIndex(value.i != 0);
    case kTensor: return TensorIndex(borrow(static_cast<Handle>(value.p)));
    case kSlice: {
      const auto* parts = static_cast<const int64_t*>(value.p);
      return TensorIndex(at::indexing::Slice(bound(parts, 0), bound(parts, 1), bound(parts, 2)));
    }
    default: TORCH_CHECK(false, "not an index");
  }
}

std::vector<TensorIndex> indices_of(const Value* values, int32_t count) {
  std::vector<TensorIndex> indices;
  indices.reserve(count);
  for (int32_t i = 0; i < count; i++) indices.push_back(index_of(values[i]));
  return indices;
}

}  // namespace

TSS_EXPORT int32_t tss_index_get(Handle handle, const Value* indices, int32_t count, Handle* result) {
  return guard([&] { *result = release(at::indexing::get_item(borrow(handle), indices_of(indices, count))); });
}

TSS_EXPORT int32_t tss_index_set(Handle handle, const Value* indices, int32_t count, Handle value) {
  return guard([&] { at::indexing::set_item(borrow(handle), indices_of(indices, count), borrow(value)); });
}
