// Random number generators. A generator handle is an at::Generator* owned by the caller.
#include "generator.h"

#include "abi.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>

#include <mutex>

using namespace tss;

TSS_EXPORT int32_t tss_generator_new(uint64_t seed, at::Generator** result) {
  return guard([&] { *result = new at::Generator(at::detail::createCPUGenerator(seed)); });
}

TSS_EXPORT int32_t tss_generator_default(int32_t device_type, int32_t device_index, at::Generator** result) {
  return guard([&] {
    const c10::Device device(static_cast<c10::DeviceType>(device_type), static_cast<c10::DeviceIndex>(device_index));
    *result = new at::Generator(at::globalContext().defaultGenerator(device));
  });
}

TSS_EXPORT void tss_generator_dispose(at::Generator* generator) { delete generator; }

// Seeds the default generators of every device.
TSS_EXPORT int32_t tss_manual_seed(uint64_t seed) {
  return guard([&] { at::manual_seed(seed); });
}

TSS_EXPORT int32_t tss_generator_manual_seed(at::Generator* generator, uint64_t seed) {
  return guard([&] {
    std::lock_guard<std::mutex> lock(generator->mutex());
    generator->set_current_seed(seed);
  });
}

TSS_EXPORT int32_t tss_generator_seed(at::Generator* generator, uint64_t* seed) {
  return guard([&] {
    std::lock_guard<std::mutex> lock(generator->mutex());
    *seed = generator->seed();
  });
}

TSS_EXPORT int32_t tss_generator_current_seed(at::Generator* generator, uint64_t* seed) {
  return guard([&] { *seed = generator->current_seed(); });
}

TSS_EXPORT int32_t tss_generator_get_state(at::Generator* generator, Handle* state) {
  return guard([&] {
    std::lock_guard<std::mutex> lock(generator->mutex());
    *state = release(generator->get_state());
  });
}

TSS_EXPORT int32_t tss_generator_set_state(at::Generator* generator, Handle state) {
  return guard([&] {
    std::lock_guard<std::mutex> lock(generator->mutex());
    generator->set_state(borrow(state));
  });
}
