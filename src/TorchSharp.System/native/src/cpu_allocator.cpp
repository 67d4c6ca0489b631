// Memory of CPU tensors.
//
// malloc maps every large activation afresh and gives it back when it dies, so each layer pays for page faults and for
// the kernel's zeroing of pages: 30 % of the time of an image encoding. Here blocks of a mebibyte and more come from one
// arena of huge pages, first fit by address, neighbours merged, so that the next layer gets pages that are there already.
// Free memory above a bound goes back to the system, unless all of it is used again and again: a training step takes gigabytes
// and gives them back, and would spend a quarter of its time on pages.
#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <c10/util/Exception.h>

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <mutex>

namespace {

constexpr size_t kAlignment = 64;
constexpr size_t kHugePage = size_t{2} << 20;
constexpr size_t kGranule = size_t{64} << 10;
// Smaller blocks are left to malloc, which reuses them without page faults.
constexpr size_t kArenaFrom = size_t{1} << 20;
// Free memory that is always kept for the next tensors.
constexpr size_t kMaxResident = size_t{768} << 20;

struct alignas(kAlignment) Header {
    size_t length;  // of the block in the arena, header included; 0 for a block of malloc
};
static_assert(sizeof(Header) == kAlignment);

size_t round_up(size_t value, size_t unit) { return (value + unit - 1) / unit * unit; }

// The height of waves: what is in use at the top when it has fallen to less than half and risen again at least twice, the last
// time within a minute. A single mountain, such as loading a large model, is none.
class Waves {
public:
    void note(size_t in_use) {
        const auto now = Clock::now();
        if (now - last_top_ > std::chrono::minutes(1)) {
            height_ = 0;
            count_ = 0;
        }
        height_ = std::max(height_, in_use);
        if (in_use < height_ / 2) {
            fallen_ = true;
        } else if (in_use >= height_ / 10 * 9) {
            if (fallen_) {
                // Small waves say nothing of a much larger one.
                count_ = in_use > counted_ / 4 * 5 ? 1 : count_ + 1;
                counted_ = height_;
            }
            fallen_ = false;
            last_top_ = now;
        }
    }

    size_t height() const { return count_ >= 2 && height_ <= counted_ / 4 * 5 ? height_ : 0; }

private:
    using Clock = std::chrono::steady_clock;

    Clock::time_point last_top_ = Clock::now();
    size_t height_ = 0;
    size_t counted_ = 0;  // the height of the waves that were counted
    int count_ = 0;
    bool fallen_ = false;
};

class Arena {
public:
    // Reserves addresses only: pages take memory when they are first touched.
    Arena() {
        const auto physical = static_cast<size_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<size_t>(sysconf(_SC_PAGESIZE));
        const size_t length = round_up(2 * physical, kHugePage);
        void* start = mmap(nullptr, length + kHugePage, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (start == MAP_FAILED) return;  // the arena stays empty, and malloc serves all
        const uintptr_t aligned = round_up(reinterpret_cast<uintptr_t>(start), kHugePage);
        madvise(reinterpret_cast<void*>(aligned), length, MADV_HUGEPAGE);
        free_.emplace(aligned, Free{length, 0});
    }

    Header* take(size_t bytes) {
        const size_t length = round_up(bytes, kGranule);
        std::lock_guard<std::mutex> lock(mutex_);
        // A few dozen free blocks at most: a scan costs less than a page fault.
        const auto found = std::find_if(free_.begin(), free_.end(), [&](const auto& f) { return f.second.length >= length; });
        if (found == free_.end()) return nullptr;
        const auto [address, block] = *found;
        free_.erase(found);
        const size_t used = std::min(block.resident, length);
        resident_ -= used;
        in_use_ += length;
        waves_.note(in_use_);
        if (block.length > length) free_.emplace(address + length, Free{block.length - length, block.resident - used});
        auto* header = reinterpret_cast<Header*>(address);
        header->length = length;
        return header;
    }

    void give_back(Header* header) {
        auto address = reinterpret_cast<uintptr_t>(header);
        std::lock_guard<std::mutex> lock(mutex_);
        Free block{header->length, header->length};
        in_use_ -= header->length;
        waves_.note(in_use_);
        resident_ += header->length;
        auto next = free_.lower_bound(address);
        if (next != free_.end() && address + block.length == next->first) {
            block.length += next->second.length;
            block.resident += next->second.resident;
            next = free_.erase(next);
        }
        if (next != free_.begin()) {
            const auto previous = std::prev(next);
            if (previous->first + previous->second.length == address) {
                address = previous->first;
                block.length += previous->second.length;
                block.resident += previous->second.resident;
                free_.erase(previous);
            }
        }
        if (resident_ > kMaxResident && in_use_ + resident_ > waves_.height()) release(address, block);
        free_.emplace(address, block);
    }

private:
    struct Free {
        size_t length;
        size_t resident;  // about how much of it takes memory
    };

    // Gives the memory of a free block back to the system, all but the huge pages that it shares with its neighbours.
    void release(uintptr_t address, Free& block) {
        const uintptr_t start = round_up(address, kHugePage);
        const uintptr_t end = (address + block.length) / kHugePage * kHugePage;
        if (end <= start) return;
        madvise(reinterpret_cast<void*>(start), end - start, MADV_DONTNEED);
        resident_ -= block.resident;
        block.resident = 0;
    }

    std::mutex mutex_;
    std::map<uintptr_t, Free> free_;
    size_t resident_ = 0;  // of the free blocks together
    size_t in_use_ = 0;
    Waves waves_;
};

Arena& arena() {
    static auto* instance = new Arena;  // outlives every tensor
    return *instance;
}

void release(void* data) {
    if (data == nullptr) return;
    auto* header = static_cast<Header*>(data) - 1;
    if (header->length == 0)
        std::free(header);
    else
        arena().give_back(header);
}

class CpuAllocator final : public at::Allocator {
public:
    at::DataPtr allocate(size_t bytes) const override {
        if (bytes == 0) return {nullptr, nullptr, &release, at::Device(at::kCPU)};
        TORCH_CHECK_WITH(OutOfMemoryError, bytes <= SIZE_MAX / 2, "cannot allocate ", bytes, " bytes on the CPU");
        Header* header = bytes < kArenaFrom ? nullptr : arena().take(bytes + sizeof(Header));
        if (header == nullptr) {
            void* raw = nullptr;
            if (posix_memalign(&raw, kAlignment, bytes + sizeof(Header)) == 0) {
                header = static_cast<Header*>(raw);
                header->length = 0;
            }
        }
        TORCH_CHECK_WITH(OutOfMemoryError, header != nullptr, "out of memory: cannot allocate ", bytes, " bytes on the CPU");
        void* data = header + 1;
        return {data, data, &release, at::Device(at::kCPU)};
    }

    at::DeleterFnPtr raw_deleter() const override { return &release; }
};

const bool installed = [] {
    c10::SetCPUAllocator(new CpuAllocator, /*priority=*/1);
    return true;
}();

}  // namespace
