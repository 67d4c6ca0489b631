#include "onednn_gemm.h"

#include <ATen/Parallel.h>
#include <oneapi/dnnl/dnnl.hpp>

#include <cstring>
#include <limits>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace sam2torch {
namespace {

using dnnl::memory;

struct Key {
    // Kept free of padding so that it can be hashed and compared as bytes.
    int64_t type, threads, batch, m, n, k, a_stride[3], b_stride[3], c_stride[2], has_bias;
    float alpha, beta;

    bool operator==(const Key& other) const { return std::memcmp(this, &other, sizeof(Key)) == 0; }
};
static_assert(sizeof(Key) == 15 * sizeof(int64_t) + 2 * sizeof(float), "Key must not have padding");

struct KeyHash {
    size_t operator()(const Key& key) const {
        uint64_t hash = 1469598103934665603ull;
        const auto* words = reinterpret_cast<const uint64_t*>(&key);
        for (size_t i = 0; i < sizeof(Key) / sizeof(uint64_t); i++) {
            hash = (hash ^ words[i]) * 1099511628211ull;
            hash ^= hash >> 29;
        }
        return hash;
    }
};

struct Product {
    dnnl::matmul primitive;
    memory::desc a, b, c, bias;
    size_t scratch = 0;
    bool supported = false;
};

// Least-recently-used map from problem to compiled primitive. Bounded, because callers with ever new shapes
// (images of any size, growing memories) would otherwise collect code forever; one entry is about 50–200 kB. A training step
// of SAM 2.1 tiny has about 400 problems, and a map that holds fewer than are asked for in turn finds none of them again.
class ProductCache {
public:
    std::shared_ptr<const Product> get(const Key& key, std::shared_ptr<const Product> (*make)(const Key&)) {
        {
            std::lock_guard<std::mutex> lock(mutex_);
            auto found = map_.find(key);
            if (found != map_.end()) {
                order_.splice(order_.begin(), order_, found->second);
                return found->second->second;
            }
        }
        auto made = make(key);  // takes up to a millisecond: not under the lock
        std::lock_guard<std::mutex> lock(mutex_);
        if (map_.find(key) == map_.end()) {
            order_.emplace_front(key, made);
            map_[key] = order_.begin();
            if (order_.size() > kCapacity) {
                map_.erase(order_.back().first);
                order_.pop_back();
            }
        }
        return made;
    }

private:
    static constexpr size_t kCapacity = 1024;
    using Entry = std::pair<Key, std::shared_ptr<const Product>>;
    std::mutex mutex_;
    std::list<Entry> order_;
    std::unordered_map<Key, std::list<Entry>::iterator, KeyHash> map_;
};

const dnnl::engine& cpu_engine() {
    static const auto* engine = new dnnl::engine(dnnl::engine::kind::cpu, 0);
    return *engine;
}

dnnl::stream& thread_stream() {
    thread_local dnnl::stream stream(cpu_engine());
    return stream;
}

ProductCache& cache() {
    static auto* instance = new ProductCache;
    return *instance;
}

// One scratch buffer per calling thread. Large ones are returned at once so that they don't count
// towards the process's memory between products.
class Scratch {
public:
    void* reserve(size_t bytes) {
        if (bytes > size_) {
            buffer_.reset(new char[bytes + 64]);
            size_ = bytes;
        }
        auto address = reinterpret_cast<uintptr_t>(buffer_.get());
        return reinterpret_cast<void*>((address + 63) & ~uintptr_t(63));
    }
    void trim() {
        if (size_ > kKept) {
            buffer_.reset();
            size_ = 0;
        }
    }

private:
    static constexpr size_t kKept = 16u << 20;
    std::unique_ptr<char[]> buffer_;
    size_t size_ = 0;
};

memory::desc describe(memory::data_type type, int64_t batch, int64_t rows, int64_t cols, const int64_t* strides) {
    return memory::desc({batch, rows, cols}, type, {strides[0], strides[1], strides[2]});
}

std::shared_ptr<const Product> make_product(const Key& key) {
    auto product = std::make_shared<Product>();
    try {
        const auto type = static_cast<memory::data_type>(key.type);
        const int64_t c_strides[3] = {key.c_stride[0], key.c_stride[1], 1};
        product->a = describe(type, key.batch, key.m, key.k, key.a_stride);
        product->b = describe(type, key.batch, key.k, key.n, key.b_stride);
        product->c = describe(type, key.batch, key.m, key.n, c_strides);
        if (key.has_bias) {
            product->bias = memory::desc({1, 1, key.n}, type, {key.n, key.n, 1});
        }
        dnnl::primitive_attr attributes;
        attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
        dnnl::post_ops post;
#if DNNL_VERSION_MAJOR < 3
        if (key.alpha != 1) {
            attributes.set_output_scales(0, {key.alpha});
        }
#else
        if (key.alpha != 1) {
            post.append_eltwise(dnnl::algorithm::eltwise_linear, key.alpha, 0);
        }
#endif
        if (key.beta != 0) {
            post.append_sum(key.beta);
        }
        attributes.set_post_ops(post);
#if DNNL_VERSION_MAJOR < 3
        const dnnl::matmul::desc problem = key.has_bias
            ? dnnl::matmul::desc(product->a, product->b, product->bias, product->c)
            : dnnl::matmul::desc(product->a, product->b, product->c);
        const dnnl::matmul::primitive_desc description(problem, attributes, cpu_engine());
#else
        const dnnl::matmul::primitive_desc description = key.has_bias
            ? dnnl::matmul::primitive_desc(cpu_engine(), product->a, product->b, product->bias, product->c, attributes)
            : dnnl::matmul::primitive_desc(cpu_engine(), product->a, product->b, product->c, attributes);
#endif
        // oneDNN's reference implementation takes any problem but is slower than every BLAS.
        if (std::strncmp(description.impl_info_str(), "ref", 3) == 0) {
            return product;
        }
        product->scratch = description.scratchpad_desc().get_size();
        product->primitive = dnnl::matmul(description);
        product->supported = true;
    } catch (const dnnl::error&) {
        product->supported = false;  // e.g. bfloat16 on a processor without AVX-512
    }
    return product;
}

// Strides of extents of one carry no meaning; oneDNN wants them consistent with a dense matrix.
void normalise(const MatrixView& m, int64_t* strides) {
    int64_t row = m.row_stride, col = m.col_stride;
    if (m.cols == 1 && m.rows == 1) {
        row = col = 1;
    } else if (m.cols == 1) {
        if (row == 1) {
            col = m.rows;  // a contiguous column: column-major
        } else {
            col = 1;
        }
    } else if (m.rows == 1) {
        if (col == 1) {
            row = m.cols;
        } else {
            row = 1;
        }
    }
    strides[0] = m.batch_stride;
    strides[1] = row;
    strides[2] = col;
    if (m.batch == 1 || m.batch_stride == 0) {
        strides[0] = row > col ? row * m.rows : col * m.cols;
    }
}

}  // namespace

bool is_plain(const MatrixView& m) {
    const bool row_major = m.col_stride == 1 || m.cols == 1;
    const bool col_major = m.row_stride == 1 || m.rows == 1;
    if (row_major && (m.rows == 1 || m.row_stride >= m.cols)) {
        return true;
    }
    return col_major && (m.cols == 1 || m.col_stride >= m.rows);
}

bool onednn_gemm(at::ScalarType type, const MatrixView& a, const MatrixView& b, const MatrixView& c,
                 const Epilogue& epilogue) {
    constexpr int64_t limit = std::numeric_limits<int32_t>::max();
    if (c.rows > limit || c.cols > limit || a.cols > limit || c.batch > limit) {
        return false;
    }
    if (c.batch > 1 && (a.batch_stride == 0 || b.batch_stride == 0)) {
        // One matrix shared by a whole batch: one call each, so that a single compiled product serves every batch size.
        const auto matrix = [type](MatrixView m, int64_t i) {
            m.data = static_cast<char*>(m.data) + i * m.batch_stride * static_cast<int64_t>(c10::elementSize(type));
            m.batch = 1;
            m.batch_stride = 0;
            return m;
        };
        for (int64_t i = 0; i < c.batch; i++) {
            if (!onednn_gemm(type, matrix(a, i), matrix(b, i), matrix(c, i), epilogue)) {
                return false;  // the same answer for every i, so at the first
            }
        }
        return true;
    }
    // Also applies the thread count set by at::set_num_threads to this thread, which oneDNN reads from OpenMP.
    const int threads = at::in_parallel_region() ? 1 : at::get_num_threads();

    Key key;
    std::memset(&key, 0, sizeof key);
    key.type = static_cast<int64_t>(type == at::kFloat ? memory::data_type::f32 : memory::data_type::bf16);
    key.threads = threads;
    key.batch = c.batch;
    key.m = c.rows;
    key.n = c.cols;
    key.k = a.cols;
    normalise(a, key.a_stride);
    normalise(b, key.b_stride);
    int64_t c_strides[3];
    MatrixView dense = c;
    if (dense.rows == 1) {
        dense.row_stride = dense.cols;
    }
    dense.col_stride = 1;
    c_strides[0] = c.batch == 1 ? dense.row_stride * dense.rows : c.batch_stride;
    c_strides[1] = dense.row_stride;
    key.c_stride[0] = c_strides[0];
    key.c_stride[1] = c_strides[1];
    key.has_bias = epilogue.bias != nullptr;
    key.alpha = epilogue.alpha;
    key.beta = epilogue.beta;

    const auto product = cache().get(key, make_product);
    if (!product->supported) {
        return false;
    }
    thread_local Scratch scratch;
    const auto& engine = cpu_engine();
    std::unordered_map<int, memory> arguments;
    arguments.emplace(DNNL_ARG_SRC, memory(product->a, engine, a.data));
    arguments.emplace(DNNL_ARG_WEIGHTS, memory(product->b, engine, b.data));
    arguments.emplace(DNNL_ARG_DST, memory(product->c, engine, c.data));
    if (epilogue.bias) {
        arguments.emplace(DNNL_ARG_BIAS, memory(product->bias, engine, const_cast<void*>(epilogue.bias)));
    }
    if (product->scratch) {
        const memory::desc bytes({static_cast<int64_t>(product->scratch)}, memory::data_type::u8, {1});
        arguments.emplace(DNNL_ARG_SCRATCHPAD, memory(bytes, engine, scratch.reserve(product->scratch)));
    }
    product->primitive.execute(thread_stream(), arguments);
    scratch.trim();
    return true;
}

}  // namespace sam2torch
