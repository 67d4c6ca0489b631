// Threads, devices and versions.
#include "abi.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <torch/csrc/api/include/torch/version.h>

using namespace tss;

TSS_EXPORT int32_t tss_get_num_threads() { return at::get_num_threads(); }
TSS_EXPORT int32_t tss_set_num_threads(int32_t count) {
  return guard([&] { at::set_num_threads(count); });
}
TSS_EXPORT int32_t tss_get_num_interop_threads() { return static_cast<int32_t>(at::get_num_interop_threads()); }
TSS_EXPORT int32_t tss_set_num_interop_threads(int32_t count) {
  return guard([&] { at::set_num_interop_threads(count); });
}

TSS_EXPORT int32_t tss_cuda_is_available() { return at::hasCUDA(); }
TSS_EXPORT int32_t tss_cuda_device_count() { return at::hasCUDA() ? at::detail::getCUDAHooks().getNumGPUs() : 0; }
TSS_EXPORT int32_t tss_cudnn_is_available() { return at::hasCUDA() && at::detail::getCUDAHooks().hasCuDNN(); }
TSS_EXPORT int32_t tss_mps_is_available() { return at::hasMPS(); }
TSS_EXPORT int32_t tss_cuda_synchronize(int32_t device_index) {
  return guard([&] { at::detail::getCUDAHooks().deviceSynchronize(device_index); });
}

TSS_EXPORT const char* tss_version() { return TORCH_VERSION; }
